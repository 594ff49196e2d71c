package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** What an integration engineer changes in the routes, each in one place and without Java, has its effect. */
@ResourceLock(SharedProcess.RUNNING)
class ChangedRoutesProcessTest {

    private static final String ROW = quoted("{'key':'crm-7','email_address':'ada@example.com','title':'CEO'}");

    @TempDir
    private Path routes;

    @Test
    void doWhatTheyWereChangedTo() throws Exception {
        RoutesCopy copy = new RoutesCopy(routes);
        // As docs/editing-routes.md says: how often a call is tried that fails, the share of bulk work, a tap, a topic, another resource.
        Recipes.applyTo(copy);
        // When the breaker opens.
        copy.change("gateway/http.camel.yaml", "failureRateThreshold: 50", "failureRateThreshold: 100");
        // The longest wait after a 429.
        copy.change("gateway/budget.camel.yaml", quoted("{'0': '900'}"), quoted("{'0': '1'}"));
        // The page size.
        copy.change("sync/pull.camel.yaml", quoted("{'0': '100'}"), quoted("{'0': '50'}"));
        // Who is told of dead letters; a failure's status; a field that is refused.
        copy.change("ops/alert.camel.yaml", "message: \"dead letters: ", "message: \"tell the team: ");
        copy.change("shared/errors.camel.yaml", "NotFound: 404", "NotFound: 410");
        copy.change("sync/object-people.sql", "('title', 'string', null, null),", "");
        // A fourth kind of object to push, as docs/push.md says.
        String[] blocks = Files.readString(Path.of("docs/push.md")).split("## Another kind of object", 2)[1].replaceAll("```\\w+\n", "```\n").split("```\n");
        copy.write("sync/object-custom_fields.sql", blocks[1]);
        copy.change("sync/push-objects.camel.yaml", "- routeTemplate:\n    id: sync-push-objects\n", blocks[3] + "- routeTemplate:\n    id: sync-push-objects\n");
        copy.change("shared/access.camel.yaml", "          POST /sync/pull:", blocks[5] + "          POST /sync/pull:");
        ShortWaits.shorten(routes);

        try (Kafka kafka = Kafka.lend(); Installation here = new Installation(Postgres.shared(), "changed_routes", Map.of("people", 300))) {
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.brokers()))) {
                admin.createTopics(List.of(new NewTopic("salesloft.newcomers", 1, (short) 1))).all().get();
            }
            Container container = here.lend(Map.of("ROUTES_DIR", routes.toString(), "KAFKA_BROKERS", kafka.brokers(), "SALESLOFT_CALLBACK_TOKEN", Delivery.TOKEN,
                    "SYNC_RESOURCES", "people,leads,accounts,cadences", "SYNC_INTERVAL", "1h", "SALESLOFT_RATE_LIMIT", "40", "SALESLOFT_RATE_WINDOW", "2s",
                    "SYNC_COMPARE_HOURS", "00:00-00:00",
                    "SALESLOFT_PATHS_UPLOADS", blocks[7].replaceAll(".*\\[|[\\] \n]", ""))).awaitStarted();
            here.awaitRow(60, "(select count(*) n from sync_cursor where finished_at is not null) pulled where n = 4");
            assertThat(here.count("select count(*) from leads l join people p on p.id = l.id where l.email is not distinct from p.email_address and l.account_id is not distinct from p.account_id")).isEqualTo(300);
            assertThat(here.calls("GET /v2/people")).as("pages of 50").isGreaterThanOrEqualTo(12);
            assertThat(here.count("select max(spent) from rate_budget")).as("points in a window, of 40").isLessThanOrEqualTo(12);

            assertThat(container.get("/sync/jobs/00000000-0000-0000-0000-000000000000").statusCode()).isEqualTo(410);
            container.push("application/json", quoted("{'email_address':'a@example.com','title':'CEO'}"), "refused");
            here.awaitRow(60, "sync_row where outcome = 'failed' and error = 'unknown field title'");

            here.salesloft.faults(on("POST", "/v2/custom_fields").answers(200, quoted("{'data':{'id':31,'name':'Size','field_type':'person','created_at':'2026-01-01T00:00:00Z','updated_at':'2026-01-01T00:00:00Z'}}")));
            assertThat(container.post("/sync/custom_fields", quoted("[{'name':'Size','field_type':'person'},{'name':'Size'},{'name':'Size','field_type':'cadence'}]")).statusCode()).isEqualTo(202);
            here.awaitRow(60, "sync_row where outcome = 'created' and record_id = 31");
            here.awaitRow(60, "sync_row where error = 'there is no such custom field, and to create one it takes: field_type'");
            here.awaitRow(60, "sync_row where error = 'field_type is not person, company or opportunity'");
            assertThat(here.count("select count(*) from record where resource = 'custom_fields'")).isEqualTo(1);
            here.salesloft.faults();

            Delivery.person("person_created", 1, "2126-01-01T00:00:00Z", "new").takenBy(URI.create("http://localhost:" + container.port() + "/webhooks/salesloft"));
            await().until(() -> kafka.all("salesloft.newcomers").size() == 1);

            here.salesloft.faults(under("/v2/accounts").answers(200, quoted("{'metadata':{'paging':{}},'data':[{'id':7,'name':'no date'}]}")));
            pull(here, "accounts");
            await().until(() -> container.log().contains("tell the team: 1 records of accounts"));

            here.salesloft.faults(under("/v2/cadences").times(1).header("Retry-After", "600").answers(429));
            pull(here, "cadences");
            here.awaitRow(60, "sync_cursor where resource = 'cadences' and state = 'idle' and finished_at is not null");

            here.salesloft.faults(under("/v2/(accounts|cadences|people)").answers(503));
            List.of("accounts", "cadences", "people").forEach(resource -> pull(here, resource));
            await().until(() -> container.log().contains("attempt=5"));
            await().until(() -> failed(here) >= 12);
            assertThat(container.get("/health").body()).contains(quoted("'breaker':'closed'"));
            assertThat(container.log()).doesNotContain("attempt=6");
        }
    }

    /** The idempotent consumers are what keeps a repeat from counting twice: without them it does. */
    @Test
    void letRepeatsPassOnceTheyAreTakenOut() throws Exception {
        RoutesCopy copy = new RoutesCopy(routes);
        copy.takeOut("webhook/receive.camel.yaml", "idempotentConsumer");
        copy.takeOut("sync/push-write.camel.yaml", "idempotentConsumer");

        try (Installation here = new Installation(Postgres.shared(), "idempotent_consumers", Map.of("people", 0, "memberships", 0))) {
            Container container = here.lend(Map.of("ROUTES_DIR", routes.toString(), "SALESLOFT_CALLBACK_TOKEN", Delivery.TOKEN,
                    "SYNC_RESOURCES", "users")).awaitStarted();

            Delivery event = Delivery.person("person_updated", 1, "2026-01-01T00:00:00Z", "same");
            URI webhooks = URI.create("http://localhost:" + container.port() + "/webhooks/salesloft");
            event.takenBy(webhooks);
            event.takenBy(webhooks);
            assertThat(container.metric("salesloft_webhook_events_total", "outcome=accepted")).isEqualTo(2);

            container.push("application/json", ROW, "first");
            here.awaitRow(60, "sync_row where outcome = 'created'");
            container.push("application/json", ROW.replace("CEO", "CTO"), "second");
            here.awaitRow(60, "(select count(*) n from sync_row where state = 'done') done where n = 2");
            assertThat(here.count("select count(*) from sync_row where outcome in ('created', 'updated')")).isEqualTo(2);
        }
    }

    private static void pull(Installation here, String resource) {
        here.sql.update("update sync_cursor set finished_at = null, next_run_at = now(), cursor = null, last_run_at = null where resource = ?", resource);
    }

    private static long failed(Installation here) {
        return List.of("accounts", "cadences", "people").stream().mapToLong(resource -> here.statuses("GET /v2/" + resource).getOrDefault("503", 0L)).sum();
    }
}
