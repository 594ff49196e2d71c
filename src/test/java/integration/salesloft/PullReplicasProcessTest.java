package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** A container that pulls and is told to stop, and two replicas that share one budget. */
@ResourceLock(SharedProcess.RUNNING)
class PullReplicasProcessTest {

    /** It waits for the next window, and is told to stop: it does, and whoever comes next need not wait for the lease. */
    @Test
    void stopsSoonWhileItWaitsForTheBudget() {
        try (Installation here = new Installation(Postgres.shared(), "stopped", Map.of("people", 3_000))) {
            Container container = here.lend(Map.of("SYNC_RESOURCES", "people", "SALESLOFT_RATE_LIMIT", "12"));
            here.awaitRow(60, "rate_budget where spent >= 9");
            await().during(Duration.ofSeconds(2)).until(() -> here.count("select count(*) from lease where holder <> ''") > 0);
            long begun = System.nanoTime();
            container.close();
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(15));
            assertThat(here.count("select count(*) from lease where name = 'pull:people' and expires_at > now()")).isZero();
        }
    }

    /** Two that could spend twice what there is: no window above the limit, and both come to their end. */
    @Test
    void sharesOneBudgetBetweenReplicas() {
        try (Installation here = new Installation(Postgres.shared(), "replicas", Map.of("people", 6_000, "accounts", 6_000,
                "rateLimit", 60, "rateWindowMs", 4_000, "tokenTtlSeconds", 64))) {
            for (String resource : List.of("people", "accounts")) {
                here.lend(Map.of("SALESLOFT_RATE_LIMIT", "60", "SALESLOFT_RATE_WINDOW", "4s", "SYNC_RESOURCES", resource));
            }
            here.awaitRow(60, "(select count(*) n from sync_cursor where pulled > 1000) working where n = 2");
            here.awaitRow(120, "(select count(*) n from sync_cursor where finished_at is not null) finished where n = 2");

            assertThat(here.count("select count(*) from people")).isEqualTo(6_000);
            assertThat(here.count("select count(*) from accounts")).isEqualTo(6_000);
            assertThat(here.seen("mostSpentInAWindow")).isBetween(20L, 60L);
            assertThat(here.seen("rateLimited")).isZero();
            assertThat(here.seen("revokedTokensUsed")).isZero();
            assertThat(here.statuses("POST /oauth/token").get("200")).isGreaterThan(1); // both wanted new tokens, too
        }
    }
}
