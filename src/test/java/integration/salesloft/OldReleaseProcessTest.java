package integration.salesloft;

import static integration.salesloft.sandbox.FaultRule.on;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.sql.Connection;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The release before this one beside this one, on the database that this one has migrated: as while a Deployment is rolled out, and after
 * it was rolled back. The old one starts when the migration is done.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OldReleaseProcessTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PEOPLE = 120;
    private static final int ACCOUNTS = 10;
    /** More than a job that somebody waits for has: all workers take of it. */
    private static final int ROWS = 60;
    /** Rows of a worker. */
    private static final int AT_ONCE = 16;
    private static final int ANSWERED = 5;
    private static final int UNHEARD = 3;
    /** 143 is SIGTERM. */
    private static final int TERMINATED = 143;

    private static Kafka kafka;
    private static Chat chat;
    private static Installation here;
    private static OldRelease release;
    private static Container present;
    private static Container old;

    @BeforeAll
    static void startBoth() {
        release = new OldRelease();
        kafka = Kafka.lend();
        chat = Chat.start();
        // A team that would allow two people with one address: nothing but the containers keep them apart.
        here = new Installation(Postgres.shared(), "old_release", Map.of("people", PEOPLE, "accounts", ACCOUNTS, "memberships", 0, "rateLimit", 0, "uniqueEmails", false));
        here.sql.execute("drop schema public cascade; create schema public"); // with all migrations of this release behind it
        release.migrate(Postgres.shared().url("old_release"));
        String port = Integer.toString(FreePort.find());
        Map<String, String> settings = new HashMap<>(Map.of("SYNC_RESOURCES", "people,accounts", "SYNC_INTERVAL", "1s", "SYNC_COMPARE_HOURS", "00:00-00:00",
                "SALESLOFT_RATE_LIMIT", "0", "KAFKA_BROKERS", kafka.brokers(), "SALESLOFT_CALLBACK_TOKEN", Delivery.TOKEN,
                "NOTIFY_SALES_URL", chat.url("sales"), "NOTIFY_OPS_URL", chat.url("ops"), "ROLLBACK_VERIFY_URL", "http://localhost:" + port + "/health"));
        present = here.launch(settings);
        release.build();
        present.awaitStarted();
        settings.put("SERVER_PORT", port);
        old = here.launch(release, settings).awaitStarted();
    }

    @AfterAll
    static void stopAll() {
        here.close();
        chat.close();
        kafka.close();
    }

    /** What the old release has applied is never changed, and what is new comes after it; so it starts, though it does not know that. */
    @Test
    @Order(1)
    void startsOnTheNewSchema() {
        List<String> known = release.migrations();
        assertThat(known).allSatisfy(name -> assertThat(OldRelease.present(name)).as(name).isEqualTo(release.migration(name)));
        assertThat(here.count("select count(*) from flyway_schema_history where success")).isGreaterThan(known.size());
        await().until(() -> old.health() == 200);
        assertThat(old.get("/ops/rollback").statusCode()).as("what only this release knows").isEqualTo(404);
    }

    /** Before anything is pushed, because a worker keeps its lease for two minutes, and a rollback waits for them. */
    @Test
    @Order(2)
    void leavesRollbacksAndNoticesToThisRelease() throws Exception {
        try (Connection open = here.sql.getDataSource().getConnection()) {
            open.setAutoCommit(false);
            leavesRollbacksToThisRelease(open);
        }
        here.awaitRow(60, "rollback_run where ended_at is not null");
        assertThat(here.sql.queryForObject("select state from rollback_run", String.class)).isEqualTo("done");
        assertThat(here.sql.queryForObject("select detail from rollback_step where step = 'verify'", String.class)).contains("status 200, which names no release");
        await().until(() -> chat.messages("sales").size() >= 2 && chat.messages("ops").size() >= 2);

        // The old one publishes, and leaves what it does not know.
        int notices = here.count("select count(*) from notice_outbox");
        assertThat(notices).isGreaterThanOrEqualTo(4);
        deliver(old, event(1, "published by the old one"));
        here.awaitRow(60, "people where title = 'published by the old one'");
        await().until(() -> here.count("select count(*) from outbox") == 0);
        assertThat(here.count("select count(*) from notice_outbox")).isEqualTo(notices);
        whileFrozen(old, () -> await().until(() -> here.count("select count(*) from notice_outbox") == 0));
        assertThat(kafka.all("salesloft.notifications")).extracting(ConsumerRecord::key).contains("rollback-begun-night", "rollback-ended-night").hasSize(notices);
        assertThat(present.post("/ops/resume", "").statusCode()).isEqualTo(200);
    }

    /** The last step waits for the lock of this transaction, so that the rollback stays open. */
    private void leavesRollbacksToThisRelease(Connection open) throws Exception {
        whileFrozen(present, () -> {
            awaitHeld("outbox");
            here.sql.update("insert into rollback_run (id, reason, actor, platform, release, host) values ('night', 'it is bad', 'ops', 'none', '2.0+bad.1', 'here')");
            here.sql.update("insert into rollback_step (run, step, position) select 'night', step, n from unnest(string_to_array('freeze,tell,revert,verify,pause,notify', ',')) with ordinality s (step, n)");
            open.createStatement().execute("select from rollback_step where step = 'notify' for update");
            assertThat(old.post("/ops/pause", "").statusCode()).isEqualTo(200);
            // It knows nothing of rollbacks: a resume is not refused.
            assertThat(old.post("/ops/resume", "").statusCode()).isEqualTo(200);
            // It looks each second for what there is to do.
            await().during(Duration.ofSeconds(2)).until(() -> here.count("select count(*) from rollback_step where state = 'pending'") == 6
                    && here.count("select count(*) from control where paused") == 0);
        });

        // This one takes it up, and what it freezes is frozen for the old one, too.
        here.awaitRow(60, "rollback_step where step = 'freeze' and state = 'done'");
        assertThat(JSON.readTree(old.get("/health").body()).path("paused").asBoolean()).isTrue();
        assertThat(present.post("/ops/resume", "").statusCode()).isEqualTo(409);
    }

    @Test
    @Order(3)
    void takesAnEventOnceThoughBothGetIt() {
        for (int person = 1; person <= 20; person++) {
            Delivery event = event(person, "both");
            deliver(old, event);
            deliver(present, event);
        }
        await().until(() -> here.count("select count(*) from webhook_event where body ->> 'title' = 'both' and state = 'applied'") == 20);
        assertThat(here.count("select count(*) from webhook_event where body ->> 'title' = 'both'")).isEqualTo(20);
        assertThat(here.count("select count(*) from people where title = 'both'")).isEqualTo(20);
    }

    /** A pull, a push and the publishing that the old one has begun before it stands still; and both have the same people to create. */
    @Test
    @Order(4)
    void thisOneGoesOnWithWhatTheOldOneHasBegun() throws Exception {
        int before = here.salesloft.count("people");
        String[] begun = new String[1];
        whileFrozen(present, () -> {
            begun[0] = begin(old, "old-first");
            old.freeze();
        });
        String same;
        try {
            expire();
            same = assertGoesOn(present, "old-first");
            // What it has sent is its own for a minute, and the row is whoever's who asks the ledger after that.
            await().until(() -> here.count("select count(*) from sync_row where state <> 'open' and job = cast(? as uuid)", begun[0]) >= ROWS - AT_ONCE);
        } finally {
            old.wake();
        }
        assertCreatedOnce(old, before, begun[0], same);
        await().until(() -> old.health() == 200);
    }

    /** As after a rollback: of this one nothing is left but what it has begun, calls that it did not hear the end of among it. */
    @Test
    @Order(5)
    void theOldOneGoesOnWithWhatThisOneHasBegun() throws Exception {
        int before = here.salesloft.count("people");
        String[] begun = new String[1];
        whileFrozen(old, () -> {
            begun[0] = begin(present, "new-first");
            present.kill();
        });
        assertThat(here.count("select count(*) from operation where state = 'started'")).isPositive();
        expire();
        here.sql.update("update operation set lease_until = now() where state = 'started'"); // after a minute, by itself
        assertCreatedOnce(old, before, begun[0], assertGoesOn(old, "new-first"));

        // What the topics hold is the mirror, whoever has published it, and each key in its order.
        await().until(() -> here.count("select count(*) from outbox") + here.count("select count(*) from result_outbox") == 0);
        List<Map<String, Object>> people = here.sql.queryForList("select id, cast(document as text) as document from people");
        Map<String, ConsumerRecord<String, String>> last = kafka.last("salesloft.people", people.size());
        for (Map<String, Object> row : people) {
            assertThat(JSON.readTree(last.get(row.get("id").toString()).value())).isEqualTo(JSON.readTree((String) row.get("document")));
        }
        assertThat(old.stop()).isEqualTo(TERMINATED);
    }

    /**
     * Has a container, alone, in the middle of all its work: the job that it has begun. Of the people that it creates some are there; of
     * some that are there it does not hear; and of those after that SalesLoft does not take any.
     */
    private static String begin(Container container, String people) {
        awaitHeld("outbox");
        here.salesloft.resetStats();
        here.salesloft.faults(under("/v2/accounts").hangs(),
                on("POST", "/v2/people").afterCalls(ANSWERED).times(UNHEARD).afterWork().hangs(),
                on("POST", "/v2/people").afterCalls(ANSWERED).hangs());
        await().until(() -> here.statuses("GET /v2/accounts").containsKey("hang"));
        String job = push(container, people, "First");
        await().until(() -> here.statuses("POST /v2/people").getOrDefault("hang", 0L) > UNHEARD);
        return job;
    }

    /** This container, alone, pulls and applies events and publishes; the job with which it is asked for the same people. */
    private static String assertGoesOn(Container container, String name) {
        assertThat(here.count("select count(*) from sync_cursor where resource = 'accounts' and state = 'running'")).isEqualTo(1);
        here.salesloft.faults();
        long account = here.sql.queryForObject("select min(id) from record where resource = 'accounts'", Long.class);
        here.salesloft.put("accounts", JSON.createObjectNode().put("id", account).put("name", name));
        deliver(container, event(2, name));
        String job = push(container, name, "Second");
        here.awaitRow(60, "accounts where name = '" + name + "'");
        here.awaitRow(60, "people where title = '" + name + "'");
        await().until(() -> here.count("select count(*) from outbox") == 0);
        return job;
    }

    /** These jobs of the same people come to their end, and nobody is there twice. What one has sent and another took over rests for a minute. */
    private static void assertCreatedOnce(Container container, int before, String... jobs) {
        List.of(jobs).forEach(job -> await().atMost(Duration.ofSeconds(150)).until(() -> done(container, job)));
        assertThat(here.salesloft.count("people")).isEqualTo(before + ROWS);
        assertThat(here.salesloft.stats().get("duplicatesCreated")).isEqualTo(Map.of("people", 0L, "memberships", 0L, "reenrolled", 0L));
        assertThat(List.of(jobs)).extracting(job -> counts(container, job).path("created").asInt()).startsWith(ROWS);
    }

    private interface Work {
        void run() throws Exception;
    }

    /** The other one takes over whatever this one held. */
    private static void whileFrozen(Container container, Work work) throws Exception {
        container.freeze();
        try {
            expire();
            work.run();
        } finally {
            container.wake();
        }
    }

    /** They run out by themselves, after 15 seconds. */
    private static void expire() {
        here.sql.update("update lease set expires_at = now()");
    }

    private static void awaitHeld(String lease) {
        here.awaitRow(60, "lease where holder <> '' and expires_at > now() and name = '" + lease + "'");
    }

    /** A version of a person that is newer than those before it. */
    private static Delivery event(int person, String title) {
        return Delivery.person("person_updated", person, "2199-01-01T00:00:00.%06dZ".formatted(here.count("select count(*) from webhook_event")), title);
    }

    private static void deliver(Container to, Delivery event) {
        event.takenBy(URI.create("http://localhost:" + to.port() + "/webhooks/salesloft"));
    }

    /** The job. */
    private static String push(Container to, String people, String title) {
        String rows = IntStream.range(0, ROWS).mapToObj(i -> JSON.createObjectNode().put("email_address", people + i + "@example.com").put("title", title).toString())
                .collect(Collectors.joining("\n"));
        String answer = to.push("application/x-ndjson", rows, people + title);
        assertThat(json(answer).path("job").asText()).as(answer).isNotEmpty();
        return json(answer).path("job").asText();
    }

    private static JsonNode counts(Container container, String job) {
        return json(container.get("/sync/jobs/" + job).body());
    }

    private static boolean done(Container container, String job) {
        return counts(container, job).path("state").asText().equals("done");
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new IllegalStateException(text, e);
        }
    }
}
