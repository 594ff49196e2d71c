package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import integration.salesloft.gateway.NotPermitted;
import integration.salesloft.gateway.ReauthorizationRequired;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** A container of its own, as for a first run against a production team: read-only, few points, no Kafka, nobody to tell; and what e-mails say. */
@DirtiesContext
@ExtendWith(OutputCaptureExtension.class)
class OtherSettingsTest extends IntegrationTest {

    @DynamicPropertySource
    static void settings(DynamicPropertyRegistry settings) {
        new JdbcTemplate(new DriverManagerDataSource(POSTGRES.url("postgres"))).execute("create database read_only");
        settings.add("salesloft.read-only", () -> "true");
        settings.add("salesloft.kafka-brokers", () -> "");
        settings.add("salesloft.notify-sales-url", () -> "");
        settings.add("salesloft.notify-ops-url", () -> "");
        settings.add("salesloft.runbook-url", () -> "");
        settings.add("salesloft.rate-limit", () -> "20");
        settings.add("salesloft.rate-window", () -> "1s"); // who asks for a page that costs more than that first waits for its pace
        settings.add("salesloft.scope", () -> "people:read accounts:read");
        settings.add("salesloft.email-content", () -> "body");
        settings.add("salesloft.oidc.client-id", () -> "");
        settings.add("salesloft.callback-url", () -> "https://integration.example.com/webhooks/salesloft");
        settings.add("spring.datasource.url", () -> POSTGRES.url("read_only"));
        settings.add("salesloft.intake-pool.jdbc-url", () -> POSTGRES.url("read_only"));
    }

    @Test
    void refusesEverythingButGet() {
        assertThat(call(Map.of(), null)).contains("data");
        for (String method : new String[] {"POST", "PUT", "DELETE"}) {
            assertThatThrownBy(() -> call(Map.of("method", method, "idempotencyKey", method, "operation", "create", "actor", "test"), "{}"))
                    .isInstanceOf(NotPermitted.class).hasMessage("SALESLOFT_READ_ONLY: " + method + " people was not sent");
        }
        assertThat(calls("POST /v2/people") + calls("PUT /v2/people") + calls("DELETE /v2/people")).isZero();
        assertThat(count("select count(*) from operation")).isZero();
        assertThatThrownBy(() -> call(Map.of("page", 501), null)).isInstanceOf(NotPermitted.class).hasMessageContaining("30");
        assertThat(send("POST", "/ops/republish", quoted("{'resource':'people'}"), AS_OPS).body()).contains("KAFKA_BROKERS is not set");
        pull("people");
        awaitPulled("people");
        assertThat(count("select count(*) from outbox")).isZero(); // without a Kafka nothing is kept for one
    }

    @Test
    void asksForTheScopeThatIsSet() {
        suspendProbes();
        seed(Map.of()); // which no probe has a token of
        faults(on("POST", "/oauth/token").containing(quoted("'scope':'people:read accounts:read'")).answers(400, quoted("{'error':'invalid_scope'}")));
        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(ReauthorizationRequired.class)
                .hasMessageStartingWith("SALESLOFT_SCOPE: SalesLoft refuses to issue a token (400 invalid_scope)");
    }

    @Test
    void letsNobodyLogInWhereTheConsoleIsNoClient() {
        assertThat(get("/console/login").body()).isEqualTo(quoted("{'oidc':null}"));
        assertThat(send("POST", "/console/token", "{}").statusCode()).isEqualTo(404);
    }

    /** It says so, and looks again in a minute. */
    @Test
    void subscribesToNothing() {
        await().until(() -> count("select count(*) from lease where name = 'webhooks'") == 1); // of its own accord
        template.send("direct:webhook-subscriptions-now", exchange -> exchange.setProperty("callbackUrl", "https://integration.example.com/webhooks/salesloft"));
        assertThat(calls("GET /v2/webhook_subscriptions")).isPositive();
        assertThat(calls("POST /v2/webhook_subscriptions")).isZero();
        assertThat(SALESLOFT.count("webhook_subscriptions")).isZero();
        assertThat(count("select count(*) from webhook_subscription_refusal")).isZero(); // it was not SalesLoft who refused
    }

    /** What is about nothing that is mirrored is kept all the same. */
    @Test
    void appliesEventsWithoutKafka() throws Exception {
        Delivery.of("bulk_job_completed", quoted("{'id':1}")).takenBy(webhooks());
        Delivery.person("person_updated", 1, "2026-03-01T12:00:00Z", "CEO").takenBy(webhooks());
        await().until(() -> count("select count(*) from webhook_event where state = 'applied'") == 2);
        assertThat(count("select count(*) from people where id = 1")).isEqualTo(1);
        assertThat(count("select count(*) from outbox")).isZero();
        assertThat(count("select count(*) from webhook_event where event = 'bulk_job_completed' and body = jsonb_build_object('id', 1)")).isOne();
    }

    @Test
    void logsNoticesWhereNobodyIsToldOtherwise(CapturedOutput output) {
        template.sendBody("direct:ops-notify", Map.of("notice", "n", "audience", "sales,ops", "severity", "critical", "priority", "P1", "text", "All <is> frozen", "runbook", "auth-down"));
        await().until(() -> count("select count(*) from notice where state = 'logged' and id = 'n'") == 2);
        for (String audience : new String[] {"sales", "ops"}) {
            await().untilAsserted(() -> assertThat(output.getOut().lines()
                    .filter(line -> line.contains(" notice " + audience + ": critical P1: All <is> frozen"))).hasSize(1));
        }
        await().untilAsserted(() -> assertThat(output).contains("Runbook: auth-down"));
        assertThat(count("select count(*) from notice_outbox")).isZero();
    }

    /** Lists bring it when they are asked, and one event; the other events do not, and take nothing away for long. */
    @Test
    void mirrorsSubjectAndBodyOfEmails() throws Exception {
        pull("emails");
        awaitPulled("emails");
        assertThat(count("select count(*) from emails where subject like 'Hello %' and document ->> 'body' like '<p>%'")).isEqualTo(SALESLOFT.count("emails"));
        long id = sql.queryForObject("select max(id) from emails", Long.class);
        ObjectNode changed = SALESLOFT.put("emails", new ObjectMapper().createObjectNode().put("id", id).put("subject", "Changed"));
        Delivery.of("email_updated", changed.deepCopy().putNull("subject").without("body").toString()).takenBy(webhooks());
        await().until(() -> count("select count(*) from emails where id = ? and subject is null", id) == 1);
        pull("emails");
        await().until(() -> count("select count(*) from emails where id = ? and subject = 'Changed'", id) == 1);

        changed.put("subject", "Changed again").put("updated_at", "2126-01-01T00:00:00Z");
        Delivery.of("email_with_body_and_subject_updated", changed.toString()).takenBy(webhooks());
        await().until(() -> count("select count(*) from emails where id = ? and subject = 'Changed again'", id) == 1);
    }
}
