package integration.salesloft;

import static integration.salesloft.sandbox.FaultRule.on;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** PostgreSQL stands still, goes away and returns while a container pulls; and then SalesLoft does not answer. */
@ResourceLock(SharedProcess.RUNNING)
class OutageProcessTest {

    private static final Map<String, String> SETTINGS = Map.of("SYNC_RESOURCES", "people", "SYNC_INTERVAL", "1h", "SYNC_COMPARE_HOURS", "00:00-00:00", SharedProcess.MIGRATES, "true");
    private static final int PEOPLE = 2_000;
    /** One for each hundred, and some that were repeated: fewer than half of them. */
    private static final int CALLS = PEOPLE / 100 + 8;

    @Test
    void goesOnWhenPostgresqlAndSalesLoftReturn() {
        try (Postgres postgres = Postgres.start();
             Installation here = new Installation(postgres, "outage", Map.of("people", PEOPLE))) {
            slow(here);
            Container container = here.lend(SETTINGS).awaitStarted();
            here.awaitRow(60, "sync_cursor where pulled >= 1000");
            awaitHealth(container, 200);

            postgres.freeze();
            try {
                awaitHealth(container, 503);
                assertThat(container.health()).isEqualTo(503);
            } finally {
                postgres.wake();
            }
            awaitHealth(container, 200);

            assertThat(here.count("select count(*) from sync_cursor where finished_at is null")).isEqualTo(1);
            postgres.down();
            awaitHealth(container, 503);
            assertThat(container.get("/sync/status").statusCode()).isEqualTo(503);
            assertThat(container.alive()).isTrue();
            postgres.up();
            here.salesloft.faults();

            awaitHealth(container, 200);
            here.awaitRow(60, "sync_cursor where finished_at is not null");
            assertThat(here.count("select count(*) from people")).isEqualTo(PEOPLE);
            assertThat(here.calls("GET /v2/people")).as("resumed").isLessThanOrEqualTo(CALLS);
            answersHealthWhileSalesLoftHangsInAPull(here, container);
            assertThat(container.alive()).isTrue();
            assertThat(container.log()).doesNotContain("\tat "); // an outage is no stack trace
        }
    }

    /** The same container pulls everything anew. */
    private static void answersHealthWhileSalesLoftHangsInAPull(Installation here, Container container) {
        slow(here);
        here.sql.execute("truncate record, sync_cursor");
        here.awaitRow(60, "sync_cursor where pulled >= 1000");
        here.salesloft.faults(under("/").hangs());
        awaitHealth(container, 503);
        assertThat(container.health()).isEqualTo(503);
        assertThat(here.count("select count(*) from sync_cursor where finished_at is not null")).isZero();

        here.salesloft.faults();
        awaitHealth(container, 200);
        here.awaitRow(60, "sync_cursor where finished_at is not null");
        assertThat(here.count("select count(*) from people")).isEqualTo(PEOPLE);
    }

    /** From its middle on, so that it is there however long somebody takes. */
    private static void slow(Installation here) {
        here.salesloft.faults(on("GET", "/v2/people").afterCalls(PEOPLE / 200).delayed(Duration.ofSeconds(10)));
    }

    /** Every answer on the way, too, must come in time. */
    private static void awaitHealth(Container container, int status) {
        await().atMost(Duration.ofSeconds(60)).until(() -> container.health() == status);
    }
}
