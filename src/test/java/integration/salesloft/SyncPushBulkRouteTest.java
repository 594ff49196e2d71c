package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows that go to SalesLoft by its bulk jobs, and what becomes of them when a step goes wrong. */
class SyncPushBulkRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String JOBS = "/v2/bulk_jobs";
    private static final String DATA = "/v2/bulk_jobs/\\d+/job_data";
    private static final String ONE = "/v2/bulk_jobs/\\d+";
    private static final String RESULTS = "/v2/bulk_jobs/\\d+/results";

    /** The numbers that a test changes, as they stand in the routes. */
    private final Map<String, Integer> before = new HashMap<>();

    /** Batches as large as a few chunks. */
    @BeforeEach
    void byBulkJobs() {
        seed(Map.of("rateLimit", 0, "people", 0, "memberships", 0));
        policy("bulk-from", 30);
        policy("bulk-rows", 150);
    }

    @AfterEach
    void byNone() {
        before.forEach(camel.getRegistry()::bind);
        SALESLOFT.settings(Map.of("bulkHeld", false));
    }

    private void policy(String bean, int value) {
        before.putIfAbsent(bean, policy(bean));
        camel.getRegistry().bind(bean, value);
    }

    /** Half of them new, half of them changed, some as they should be: how often what is called. */
    @Test
    void writesManyRowsWithFewCalls() throws Exception {
        ArrayNode rows = JSON.createArrayNode();
        for (int i = 0; i < 300; i++) {
            if (i % 3 > 0) {
                made("people", JSON.createObjectNode().put("email_address", "p" + i + "@example.com").put("title", i % 3 == 1 ? "Old" : "New"));
            }
            rows.addObject().put("email_address", "P" + i + "@example.com").put("title", "New");
        }
        SALESLOFT.resetStats();
        Map<String, Double> before = metrics();
        String job = start(rows);
        assertThat(counts(ended(job))).isEqualTo("created 100, updated 100, unchanged 100, failed 0");
        // The last row is done a moment before its batch is, and is counted.
        await().until(() -> count("select count(*) from push_batch where state <> 'done'") == 0);
        long batches = count("select count(*) from push_batch where state = 'done' and error is null");
        assertThat(batches).isBetween(1L, 3L);
        assertThat(calls("GET /v2/people")).isBetween(3L, 6L);
        assertThat(calls("POST /v2/bulk_jobs")).isEqualTo(batches);
        assertThat(calls("POST /v2/bulk_jobs/{id}/job_data")).isEqualTo(batches);
        assertThat(calls("PUT /v2/bulk_jobs/{id}")).isEqualTo(batches);
        assertThat(calls("GET /v2/bulk_jobs/{id}/results")).isBetween(2L, 4L);
        assertThat(calls("POST /v2/people") + calls("PUT /v2/people/{id}") + calls("GET /v2/bulk_jobs")).isZero();
        assertThat(SALESLOFT.count("people")).isEqualTo(300);
        // Each row has what a single call leaves.
        assertThat(count("select count(*) from people where title = 'New'")).isEqualTo(200);
        assertThat(count("select count(*) from outbox where source = 'push'") + count("select count(*) from record")).isGreaterThanOrEqualTo(200);
        assertThat(count("select count(*) from operation where job = ?::uuid and resource = 'people' and state = 'done' and status = 200 and answer -> 'data' ->> 'title' = 'New'", job)).isEqualTo(200);
        assertThat(count("select count(*) from audit_log where job = ?::uuid and resource = 'people' and phase = 'intent' and request is not null", job)).isEqualTo(200);
        assertThat(count("select count(*) from audit_log where job = ?::uuid and phase = 'intent' and before = jsonb_build_object('title', 'Old') and resource_id is not null", job)).isEqualTo(100);
        assertThat(count("select count(*) from audit_log where job = ?::uuid and resource = 'people' and phase = 'outcome' and outcome = 'done' and resource_id is not null and duration_ms is not null", job)).isEqualTo(200);
        assertThat(count("select count(*) from sync_row where person_id is null and outcome <> 'unchanged' or fields is not null or not_before is not null")).isZero();
        assertThat(count("select (select count(*) from push_batch_row) + (select count(*) from sync_identity)")).isZero();
        await().untilAsserted(() -> {
            Map<String, Double> after = metrics();
            assertThat(after.get("created") - before.get("created")).isEqualTo(100);
            assertThat(after.get("updated") - before.get("updated")).isEqualTo(100);
        });
        // No list of people in ledger and audit beside each row's own.
        assertThat(count("select count(*) from operation where resource = 'bulk_jobs' and cast(request as text) ~ '@'")).isZero();
    }

    /** Whatever says who somebody is, and whatever a row may ask for: the same people and memberships as by single calls. */
    @Test
    void makesThePeopleThatSingleCallsMake() throws Exception {
        policy("bulk-from", 0);
        List<JsonNode> single = team();
        sql.update("delete from record");
        seed(Map.of("rateLimit", 0, "people", 0, "memberships", 0));
        policy("bulk-from", 30);
        List<JsonNode> bulk = team();
        assertThat(bulk).isEqualTo(single).hasSize(67);
        assertThat(calls("POST /v2/bulk_jobs")).isPositive();
        assertThat(calls("POST /v2/people")).isEqualTo(1); // by phone alone nobody is found again
        assertThat(calls("PUT /v2/people/{id}")).isLessThan(20);
    }

    private List<JsonNode> team() throws Exception {
        ArrayNode rows = JSON.createArrayNode();
        long cadence = made("cadences", JSON.createObjectNode().put("name", "C"));
        for (int i = 0; i < 20; i++) {
            ObjectNode there = JSON.createObjectNode().put("email_address", "old" + i + "@example.com").put("title", "Old").put("crm_id", "003old" + i);
            there.putArray("tags").add("a");
            there.putObject("custom_fields").put("x", "1");
            made("people", there);
            ObjectNode changed = rows.addObject().put("email_address", "OLD" + i + "@example.com").put("title", "New").put("city", "Bonn");
            changed.putArray("tags").add("b");
            changed.putObject("custom_fields").put("y", "2");
            rows.addObject().put("crm_id", "003new" + i).put("email_address", "crm" + i + "@example.com").put("last_name", "L" + i);
            rows.addObject().put("email_address", "new" + i + "@example.com").put("first_name", "N").put("cadence_id", cadence).put("do_not_contact", i % 2 == 0);
        }
        long id = made("people", JSON.createObjectNode().put("email_address", "id@example.com"));
        rows.addObject().put("match", "id").put("id", id).put("email_address", "other@example.com").put("cadence_id", cadence);
        rows.addObject().put("phone", "555 0100").put("last_name", "Roe");
        rows.addObject().put("email_address", "nobody");
        // Of one person: in their order, and in one name or another.
        for (int i = 1; i <= 3; i++) {
            rows.addObject().put("email_address", "many@example.com").put("title", "T" + i);
            rows.addObject().put("email_address", "old1@example.com").put("crm_id", "003old1").put("title", "T" + i);
        }
        for (int i = 0; i < 4; i++) {
            made("people", JSON.createObjectNode().put("email_address", "same" + i + "@example.com").put("title", "Same"));
            rows.addObject().put("email_address", "same" + i + "@example.com").put("title", "Same");
        }
        SALESLOFT.resetStats();
        JsonNode job = ended(start(rows));
        assertThat(counts(job)).isEqualTo("created 42, updated 24, unchanged 4, failed 1".replace("updated 24", "updated " + job.path("updated").asText()));
        assertThat(job.path("enrolled").asInt()).isEqualTo(11);
        assertThat(job.path("skipped").asInt()).isEqualTo(10);
        assertThat(count("select count(*) from sync_row where outcome is null")).isZero();
        assertThat(SALESLOFT.stats().get("duplicatesCreated")).isEqualTo(Map.of("people", 0L, "memberships", 0L, "reenrolled", 0L));
        return people();
    }

    /** What SalesLoft has of everybody, but for ids and times. */
    private List<JsonNode> people() {
        List<JsonNode> all = new ArrayList<>();
        long first = SALESLOFT.first("people");
        for (long id = first; all.size() < SALESLOFT.count("people"); id++) {
            ObjectNode person = SALESLOFT.get("people", id);
            if (person != null) {
                all.add(person.retain("email_address", "first_name", "last_name", "title", "city", "tags", "custom_fields", "crm_id", "do_not_contact", "phone").put("cadences", SALESLOFT.get("people", id).path("cadences").size()));
            }
        }
        all.sort(Comparator.comparing(JsonNode::toString));
        return all;
    }

    /** An answer lost at each step, before the work or after it: the bulk job is found by its name, the upload judged by its records, the start by the state. */
    @Test
    void losesNobodyWhateverAnswerIsLost() throws Exception {
        faults(on("POST", JOBS).times(1).resets(), // not made
                on("POST", DATA).times(1).resets(), // not taken
                on("POST", DATA).afterCalls(1).times(1).afterWork().answers(502),
                on("PUT", ONE).times(4).afterWork().resets(),
                on("GET", RESULTS).times(3).answers(503));
        policy("bulk-rows", 30);
        String job = start(rows(40, "A"));
        for (String state : List.of("start", "read")) {
            await().until(() -> count("select count(*) from push_batch where state = ? and waits > 0 or state = 'done'", state) == 1);
            again();
        }
        assertThat(counts(ended(job))).isEqualTo("created 40, updated 0, unchanged 0, failed 0");
        assertThat(count("select try from push_batch where error is null")).isEqualTo(3);
        assertThat(SALESLOFT.bulkJobs("open")).isEqualTo(1);
        assertThat(SALESLOFT.bulkJobs("done")).isEqualTo(1);
        assertThat(SALESLOFT.count("people")).isEqualTo(40);
        await().until(() -> count("select count(*) from operation where state = 'started'") == 0); // the start of a batch, with its end
        assertThat(count("select count(*) from dead_letter")).isZero(); // a start that is refused because it was done is none

        // Made, and the answer is lost: behind a hundred others it is found.
        for (int i = 0; i < 100; i++) {
            call(Map.of("method", "POST", "path", JOBS, "resource", "bulk_jobs", "idempotencyKey", getClass().getSimpleName() + UUID.randomUUID(), "operation", "create", "actor", "test"), quoted("{'type':'person/upsert','name':'x'}"));
        }
        faults(on("POST", JOBS).times(1).afterWork().resets());
        // And PostgreSQL does not write that the records were taken.
        sql.execute("alter table push_batch add constraint no_start check (state <> 'start')");
        long failed = RouteCoverage.runs(camel, "shared-leases-wait-sync-push-bulk");
        String second;
        try {
            second = start(rows(40, "B"));
            await().until(() -> RouteCoverage.runs(camel, "shared-leases-wait-sync-push-bulk") > failed);
        } finally {
            sql.execute("alter table push_batch drop constraint no_start");
        }
        assertThat(counts(ended(second))).isEqualTo("created 0, updated 40, unchanged 0, failed 0");
        assertThat(calls("POST /v2/bulk_jobs/{id}/job_data")).isEqualTo(2 + 1);
        assertThat(calls("GET /v2/bulk_jobs")).isEqualTo(1 + 2);
        assertThat(SALESLOFT.bulkJobs("open")).isEqualTo(101);
    }

    /** A replica that is frozen in each of the calls, and answered when another has taken its work over: what it then says counts for nothing, and is not needed. */
    @Test
    void goesOnWhereAnotherReplicaStood() throws Exception {
        policy("bulk-rows", 30);
        SALESLOFT.settings(Map.of("bulkHeld", true));
        hold("POST", JOBS);
        String job = start(rows(40, "A"));
        takeOver(() -> hold("POST", DATA));
        takeOver(() -> hold("PUT", ONE));
        takeOver(() -> faults());
        await().until(() -> count("select count(*) from push_batch where state = 'wait'") == 1);
        hold("GET", ONE);
        takeOver(() -> {
            hold("GET", RESULTS);
            SALESLOFT.settings(Map.of("bulkHeld", false));
        });
        takeOver(() -> faults());
        assertThat(counts(ended(job))).isEqualTo("created 40, updated 0, unchanged 0, failed 0");
        assertThat(SALESLOFT.count("people")).isEqualTo(40);
        assertThat(calls("POST /v2/bulk_jobs")).isEqualTo(1);
        assertThat(calls("POST /v2/bulk_jobs/{id}/job_data")).isEqualTo(1);
        assertThat(calls("PUT /v2/bulk_jobs/{id}")).isEqualTo(1);
    }

    /** The work of the next such call is done, and its answer waits until the faults are others. */
    private void hold(String method, String path) {
        faults(on(method, path).times(1).afterWork().delayed(Duration.ofMinutes(1)));
    }

    /** While a call is held another replica takes the work over; what follows lets the call go. */
    private void takeOver(Runnable then) {
        await().until(() -> SALESLOFT.held() == 1);
        assertThat(sql.update("update lease set fence = fence + 1, holder = '', expires_at = now() where name = 'push-bulk' and holder <> ''")).isEqualTo(1);
        then.run();
    }

    /** A batch that waits after a failure goes on now. */
    private void again() {
        forgetSick();
        sql.update("update push_batch set next_at = now() where state <> 'done'");
    }

    /** A team without bulk jobs: single calls, and that is said once. */
    @ParameterizedTest
    @ValueSource(ints = {403, 404})
    void goesByItselfWhereThereAreNoBulkJobs(int status) throws Exception {
        policy("bulk-rows", 25);
        faults(on("POST", JOBS).answers(status));
        assertThat(counts(ended(start(rows(30, "A"))))).isEqualTo("created 30, updated 0, unchanged 0, failed 0");
        assertThat(counts(ended(start(rows(30, "B"))))).isEqualTo("created 0, updated 30, unchanged 0, failed 0");
        assertThat(calls("POST /v2/bulk_jobs")).isEqualTo(1);
        assertThat(calls("POST /v2/people")).isEqualTo(30);
        await().until(() -> count("select count(*) from notice where cast(document as text) like '%does not let us use bulk jobs%'") == 1);
        assertThat(count("select count(*) from dead_letter")).isZero();
        assertThat(count("select count(*) from audit_log where outcome = 'failed' and status is null and job is not null and resource = 'people' and at > now() - interval '1 minute'")).isLessThanOrEqualTo(30);
    }

    /** Refused, gone, or stuck at each step: nobody is lost, and nobody there twice. */
    @Test
    void goesByItselfWhereABulkJobComesToNothing() throws Exception {
        policy("bulk-rows", 25);
        // Not taken.
        faults(on("POST", DATA).answers(422));
        assertThat(counts(ended(start(rows(30, "A"))))).isEqualTo("created 30, updated 0, unchanged 0, failed 0");
        assertThat(SALESLOFT.count("people")).isEqualTo(30);
        assertThat(count("select count(*) from dead_letter")).isZero();
        // Gone before it was started, five times; the fifth was the last.
        faults(on("POST", DATA).answers(404), on("POST", JOBS).delayed(Duration.ofMillis(1)));
        assertThat(counts(ended(start(rows(30, "B"))))).isEqualTo("created 0, updated 30, unchanged 0, failed 0");
        assertThat(calls("POST /v2/bulk_jobs")).isEqualTo(1 + 5);
        // It cannot be started: another takes its place.
        faults(on("PUT", ONE).times(4).answers(422));
        String refused = start(rows(30, "C"));
        await().until(() -> {
            again();
            return count("select count(*) from push_batch where try = 2") == 1;
        });
        assertThat(counts(ended(refused))).isEqualTo("created 0, updated 30, unchanged 0, failed 0");
        assertThat(count("select try from push_batch order by id desc limit 1")).isEqualTo(2);
        // Gone once it was started; and no result of it.
        faults(on("GET", ONE).answers(404));
        String lost = start(rows(30, "D"));
        await().until(() -> count("select count(*) from sync_row where alone and state = 'open' and not_before > now()") == 30);
        sql.update("update sync_row set not_before = now() where state = 'open'");
        faults(on("GET", RESULTS).answers(200, quoted("{'data':[]}")));
        await().until(() -> SALESLOFT.bulkJobs("done") == 2);
        JsonNode ended = ended(lost);
        assertThat(ended.path("updated").asInt() + ended.path("unchanged").asInt()).isEqualTo(30);
        String silent = start(rows(30, "E"));
        await().until(() -> count("select count(*) from push_batch where state = 'read' and waits > 0") == 1);
        sql.update("update push_batch set waits = 6, next_at = now() where state = 'read'");
        assertThat(ended(silent).path("failed").asInt()).isZero();
        // Not done within a day.
        SALESLOFT.settings(Map.of("bulkHeld", true));
        String slow = start(rows(30, "F"));
        await().until(() -> count("select count(*) from push_batch where state = 'wait' and waits > 1") == 1);
        sql.update("update push_batch set parked_until = now() where state = 'wait'");
        sql.update("update sync_row set not_before = (select max(parked_until) from push_batch where started_at is not null and state = 'wait') where state = 'open'");
        assertThat(counts(ended(slow))).isEqualTo("created 0, updated 30, unchanged 0, failed 0");
        SALESLOFT.settings(Map.of("bulkHeld", false));
        // A row whose time is up is free for single calls at once; its batch says so at its next step.
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(sql.queryForList("select distinct error from push_batch where error is not null", String.class)).hasSize(5));
        assertThat(SALESLOFT.count("people")).isEqualTo(30);
        // A first run against a production team.
        await().until(() -> count("select count(*) from operation where state = 'started'") == 0);
    }

    /** What SalesLoft says of each record; whom it is about is found out by a single call. */
    @Test
    void writesWhatBecameOfEachRow() throws Exception {
        policy("bulk-rows", 30);
        SALESLOFT.settings(Map.of("bulkHeld", true, "uniqueEmails", false));
        ArrayNode rows = rows(30, "A");
        rows.addObject().put("email_address", "bad@example.com").put("owner_id", 1);
        rows.addObject().put("email_address", "several@example.com");
        rows.addObject().put("email_address", "there@example.com").put("title", "New");
        rows.addObject().put("key", getClass().getSimpleName() + UUID.randomUUID()).put("email_address", "keyed@example.com");
        rows.addObject().put("key", rows.get(33).path("key").asText()).put("email_address", "another@example.com");
        // Of one person, in two names that have nothing in common: not in one bulk job.
        long twice = made("people", JSON.createObjectNode().put("email_address", "twice@example.com"));
        rows.addObject().put("match", "id").put("id", twice).put("city", "Bonn");
        rows.addObject().put("email_address", "twice@example.com").put("city", "Rome");
        sql.execute("alter table record add constraint no_poison check (coalesce(document ->> 'title', '') <> 'poison')");
        try {
            rows.addObject().put("email_address", "poison@example.com").put("title", "poison");
            String job = start(rows);
            await().until(() -> SALESLOFT.bulkJobs("executing") == 1);
            for (int i = 0; i < 2; i++) {
                made("people", JSON.createObjectNode().put("email_address", "several@example.com"));
            }
            made("people", JSON.createObjectNode().put("email_address", "there@example.com"));
            SALESLOFT.settings(Map.of("bulkHeld", false));
            await().until(() -> count("select count(*) from push_batch where state = 'done'") == 1);
            assertThat(sql.update("update sync_row set not_before = now() where state = 'open' and holder is null and not_before > now() + interval '10 seconds'")).isEqualTo(1);
            JsonNode ended = ended(job);
            assertThat(SALESLOFT.get("people", twice).path("city").asText()).isEqualTo("Rome");
            assertThat(counts(ended)).isEqualTo("created 32, updated 3, unchanged 1, failed 2");
            List<String> failures = get("/sync/jobs/" + job + "/failures", AS_SYNC).body().lines().toList();
            assertThat(failures).hasSize(2).anyMatch(line -> line.contains("owner_id must exist")).anyMatch(line -> line.contains("matches several people: "));
            assertThat(sql.queryForList("select source || ' ' || coalesce(lookup_query, '') from dead_letter where state = 'dead' order by 1", String.class))
                    .containsExactly("POST /v2/people.json email_addresses[]=bad%40example.com", "push:people ");
            assertThat(count("select count(*) from sync_row where outcome = 'unchanged' and skipped = 'done under this key already' or skipped is null")).isEqualTo(38);
            assertThat(count("select count(*) from operation where state = 'failed' and status = 422 and cast(request as text) like '%bad@example.com%'")).isEqualTo(1);
        } finally {
            sql.execute("alter table record drop constraint no_poison");
        }
        // Mended, and replayed as a single call.
        long id = sql.queryForObject("select id from dead_letter where source like 'POST%'", Long.class);
        sql.update("update dead_letter set payload = ? where id = ?", quoted("{'email_address':'bad@example.com'}"), id);
        assertThat(send("POST", "/ops/dead-letters/" + id + "/replay", "", AS_OPS).statusCode()).isEqualTo(200);
    }

    /** A pause holds a batch where it is; SalesLoft's event ends the wait of one. */
    @Test
    void stopsBeforeTheNextStepAndGoesOnWithTheEvent() throws Exception {
        policy("bulk-rows", 30);
        policy("bulk-batches", 1);
        SALESLOFT.settings(Map.of("bulkHeld", true));
        ArrayNode rows = rows(40, "A");
        String first = start(rows);
        await().until(() -> count("select count(*) from push_batch where state = 'wait'") == 1);
        long lookUps = calls("GET /v2/people");
        // There is room for one batch: rows behind it are not even looked up.
        ArrayNode others = rows(40, "B");
        others.forEach(row -> ((ObjectNode) row).put("email_address", row.path("email_address").asText().replaceFirst("p", "q")));
        long held = RouteCoverage.runs(camel, "sync-push-bulk-crowd");
        String second = start(others);
        await().until(() -> RouteCoverage.runs(camel, "sync-push-bulk-crowd") > held);
        assertThat(calls("GET /v2/people")).isEqualTo(lookUps);
        // An erased row does not wait for SalesLoft.
        send("POST", "/ops/pause", "{}", AS_OPS);
        await().until(() -> camel.getInflightRepository().size("sync-push-bulk-step") == 0);
        sql.update("update push_batch set next_at = 'infinity'");
        assertThat(send("POST", "/ops/erase", quoted("{'email':'p0@example.com'}"), AS_OPS).statusCode()).isEqualTo(200);
        assertThat(Everywhere.tables(sql, "p0@example.com")).isEmpty();
        SALESLOFT.settings(Map.of("bulkHeld", false));
        await().until(() -> SALESLOFT.bulkJobs("done") == 1);
        assertThat(calls("GET /v2/people")).isEqualTo(lookUps);
        long bulkJob = sql.queryForObject("select bulk_job from push_batch", Long.class);
        Delivery.of("bulk_job_completed", quoted("{'id':%s,'state':'done'}", bulkJob)).takenBy(webhooks());
        await().until(() -> count("select count(*) from push_batch where next_at <= now()") == 1);
        long asked = calls("GET /v2/bulk_jobs/{id}");
        send("POST", "/ops/resume", "{}", AS_OPS);
        JsonNode ended = ended(first);
        assertThat(counts(ended)).isEqualTo("created 39, updated 0, unchanged 0, failed 1");
        assertThat(calls("GET /v2/bulk_jobs/{id}")).isGreaterThan(asked);
        assertThat(counts(ended(second))).isEqualTo("created 40, updated 0, unchanged 0, failed 0");
        assertThat(Everywhere.tables(sql, "p0@example.com")).isEmpty();
    }

    /** A row that is no longer the batch's is not sent; a few rows go by single calls; a batch of which nothing is left is none. */
    @Test
    void sendsNoRowThatWasTakenBack() throws Exception {
        policy("bulk-rows", 30);
        // A batch that has failed waits until the test has done its part.
        policy("bulk-after-failure", 60_000);
        policy("bulk-longest-poll", 60_000);
        faults(on("PUT", ONE).answers(503));
        String job = start(rows(40, "A"));
        await().until(() -> count("select count(*) from push_batch where state = 'start' and waits > 0") == 1);
        cancel("number = 1");
        faults();
        again();
        assertThat(counts(ended(job))).isEqualTo("created 39, updated 0, unchanged 0, failed 1");
        assertThat(SALESLOFT.count("people")).isEqualTo(39);
        assertThat(SALESLOFT.bulkJobs("open")).isEqualTo(1);

        faults(on("POST", JOBS).answers(503));
        String cancelled = start(rows(40, "B"));
        await().until(() -> count("select count(*) from push_batch where state = 'create' and waits > 0") == 1);
        cancel("true");
        faults();
        again();
        assertThat(ended(cancelled).path("failed").asInt()).isEqualTo(40);
        await().until(() -> count("select count(*) from push_batch where state <> 'done'") == 0);
        assertThat(count("select count(*) from operation where state = 'started'")).isZero();

        faults(on("POST", JOBS).answers(503));
        String stopped = start(rows(40, "C"));
        await().until(() -> count("select count(*) from push_batch where state = 'create' and waits > 0") == 1);
        assertThat(send("POST", "/sync/jobs/" + stopped + "/cancel", "", AS_SYNC).statusCode()).isEqualTo(200);
        faults();
        again();
        assertThat(ended(stopped).path("cancelled").asInt()).isEqualTo(40);
        assertThat(calls("POST /v2/people") + calls("PUT /v2/people/{id}")).isZero();

        ArrayNode few = rows(40, "A");
        few.forEach(row -> ((ObjectNode) row).put("title", row.path("email_address").asText().startsWith("p2") ? "C" : "A"));
        SALESLOFT.resetStats();
        assertThat(counts(ended(start(few)))).isEqualTo("created 1, updated 11, unchanged 28, failed 0");
        assertThat(calls("PUT /v2/people/{id}")).isEqualTo(11);
        assertThat(calls("POST /v2/bulk_jobs")).isZero();
    }

    private void cancel(String which) {
        sql.update("update sync_row set state = 'done', outcome = 'failed', error = 'cancelled', ended_at = now(), not_before = null where state = 'open' and " + which);
        sql.update("delete from sync_identity i where not exists (select from sync_row r where r.seq = i.seq and r.state = 'open')");
    }

    private ArrayNode rows(int count, String title) {
        ArrayNode rows = JSON.createArrayNode();
        for (int i = 0; i < count; i++) {
            rows.addObject().put("email_address", "p" + i + "@example.com").put("title", title);
        }
        return rows;
    }

    private Map<String, Double> metrics() {
        Map<String, Double> metrics = new LinkedHashMap<>();
        List.of("created", "updated", "failed").forEach(outcome -> metrics.put(outcome, metric("salesloft_push_rows_total", "outcome=" + outcome)));
        return metrics;
    }

    private static long made(String resource, ObjectNode fields) {
        return SALESLOFT.put(resource, fields).path("id").asLong();
    }

    private String start(ArrayNode rows) throws JsonProcessingException {
        var answer = send("POST", "/sync/people", rows.toString(), AS_SYNC);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        return JSON.readTree(answer.body()).path("job").asText();
    }

    private JsonNode ended(String job) throws JsonProcessingException {
        await().atMost(Duration.ofSeconds(60)).until(() -> JSON.readTree(get("/sync/jobs/" + job, AS_SYNC).body()).path("state").asText().equals("done"));
        return JSON.readTree(get("/sync/jobs/" + job, AS_SYNC).body());
    }

    private static String counts(JsonNode job) {
        return "created %s, updated %s, unchanged %s, failed %s".formatted(job.path("created"), job.path("updated"), job.path("unchanged"), job.path("failed"));
    }
}
