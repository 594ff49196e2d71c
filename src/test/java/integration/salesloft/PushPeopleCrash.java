package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** People and their memberships by single calls: whoever is killed or frozen, everybody is in SalesLoft once. */
final class PushPeopleCrash implements PushCrash {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CREATE = "/v2/people";
    /** Who is there, half of them as they should be; who is not; some of those once more; and rows of nobody. */
    private static final int OLD = 60;
    private static final int NEW = 140;
    private static final int AGAIN = 20;
    private static final int WRONG = 5;
    private static final int MUTATIONS = OLD / 2 + 2 * NEW;
    /** Five chunks: one replica takes four at a time, and leaves one to the other. */
    private static final int SHARED_ROWS = 500;
    private static final String CREATED = "select count(*) from audit_log where phase = 'outcome' and operation = 'create' and outcome = 'done'";

    private final Installation here = new Installation(Postgres.shared(), "push_killed", PushCrashes.TEAM);
    private final long cadence = here.salesloft.put("cadences", JSON.createObjectNode().put("name", "C")).path("id").asLong();
    private final String body;
    private String job;
    private Container other;
    /** The first of the two, as the holder of its leases. */
    private String instance;
    private String shared;
    private String[] unheard;
    private int people;
    private int memberships;
    private int audited;

    PushPeopleCrash() {
        ArrayNode rows = JSON.createArrayNode();
        for (int i = 0; i < OLD; i++) {
            here.salesloft.put("people", JSON.createObjectNode().put("email_address", "old" + i + "@example.com").put("title", "T"));
            rows.addObject().put("email_address", "OLD" + i + "@Example.com").put("title", i < OLD / 2 ? "T" : "New");
        }
        for (int i = 0; i < NEW; i++) {
            rows.addObject().put("email_address", "new" + i + "@example.com").put("first_name", "N" + i).put("cadence_id", cadence);
        }
        for (int i = 0; i < AGAIN; i++) {
            rows.addObject().put("email_address", "New" + i * 6 + "@EXAMPLE.com").put("first_name", "N" + i * 6).put("cadence_id", cadence);
        }
        for (int i = 0; i < WRONG; i++) {
            rows.addObject().put("email_address", "nobody at all").put("title", "x" + i);
        }
        body = rows.toString();
        here.salesloft.resetStats();
        here.salesloft.faults(on("POST", CREATE).times(5).afterWork().resets(),
                on("POST", "/v2/cadence_memberships").times(2).afterWork().answers(502),
                // Some have been created and it has not heard of it, and others are on their way, when it is killed.
                on("POST", CREATE).afterCalls(60).times(4).afterWork().hangs(),
                on("POST", CREATE).afterCalls(60).hangs());
    }

    @Override
    public Installation here() {
        return here;
    }

    @Override
    public Map<String, String> settings() {
        return Map.of();
    }

    @Override
    public void begin(Container container) {
        job = container.push("application/json", body, "600");
        assertThat(container.push("application/json", body, "600")).isEqualTo(job);
    }

    @Override
    public boolean reached() {
        return here.statuses("POST /v2/people").getOrDefault("hang", 0L) > 4;
    }

    @Override
    public void killed() {
        here.salesloft.faults();
        assertThat(here.salesloft.count("people")).isBetween(OLD + 55, OLD + NEW - 1);
    }

    @Override
    public void verify(Container container) throws Exception {
        assertThat(container.push("application/json", body, "600")).isEqualTo(job);
        String name = JSON.readTree(job).path("job").asText();
        await().atMost(Duration.ofSeconds(120)).until(() -> JSON.readTree(container.get("/sync/jobs/" + name).body()).path("state").asText().equals("done"));

        assertThat(here.salesloft.count("people")).isEqualTo(OLD + NEW);
        assertThat(here.salesloft.stats().get("duplicatesCreated")).isEqualTo(Map.of("people", 0L, "memberships", 0L, "reenrolled", 0L));
        assertThat(here.salesloft.count("cadence_memberships")).isEqualTo(NEW);
        assertThat(here.calls("PUT /v2/people/{id}")).isBetween(OLD / 2L, OLD / 2 + 16L); // one that was on its way when it was killed may be sent again
        JsonNode counts = JSON.readTree(container.get("/sync/jobs/" + name).body());
        assertThat(List.of(counts.path("total").asInt(), counts.path("created").asInt(), counts.path("updated").asInt(), counts.path("unchanged").asInt(),
                counts.path("enrolled").asInt(), counts.path("failed").asInt())).containsExactly(OLD + NEW + AGAIN + WRONG, NEW, OLD / 2, OLD / 2 + AGAIN, NEW, WRONG);
        assertThat(container.get("/sync/jobs/" + name + "/failures").body().lines().toList()).hasSize(WRONG).allMatch(line -> line.contains("email_address is not an e-mail address"));

        // Every mutation is in the audit log, with its outcome: what its tap lost comes back from the ledger.
        await().atMost(Duration.ofSeconds(90)).until(() -> here.count("select count(distinct idempotency_key) from audit_log where phase = 'outcome' and outcome = 'done'") == MUTATIONS);
        assertThat(here.sql.queryForList("select operation, count(distinct idempotency_key) from audit_log where phase = 'intent' group by operation order by operation")
                .stream().map(row -> row.values().toString()).toList()).containsExactly("[create, " + NEW + "]", "[enroll, " + NEW + "]", "[update, " + OLD / 2 + "]");
        assertThat(here.count("select count(distinct idempotency_key) from audit_log where phase = 'intent' and operation = 'update' and before is not null")).isEqualTo(OLD / 2);
        assertThat(container.get("/ops/audit?job=" + name).body().lines().toList()).hasSize(MUTATIONS).allMatch(line -> line.contains(quoted("'outcome' : 'done'")));
        assertThat(here.count("select count(*) from operation where state = 'started'")).isZero();
    }

