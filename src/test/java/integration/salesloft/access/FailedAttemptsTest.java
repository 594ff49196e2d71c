package integration.salesloft.access;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** An address that shows many wrong tokens is slowed, others are not, and not for ever. */
@ExtendWith(OutputCaptureExtension.class)
class FailedAttemptsTest {

    private final FailedAttempts attempts = new FailedAttempts(10, 6000, 100);

    @Test
    void slowsAnAddressToOneInSixSeconds(CapturedOutput output) {
        for (int i = 0; i < 10; i++) {
            assertThat(attempts.add("a", 1000)).isZero();
        }
        assertThat(attempts.waiting("a", 1000)).isEqualTo(6);
        assertThat(attempts.waiting("b", 1000)).isZero();
        assertThat(attempts.add("a", 1000)).isEqualTo(6);
        assertThat(attempts.waiting("a", 7000)).isZero();
        assertThat(attempts.add("a", 3000)).isEqualTo(4);
        assertThat(attempts.add("b", 3000)).isZero();
        assertThat(attempts.add("a", 7000)).isZero();
        assertThat(attempts.add("a", 7000)).isEqualTo(6);
        // An hour of trying lets through what an hour does, and says so once.
        int counted = 0;
        for (int second = 10; second < 3610; second++) {
            counted += attempts.add("a", second * 1000L) == 0 ? 1 : 0;
        }
        assertThat(counted).isBetween(599, 601);
        assertThat(output.getOut().lines().filter(line -> line.contains("a shows one token after the other"))).hasSize(1);
        assertThat(attempts.add("a", 10_000_000)).isZero();
    }

    @Test
    void remembersSoManyAddressesAndThoseThatGoOn() {
        for (int i = 0; i < 11; i++) {
            attempts.add("a", 0);
        }
        for (int i = 0; i < 1000; i++) {
            attempts.add("other-" + i, 0);
            assertThat(attempts.add("a", 0)).isPositive();
        }
        assertThat(attempts.addresses()).isEqualTo(100);
        attempts.forget();
        assertThat(attempts.add("a", 0)).isZero();
    }
}
