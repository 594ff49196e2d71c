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
    private static final int PEOPLE = 2_000;
    private static final int CHANGED = 200;
    private static final Pattern GIVEN_UP = Pattern.compile(" outbox +: nothing is lost");

    private final Kafka kafka = Kafka.lend();
    private final Installation here = new Installation(Postgres.shared(), "outbox", Map.of("people", PEOPLE, "accounts", 50, "rateLimit", 0));
    private final Map<String, String> settings = new HashMap<>(Map.of("SYNC_RESOURCES", "people,accounts", "SYNC_INTERVAL", "1s",
            "KAFKA_BROKERS", kafka.brokers(), "SYNC_COMPARE_HOURS", "00:00-00:00", SharedProcess.WITHOUT, SharedProcess.without("webhook/*", "sync/push*")));

    private Container publisher;
    private Container other;
    private long account;
    private long givenUp;
    private long givenUpByTheOther;

    /** Begins to pull and to publish. */
    void begins(SharedProcess killed) {
        publisher = here.launch(killed, settings);
    }

    /** It has published something, and has more in its hands, of which Kafka does not say that it has it. */
    void isHeldUp() {
        await().until(() -> publisher.log().contains("created the topics "));
        here.awaitRow(60, "(select count(*) n from sync_cursor where finished_at is not null) pulled where n = 2");
        await().until(() -> here.count("select count(*) from outbox") == 0);
        kafka.freeze();
        here.sql.queryForList("select id from people limit " + CHANGED, Long.class).forEach(id -> here.salesloft.put("people", JSON.createObjectNode().put("id", id).put("title", "Held")));
        here.awaitRow(60, "(select count(*) n from people where title = 'Held') changed where n = " + CHANGED);
    }

    /** It is dead. */
    void killed() {
        assertThat(here.count("select count(*) from outbox")).isPositive();
        kafka.wake();
    }

    /** Starts another. */
    void goesOn(SharedProcess running) {
        here.sql.update("update lease set expires_at = now()"); // they would run out by themselves, 15 s after the kill
        settings.put("SYNC_COMPARE_HOURS", "00:00-24:00");
        here.sql.update("insert into comparison (resource, next_run_at) values ('people', 'infinity'), ('accounts', 'infinity')");
        publisher = here.launch(running, settings);
    }

    /** It publishes the last version of each, though Kafka is away for a while. */
    void holdsTheLastVersionOfEach() throws Exception {
        here.awaitRow(60, "(select count(*) n from sync_cursor where finished_at is not null) pulled where n = 2");
        kafka.down();
        List<Long> changed = here.sql.queryForList("select id from people order by random() limit " + CHANGED, Long.class);
        changed.forEach(id -> here.salesloft.put("people", JSON.createObjectNode().put("id", id).put("title", "Changed")));
        long vanished = here.sql.queryForObject("select max(id) from people where id <> all(?)", Long.class, (Object) changed.toArray(Long[]::new));
        here.salesloft.remove("people", vanished); // of this no poll will tell
        here.awaitRow(60, "(select count(*) n from people where title = 'Changed') changed where n = " + CHANGED);
        here.sql.update("update comparison set run_started_at = now(), after_id = ?, next_run_at = now() where resource = 'people'", vanished - 1);
        here.awaitRow(60, "record where deleted_at is not null");
        here.awaitRow(60, "outbox");
        kafka.up();
        await().until(() -> here.count("select count(*) from outbox") == 0);
        assertThat(publisher.alive()).isTrue();

        Map<String, ConsumerRecord<String, String>> last = kafka.last("salesloft.people", PEOPLE);
        assertThat(last).hasSize(PEOPLE);
        assertThat(last.get(Long.toString(vanished)).value()).isNull();
        for (Map<String, Object> row : here.sql.queryForList("select id, cast(document as text) as document from people")) {
            JsonNode published = JSON.readTree(last.get(row.get("id").toString()).value());
            assertThat(published).isEqualTo(JSON.readTree((String) row.get("document")));
        }
    }

    /** Starts a second publisher beside the one that will be frozen. */
    void launchAnother(SharedProcess process) {
        other = here.launch(process, settings);
    }

    /** The first one has a batch in its hands. */
    void isHeldUpWithABatch() {
        other.awaitStarted();
        account = here.sql.queryForObject("select min(id) from accounts", Long.class);
        kafka.freeze();
        here.salesloft.put("accounts", JSON.createObjectNode().put("id", account).put("name", "old"));
        here.awaitRow(60, "outbox");
        // Longer than between two looks into the outbox: it has been read, and Kafka was asked to take it. Ten seconds later it is given up.
        await().during(Duration.ofSeconds(4)).until(() -> here.count("select count(*) from outbox") == 1);
        givenUp = givenUp(publisher);
    }

    /** It is frozen. */
    void isFrozen() {
        kafka.wake();
    }

    /** Its lease has run out. */
    void isPublishedByTheOther() {
        await().until(() -> here.count("select count(*) from outbox") == 0);
        here.salesloft.put("accounts", JSON.createObjectNode().put("id", account).put("name", "new"));
        here.awaitRow(60, "accounts where name = 'new'");
        await().until(() -> here.count("select count(*) from outbox") == 0);
        givenUpByTheOther = givenUp(other);
    }

    /** It is awake again, and another has published what it had in its hands, and newer ones, too. */
    void shutsOutThePublisherThatWasFrozen() throws Exception {
        await().until(() -> givenUp(publisher) > givenUp);
        Map<String, ConsumerRecord<String, String>> last = kafka.last("salesloft.accounts", 50);
        assertThat(JSON.readTree(last.get(Long.toString(account)).value()).get("name").asText()).isEqualTo("new");
        assertThat(givenUp(other)).isEqualTo(givenUpByTheOther);
    }

    /** How often it has given up what it was about to publish. */
    private static long givenUp(Container publisher) {
        return GIVEN_UP.matcher(publisher.log()).results().count();
    }

    @Override
    public void close() {
        here.close();
        kafka.close();
    }
}
