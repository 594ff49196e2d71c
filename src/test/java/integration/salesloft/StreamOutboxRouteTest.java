package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** The outbox: what reaches Kafka, in which order, and what is said when it cannot. */
@ExtendWith(OutputCaptureExtension.class)
class StreamOutboxRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void publishesWhatTheMirrorTookAndNothingElse() throws Exception {
        seed(Map.of("cadences", 7, "seed", 7));
        pull("cadences");
        awaitPulled("cadences");
        awaitPublished();
        Map<String, ConsumerRecord<String, String>> first = KAFKA.last("salesloft.cadences", 7);
        first.keySet().retainAll(sql.queryForList("select cast(id as text) from cadences", String.class)); // others are other tests'
        assertThat(first).hasSameSizeAs(sql.queryForList("select id from cadences"));
        ConsumerRecord<String, String> one = first.values().iterator().next();
        Map<String, Object> mirrored = sql.queryForMap("select cast(document as text) as document, updated_at from cadences where id = ?", Long.parseLong(one.key()));
        assertThat(JSON.readTree(one.value())).isEqualTo(JSON.readTree((String) mirrored.get("document")));
        assertThat(Kafka.header(one, "source")).isEqualTo("pull");
        assertThat(Kafka.header(one, "event")).isEmpty();
        assertThat(Instant.parse(Kafka.header(one, "updated_at"))).isEqualTo(((java.sql.Timestamp) mirrored.get("updated_at")).toInstant());
        assertThat(Kafka.header(one, "traceparent")).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01");
        assertThat(one.headers()).hasSize(5);

        SALESLOFT.put("cadences", JSON.createObjectNode().put("id", Long.parseLong(one.key())).put("name", "Changed"));
        sql.update("update sync_cursor set finished_at = null");
        pull("cadences");
        awaitPulled("cadences");
        awaitPublished();
        Map<String, ConsumerRecord<String, String>> second = KAFKA.last("salesloft.cadences", 7);
        assertThat(JSON.readTree(second.get(one.key()).value()).get("name").asText()).isEqualTo("Changed");
        assertThat(second.values()).filteredOn(record -> first.containsKey(record.key())).filteredOn(record -> record.offset() > first.values().stream().mapToLong(ConsumerRecord::offset).max().getAsLong())
                .singleElement().matches(record -> record.key().equals(one.key()));
    }

    @Test
    void sendsAMirrorAgainForWhoeverCameLate() {
        pull("accounts");
        awaitPulled("accounts");
        long deleted = sql.queryForObject("select min(id) from accounts", Long.class);
        sql.update("update record set deleted_at = now() where id = ?", deleted);
        sql.update("insert into outbox (resource, id, document, source) values ('accounts', -7, '{}', 'pull')"); // as an older release does
        awaitPublished();
        assertThat(KAFKA.last("salesloft.accounts", 1).get("-7").headers().lastHeader("traceparent")).isNull();
        long before = highest("salesloft.accounts");

        HttpResponse<String> answer = send("POST", "/ops/republish", quoted("{'resource':'accounts'}"),
                AS_OPS[0], AS_OPS[1], "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(answer.body()).isEqualTo(quoted("{'resource':'accounts','state':'queued'}"));
        awaitPublished();
        assertThat(KAFKA.last("salesloft.accounts", 10).values()).filteredOn(record -> Kafka.change(record) > before)
                .hasSize(9).allMatch(record -> Kafka.header(record, "event").equals("republished") && Kafka.header(record, "traceparent").startsWith("00-0af7651916cd43dd8448eb211c80319c")).noneMatch(record -> record.key().equals(Long.toString(deleted)));
    }

    /** Nobody can create a topic of such a name, as where Kafka lets us create none. */
    @Test
    void goesOnWithoutWhatHasNoTopic(CapturedOutput output) {
        sql.update("insert into outbox (resource, id, document, source) values ('no topic', 1, '{}', 'webhook')");
        await().until(() -> output.getAll().contains("not ours to create: the topics salesloft.no topic (compacted)"));
        pull("accounts");
        awaitPulled("accounts");
        await().until(() -> count("select count(*) from outbox where resource = 'accounts'") == 0);
        assertThat(count("select count(*) from outbox")).isEqualTo(1);
    }

    @Test
    void refusesToSendWhatTheMirrorDoesNotHave() {
        assertThat(send("POST", "/ops/republish", quoted("{'resource':'horses'}"), AS_OPS).statusCode()).isEqualTo(400);
        assertThat(send("POST", "/ops/republish", "", AS_OPS).statusCode()).isEqualTo(400);
        assertThat(send("POST", "/ops/republish", quoted("{'resource':'people'}"), AS_SYNC).statusCode()).isEqualTo(401);
    }

    @Test
    void createsCompactedTopicsAndWarnsOfOthers(CapturedOutput output) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", KAFKA.brokers()))) {
            await().until(() -> admin.listTopics().names().get().contains("salesloft.notes"));
            ConfigResource notes = new ConfigResource(ConfigResource.Type.TOPIC, "salesloft.notes");
            assertThat(admin.describeConfigs(List.of(notes)).all().get().get(notes).get("cleanup.policy").value()).isEqualTo("compact");

            // Meanwhile nobody looks for it, or it would be there again.
            sql.update("update lease set fence = fence + 1, holder = 'another', expires_at = now() + interval '1 minute' where name = 'outbox'");
            await().until(() -> camel.getInflightRepository().size("stream-outbox") == 0);
            admin.deleteTopics(List.of("salesloft.notes")).all().get();
            admin.createTopics(List.of(new NewTopic("salesloft.notes", 1, (short) 1))).all().get();
            await().until(() -> admin.listTopics().names().get().contains("salesloft.notes"));
            sql.update("update lease set fence = fence + 1, holder = '', expires_at = now() where name = 'outbox'");
            await().until(() -> output.getOut().contains("topic salesloft.notes is not compacted"));
            // Others use it as well.
            admin.incrementalAlterConfigs(Map.of(notes, List.of(new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.SET)))).all().get();
        }
    }

    private void awaitPublished() {
        await().until(() -> count("select (select count(*) from outbox) + (select count(*) from republish)") == 0);
    }

    private static long highest(String topic) {
        return KAFKA.last(topic, 10).values().stream().mapToLong(Kafka::change).max().getAsLong();
    }
}