    /** Starts a second replica. */
    void launchAnother(SharedProcess process) {
        instance = here.sql.queryForObject("select distinct split_part(name, ':', 2) from lease where name like 'push:%' and expires_at > now()", String.class);
        other = here.launch(process, PushCrashes.SETTINGS);
    }

    /** Both are in the middle of one job: the other one, too, because nothing goes on when each has done some of its rows. */
    void sharesAJob(Container one) throws Exception {
        other.awaitStarted();
        here.salesloft.settings(Map.of("echo", "updated_at"));
        here.salesloft.faults(on("POST", CREATE).afterCalls(60).times(4).afterWork().hangs(),
                on("POST", CREATE).afterCalls(60).hangs());
        people = here.salesloft.count("people");
        memberships = here.salesloft.count("cadence_memberships");
        audited = here.count(CREATED);
        long hanging = here.statuses("POST /v2/people").getOrDefault("hang", 0L);
        shared = JSON.readTree(one.push("application/x-ndjson", IntStream.range(0, SHARED_ROWS)
                .mapToObj(i -> row(i).toString()).collect(Collectors.joining("\n")), "frozen")).path("job").asText();
        await().until(() -> here.count("select count(distinct holder) from operation where state = 'started'") == 2
                && here.statuses("POST /v2/people").getOrDefault("hang", 0L) > hanging + 4);
        unheard = here.sql.queryForList("select key from operation where state = 'started' and holder <> ?", String.class, instance).toArray(String[]::new);
    }

    /**
     * One is frozen. Its leases run out, by when it may not send any more what it had in its hands; what was on its way it keeps for a minute,
     * and the other one that of which it has not heard. Only these are ended sooner: what the other one does now, however slow, it keeps.
     */
    void isDoneByTheOther() {
        here.salesloft.faults();
        assertThat(here.salesloft.count("people")).isLessThan(people + SHARED_ROWS);
        await().until(() -> here.count("select count(*) from lease where name like 'push:' || ? || ':%' and expires_at > now()", instance) == 0);
        here.sql.update("update operation set lease_until = now() where state = 'started' and (holder = ? or key = any(?))", instance, unheard);
        await().atMost(Duration.ofSeconds(90)).until(() -> other.get("/sync/jobs/" + shared).body().contains(quoted("'state' : 'done'")));
    }

    /** It is awake again. */
    void doesNoRowTwice(Container one) throws Exception {
        await().until(() -> one.get("/sync/jobs/" + shared).statusCode() == 200 && one.health() == 200);
        // Whatever it was about to do it has done, or given up, once it works on another job.
        String another = JSON.readTree(one.push("application/json", row(5_000).toString(), "after")).path("job").asText();
        await().until(() -> other.get("/sync/jobs/" + another).body().contains(quoted("'state' : 'done'")));
        await().until(() -> here.count("select count(*) from lease where name like 'push:%' and expires_at > now()") == 10);

        assertThat(here.salesloft.count("people")).isEqualTo(people + SHARED_ROWS + 1);
        assertThat(here.salesloft.count("cadence_memberships")).isEqualTo(memberships + SHARED_ROWS + 1);
        assertThat(here.salesloft.stats().get("duplicatesCreated")).isEqualTo(Map.of("people", 0L, "memberships", 0L, "reenrolled", 0L));
        assertThat(JSON.readTree(other.get("/sync/jobs/" + shared).body()).path("created").asInt()).isEqualTo(SHARED_ROWS);
        // What a frozen process was about to tap is written from the ledger within a minute.
        await().atMost(Duration.ofSeconds(90)).until(() -> here.count(CREATED) == audited + SHARED_ROWS + 1);
    }

    private ObjectNode row(int i) {
        return JSON.createObjectNode().put("email_address", "p" + i + "@example.com").put("cadence_id", cadence);
    }
}
