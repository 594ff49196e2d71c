package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The publisher killed, frozen and replaced, and Kafka stopped and started: what a consumer that comes late sees. */
final class StreamCrash implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern AGAIN = Pattern.compile(" outbox +: nothing is lost");

    private final Kafka kafka = Kafka.lend();
    private final Installation here = new Installation(Postgres.shared(), "outbox", Map.of("people", 5_000, "accounts", 50, "rateLimit", 0));
    private final Map<String, String> settings = new HashMap<>(Map.of("SYNC_RESOURCES", "people,accounts", "SYNC_INTERVAL", "1s",
            "KAFKA_BROKERS", kafka.brokers(), "SYNC_COMPARE_HOURS", "00:00-00:00"));

    /** Begins to pull and to publish. */
    void begins(SharedProcess killed) {
        Container first = here.launch(killed, settings);
        here.awaitRow(60, "record where resource = 'people'");
        await().until(() -> first.log().contains("created the topics "));
    }

    /** The one that has begun is dead: another one publishes the last version of each, though Kafka is away for a while. */
    Container holdsTheLastVersionOfEach(SharedProcess running) throws Exception {
        here.sql.update("update lease set expires_at = now()"); // they would run out by themselves, 15 s after the kill
        settings.put("SYNC_COMPARE_HOURS", "00:00-24:00");
        here.sql.update("insert into comparison (resource, next_run_at) values ('people', 'infinity'), ('accounts', 'infinity')");
        Container second = here.launch(running, settings);
        here.awaitRow(60, "(select count(*) n from sync_cursor where finished_at is not null) pulled where n = 2");
        kafka.down();
        List<Long> changed = here.sql.queryForList("select id from people order by random() limit 500", Long.class);
        changed.forEach(id -> here.salesloft.put("people", JSON.createObjectNode().put("id", id).put("title", "Changed")));
        long vanished = here.sql.queryForObject("select max(id) from people where id <> all(?)", Long.class, (Object) changed.toArray(Long[]::new));
        here.salesloft.remove("people", vanished); // of this no poll will tell
        here.awaitRow(60, "(select count(*) n from people where title = 'Changed') changed where n = 500");
        here.sql.update("update comparison set run_started_at = now(), after_id = ?, next_run_at = now() where resource = 'people'", vanished - 1);
        here.awaitRow(60, "record where deleted_at is not null");
        here.awaitRow(60, "outbox");
        kafka.up();
        await().until(() -> here.count("select count(*) from outbox") == 0);
        assertThat(second.alive()).isTrue();

        Map<String, ConsumerRecord<String, String>> last = kafka.last("salesloft.people", 5_000);
        assertThat(last).hasSize(5_000);
        assertThat(last.get(Long.toString(vanished)).value()).isNull();
        for (Map<String, Object> row : here.sql.queryForList("select id, cast(document as text) as document from people")) {
            JsonNode published = JSON.readTree(last.get(row.get("id").toString()).value());
            assertThat(published).isEqualTo(JSON.readTree((String) row.get("document")));
        }
        return second;
    }

    /** The one that is frozen has a batch in its hands; when it wakes another has published that, and newer ones, too. */
    void shutsOutAPublisherThatWasFrozen(Container frozen) throws Exception {
        Container other = here.launch(settings).awaitStarted();
        long id = here.sql.queryForObject("select min(id) from accounts", Long.class);

        kafka.freeze();
        here.salesloft.put("accounts", JSON.createObjectNode().put("id", id).put("name", "old"));
        here.awaitRow(60, "outbox");
        // Twice the time between two looks into the outbox: it has been read, and Kafka was asked to take it.
        await().during(Duration.ofSeconds(2)).until(() -> here.count("select count(*) from outbox") == 1);
        frozen.freeze();
        kafka.wake();
        await().until(() -> here.count("select count(*) from outbox") == 0);
        here.salesloft.put("accounts", JSON.createObjectNode().put("id", id).put("name", "new"));
        here.awaitRow(60, "accounts where name = 'new'");
        await().until(() -> here.count("select count(*) from outbox") == 0);
        frozen.wake();

        await().until(() -> AGAIN.matcher(frozen.log()).find());
        Map<String, ConsumerRecord<String, String>> last = kafka.last("salesloft.accounts", 50);
        assertThat(JSON.readTree(last.get(Long.toString(id)).value()).get("name").asText()).isEqualTo("new");
        assertThat(other.log()).doesNotContain("nothing is lost");
    }

    @Override
    public void close() {
        here.close();
        kafka.close();
    }
}
