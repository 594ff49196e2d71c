package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.Exchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Notices on their way to a chat that may take them, refuse them, hang, or not be there; and to Kafka. */
@ExtendWith(OutputCaptureExtension.class)
class OpsNoticesRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void sendsToEachAudienceWhatPeopleAndProgramsRead() throws Exception {
        tell(Map.of("notice", "frozen-1", "audience", "sales,ops", "priority", "P2", "text", "Syncs <are> frozen & wait"));
        awaitDelivered(2);

        for (String room : List.of("sales", "ops")) {
            assertThat(CHAT.messages(room)).hasSize(1);
            Chat.Message message = CHAT.messages(room).get(0);
            assertThat(message.method()).isEqualTo("POST");
            assertThat(message.body().path("text").asText()).isEqualTo("""
                    warning P2: Syncs &lt;are&gt; frozen &amp; wait
                    Runbook: https://wiki.example.com/runbook#dead-letters""");
            assertThat(message.id()).isEqualTo("frozen-1").isEqualTo(message.header("Idempotency-Key"));
            assertThat(message.body().path("message").asText()).isEqualTo("Syncs <are> frozen & wait");
            assertThat(message.body().path("audience").asText()).isEqualTo(room);
            assertThat(new TreeMap<>(message.headers()).keySet().stream().map(String::toLowerCase))
                    .containsOnly("accept-encoding", "connection", "content-length", "content-type", "host", "idempotency-key", "traceparent", "user-agent");
            assertThat(message.header("traceparent")).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01");
        }
        await().until(() -> count("select count(*) from notice_outbox") == 0);
        JsonNode published = JSON.readTree(KAFKA.last("salesloft.notifications", 1).get("frozen-1").value());
        assertThat(published.path("message").asText()).isEqualTo("Syncs <are> frozen & wait");
        assertThat(published.has("text")).isFalse();
    }

    /** The other audience does not wait, and neither does another notice to the same one. */
    @Test
    void triesAgainUntilItIsTaken() {
        CHAT.answer("ops", 500, Chat.HANG, 429, 408);
        tell(Map.of("notice", "one", "audience", "sales,ops"));
        await().until(() -> CHAT.messages("sales").size() == 1);
        await().until(() -> CHAT.messages("ops").size() >= 2); // when its wait is over
        awaitDeliveredWithoutWaiting(2, "id = 'one'");
        assertThat(CHAT.messages("ops")).hasSize(5).allMatch(message -> message.id().equals("one"));
        assertThat(CHAT.messages("sales")).hasSize(1);
        assertThat(count("select attempts from notice where audience = 'ops'")).isEqualTo(5);
        assertThat(count("select count(*) from dead_letter")).isZero();
    }

    @Test
    void waitsForAReceiverThatIsNotThereAndAsksItSeldom() {
        CHAT.shut();
        long begun = System.nanoTime();
        try {
            for (int n = 1; n <= 20; n++) {
                tell(Map.of("notice", "n" + n, "audience", "ops", "runbook", "section-" + n)); // those of one section wait for each other
            }
            await().until(() -> count("select count(*) from notice where error = 'rests'") > 10);
            // Until the breaker opens, and once a second after that.
            long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
            assertThat(count("select sum(attempts) from notice")).isLessThan((int) (10 + seconds));
            assertThat(count("select count(*) from notice where state <> 'waiting'")).isZero();
        } finally {
            CHAT.open();
        }
        awaitDelivered(20);
        assertThat(CHAT.messages("ops").stream().map(Chat.Message::id).distinct()).hasSize(20);
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 302})
    void keepsWhatIsRefusedForGoodAsADeadLetterAndSendsItAgainWhenItIsReplayed(int status, CapturedOutput output) throws Exception {
        CHAT.answer("sales", status);
        tell(Map.of("notice", "lost", "audience", "sales"));
        tell(Map.of("notice", "next", "audience", "sales"));
        await().until(() -> CHAT.messages("sales").size() == 2);

        await().until(() -> count("select count(*) from dead_letter") == 1);
        JsonNode letter = JSON.readTree(get("/ops/dead-letters", AS_OPS).body()).path(0);
        assertThat(letter.path("source").asText()).isEqualTo("notice:sales");
        assertThat(letter.path("error").asText()).isEqualTo("not delivered: " + status);
        assertThat(letter.toString()).contains("\\\"id\\\": \\\"" + CHAT.messages("sales").get(0).id()).doesNotContain("B0secret");
        // Operators hear of it, by the way that is left.
        await().until(() -> CHAT.messages("ops").stream().anyMatch(message -> message.id().startsWith("dead-letters:")));

        assertThat(send("POST", "/ops/dead-letters/" + letter.path("id").asText() + "/replay", null, AS_OPS).body()).contains(quoted("'state':'replayed'"));
        await().until(() -> count("select count(*) from notice where audience = 'sales' and state = 'delivered'") == 2);
        assertThat(CHAT.messages("sales").get(2).id()).isEqualTo(CHAT.messages("sales").get(0).id());
        await().untilAsserted(() -> assertThat(output).contains("not delivered to sales (" + status + ")").doesNotContain("B0secret"));
    }

    @Test
    void leavesADeadLetterThatIsNoNoticeAnyMoreDead() {
        sql.update("insert into dead_letter (source, error, payload) values ('notice:ops', 'not delivered: 404', ?), ('notice:ops', 'not delivered: 404', 'no')", quoted("{'id':'x'}"));
        assertThat(send("POST", "/ops/dead-letters/replay", null, AS_OPS).body()).isEqualTo(quoted("{'replayed':0,'dead':2}"));
        assertThat(sql.queryForList("select error from dead_letter order by id", String.class).get(0)).isEqualTo("a notice needs an id and a message");
    }

    /** Operators are not told of it: that would go the same way. */
    @Test
    void givesUpAfterADay() {
        CHAT.answer("ops", 500, 500, 500); // for what the test before has operators told of, too; the second gives up at its fourth attempt, of which it has made one
        sql.update("""
                insert into notice (id, audience, document, attempts, trying_since)
                values ('old', 'ops', '{"id":"old","message":"m"}', 50, now() - interval '25 hours'),
                       ('asleep', 'ops', '{"id":"asleep","message":"m"}', 1, now() - interval '25 hours')""");
        await().until(() -> count("select count(*) from dead_letter where source = 'notice:ops'") == 1);
        assertThat(sql.queryForObject("select error || ' ' || (cast(payload as json) ->> 'id') from dead_letter where source = 'notice:ops'", String.class)).isEqualTo("not delivered: 500 old");
        await().until(() -> count("select count(*) from notice where id = 'asleep' and state = 'delivered'") == 1);
        assertThat(count("select count(*) from notice where cast(document as text) like '%to ops%'")).isZero();
    }

    @Test
    void tellsOfTheEndOnlyAfterTheBeginning() {
        CHAT.answer("ops", 500, 500);
        template.sendBody("direct:ops-notify", incident(false));
        template.sendBody("direct:ops-notify", incident(true));
        awaitDeliveredWithoutWaiting(2, "document ->> 'message' = 'Kafka'");
        List<Chat.Message> messages = CHAT.messages("ops");
        assertThat(messages).hasSize(4);
        assertThat(messages.subList(0, 3)).allMatch(message -> message.id().endsWith(":begun"));
        assertThat(messages.get(3).body().path("text").asText()).startsWith("over: ");
        assertThat(messages.get(3).id()).endsWith(":over");
    }

    /** Whoever made dead letters has done his work, and goes on. */
    @Test
    void goesOnWhereNobodyCanBeTold(CapturedOutput output) {
        sql.execute("alter table notice add constraint nothing check (false) not valid");
        try {
            Exchange done = template.request("direct:ops-alert-dead-letters", exchange -> {
                exchange.setProperty("deadLetters", "one, and another");
                exchange.getMessage().setBody("kept");
            });
            assertThat(done.getException()).isNull();
            assertThat(done.getMessage().getBody()).isEqualTo("kept");
        } finally {
            sql.execute("alter table notice drop constraint nothing");
        }
        await().untilAsserted(() -> assertThat(output).contains("dead letters: one, and another").contains("operators are not told of dead letters: DataIntegrityViolationException"));
    }

    /** By whatever process: the one that noticed the beginning may have died before it could tell, and so may the one that noticed the end. */
    @Test
    void tellsOperatorsThatCredentialsFailAndThatTheyAreTakenAgain() {
        faults(under("/v2/").answers(401));
        probeIsDue();
        await().until(() -> CHAT.messages("ops").size() == 1);
        assertThat(CHAT.messages("ops").get(0).body().path("text").asText()).startsWith("critical P1: SalesLoft takes no credentials of ours")
                .endsWith("https://wiki.example.com/runbook#auth-down");
        sql.update("update probe set auth_down = false");
        faults();
        probeIsDue();
        await().until(() -> CHAT.messages("ops").size() == 2);
        assertThat(CHAT.messages("ops").get(1).body().path("text").asText()).startsWith("over P1: ");

        sql.update("update probe set auth_down = true"); // and nobody was told
        faults(under("/v2/").answers(401));
        probeIsDue();
        await().until(() -> CHAT.messages("ops").size() == 3);
        assertThat(CHAT.messages("ops").get(2).id()).endsWith(":begun").isNotEqualTo(CHAT.messages("ops").get(0).id());
    }

    @Test
    void tellsOfDeadLettersOnceAnHour() {
        for (String what : List.of("one", "two")) {
            Exchange done = template.request("direct:ops-alert-dead-letters", exchange -> {
                exchange.setProperty("deadLetters", what);
                exchange.getMessage().setBody("kept");
                exchange.getMessage().setHeader("header", "kept");
            });
            assertThat(done.getMessage().getBody()).isEqualTo("kept");
            assertThat(done.getMessage().getHeaders()).containsOnly(Map.entry("header", "kept"));
        }
        // Two where the hour has just changed.
        assertThat(count("select count(*) from notice")).isEqualTo(count("select count(distinct id) from notice")).isBetween(1, 2);
        assertThat(sql.queryForList("select id || ' ' || (document ->> 'message') from notice", String.class).get(0))
                .matches("dead-letters:20\\d\\d-\\d\\d-\\d\\d-\\d\\d New dead letters: one\\. GET /ops/dead-letters lists .*");
    }

    private static Map<String, Object> incident(boolean over) {
        return Map.of("incident", "kafka-down", "over", over, "audience", "ops", "severity", "critical", "text", "Kafka", "runbook", "dead-letters");
    }

    /** A notice with these arguments, and some others that it needs. */
    private void tell(Map<String, Object> arguments) {
        Map<String, Object> notice = new TreeMap<>(Map.of("severity", "warning", "text", "text", "runbook", "dead-letters"));
        notice.putAll(arguments);
        template.sendBody("direct:ops-notify", notice);
    }

    private void awaitDelivered(int notices) {
        await().until(() -> count("select count(*) from notice where state = 'delivered'") == notices);
    }

    /** Of those that are meant; each attempt follows at once upon the one before, but for the breaker. */
    private void awaitDeliveredWithoutWaiting(int notices, String meant) {
        await().until(() -> {
            sql.update("update notice set next_attempt_at = now() where state = 'waiting' and next_attempt_at > now()");
            return count("select count(*) from notice where state = 'delivered' and " + meant) == notices;
        });
    }
}
