package integration.salesloft.token;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

/** Nobody reads a pair before the store was checked, and nobody waits for that for ever. */
class StoreCheckTest {

    @Test
    void isWaitedForNoLongerThanItSays() {
        assertThatThrownBy(() -> check("").await()).isInstanceOf(StoreUnavailable.class).hasMessage("not yet checked");
    }

    @Test
    void isNotWaitedForWithAnApiKey() {
        assertThatCode(() -> check("ak_key").await()).doesNotThrowAnyException();
    }

    private static StoreCheck check(String apiKey) {
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().addFirst(new MapPropertySource("test", Map.of("salesloft.api-key", apiKey)));
        return new StoreCheck("direct:check", 0, environment);
    }
}
