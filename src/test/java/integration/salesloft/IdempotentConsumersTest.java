package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The idempotent consumers are what keeps a repeat from counting twice: without them it does. */
class IdempotentConsumersTest {

    private static final String ROW = quoted("{'key':'crm-7','email_address':'ada@example.com','title':'CEO'}");

    @TempDir
    private Path routes;

    @Test
    void letRepeatsPassOnceTheyAreTakenOut() throws Exception {
        RoutesCopy copy = new RoutesCopy(routes);
        copy.takeOut("webhook/receive.camel.yaml", "idempotentConsumer");
        copy.takeOut("sync/push-write.camel.yaml", "idempotentConsumer");

        try (Installation here = new Installation(IntegrationTest.POSTGRES, "idempotent_consumers", Map.of("people", 0, "memberships", 0))) {
            Container container = here.lend(Map.of("ROUTES_DIR", routes.toString(), "SALESLOFT_CALLBACK_TOKEN", Delivery.TOKEN,
                    "SYNC_RESOURCES", "users")).awaitStarted();

            Delivery event = Delivery.person("person_updated", 1, "2026-01-01T00:00:00Z", "same");
            URI webhooks = URI.create("http://localhost:" + container.port() + "/webhooks/salesloft");
            assertThat(event.to(webhooks).statusCode()).isEqualTo(202);
            assertThat(event.to(webhooks).statusCode()).isEqualTo(202);
            assertThat(container.metric("salesloft_webhook_events_total", "outcome=accepted")).isEqualTo(2);

            container.push("application/json", ROW, "first");
            here.awaitRow(60, "sync_row where outcome = 'created'");
            container.push("application/json", ROW.replace("CEO", "CTO"), "second");
            here.awaitRow(60, "(select count(*) n from sync_row where state = 'done') done where n = 2");
            assertThat(here.count("select count(*) from sync_row where outcome in ('created', 'updated')")).isEqualTo(2);
        }
    }
}
