package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the push writes besides people: accounts, notes, tasks, the end of a membership; and jobs that are cancelled, or wait for an approval. */
class SyncPushObjectsRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String APPROVE_ABOVE = "salesloft.push-approve-above";
    private static final String NOTES = "/v2/notes";
    private static final String TASKS = "/v2/tasks";
    private long person;
    private long user;

    @BeforeEach
    void nobodyThereButOne() throws Exception {
        seed(Map.of("rateLimit", 0, "people", 0, "accounts", 0, "memberships", 0, "notes", 0, "tasks", 0));
        person = made("people", "{'email_address':'ann@example.com'}");
        user = made("users", "{'name':'U'}");
        SALESLOFT.resetStats();
    }

    @AfterEach
    void nothingWaitsForAnApproval() {
        System.clearProperty(APPROVE_ABOVE);
    }

    @Test
    void writesAccountsByCrmIdOrDomain() throws Exception {
        long known = made("accounts", "{'name':'Known','domain':'known.com','crm_id':'001K','city':'Bonn'}");
        String rows = """
                [{"crm_id": "001K", "city": "Ulm", "name": "Known"},
                 {"domain": "NEW.com", "name": "New", "tags": ["a"], "owner_id": %d},
                 {"domain": "lacking.com"}, {"domain": "no domain"}, {"name": "x"}]
                """.formatted(user);
        Pushed dry = push("/sync/accounts?dryRun=true", rows);
        dry.are("created 1, updated 1, failed 3");
        assertThat(dry.result(1).path("changes").toString()).isEqualTo(quoted("{'city':{'new':'Ulm','old':'Bonn'}}"));
        assertThat(dry.result(2).at("/changes/domain").toString()).isEqualTo(quoted("{'new':'new.com','old':null}"));
        assertThat(SALESLOFT.count("accounts")).isEqualTo(1);

        Pushed pushed = push("/sync/accounts", rows);
        pushed.are("created 1, updated 1, failed 3");
        assertThat(pushed.errors()).containsExactly("there is no such account, and to create one it takes: name", "domain is not a domain, such as example.com",
                "nothing says which account this is: crm_id or domain");
        assertThat(pushed.result(1).path("id").asLong()).isEqualTo(known);
        assertThat(pushed.result(1).has("personId")).isFalse();
        assertThat(SALESLOFT.get("accounts", known).path("city").asText()).isEqualTo("Ulm");
        assertThat(sql.queryForObject("select name from accounts where domain = 'new.com'", String.class)).isEqualTo("New");
        assertThat(sql.queryForList("select operation || ' ' || resource from audit_log where phase = 'intent' and cast(job as text) = ? order by 1", String.class, pushed.name()))
                .containsExactly("create accounts", "update accounts");
        push("/sync/accounts", "[{'domain':'new.COM','tags':['a'],'owner_id':%s},{'match':'id','id':%s,'city':'Ulm'},{'match':'id','id':1}]", user, known).are("unchanged 2, failed 1");

        // One that the list does not show, and is taken.
        faults(on("GET", "/v2/accounts").times(1).answers(200, quoted("{'metadata':{'filtering':{},'paging':{}},'data':[]}")));
        push("/sync/accounts", "{'domain':'new.com','name':'Newer'}").are("updated 1");
        assertThat(SALESLOFT.count("accounts")).isEqualTo(2);
    }

    /** Three with the same words are three notes, and each is written once, also the one whose answer was lost. */
    @Test
    void writesANoteForEachRowOnce() throws Exception {
        String note = quoted("{'content':'Called &\\nwrote','associated_with_type':'Person','associated_with_id':%s}", person);
        faults(on("POST", NOTES).times(1).afterWork().resets(), on("POST", NOTES).times(1).answers(503));
        Pushed pushed = push("/sync/notes", "[%s,%s,%s,{'content':'x'},{'content':'x','associated_with_type':'cadence','associated_with_id':1}]", note, note, note);
        pushed.are("created 3, failed 2");
        assertThat(SALESLOFT.count("notes")).isEqualTo(3);
        assertThat(pushed.results().stream().map(row -> row.path("id").asLong()).filter(id -> id > 0).distinct()).hasSize(3);
        assertThat(pushed.errors()).containsExactly("there is no such note, and to create one it takes: associated_with_type, associated_with_id", "associated_with_type is not person or account");
        assertThat(count("select count(*) from notes where associated_id = ?", person)).isEqualTo(3);

        long id = pushed.result(1).path("id").asLong();
        String keyed = quoted("[{'key':'objects-n1','match':'id','id':%s,'content':'other','associated_with_type':'person','associated_with_id':%s}]", id, person);
        push("/sync/notes", keyed).are("updated 1");
        assertThat(SALESLOFT.get("notes", id).path("content").asText()).isEqualTo("other");
        push("/sync/notes", keyed).are("unchanged 1");
        push("/sync/notes", """
                [{"key": "objects-n2", "content": "a", "associated_with_type": "person", "associated_with_id": %1$d},
                 {"key": "objects-n2", "content": "b", "associated_with_type": "person", "associated_with_id": %1$d}]
                """, person).are("created 1, unchanged 1");
    }

    /** SalesLoft has made one that may be ours, in another form: rather none than a second one. */
    @Test
    void failsWhereANoteMayHaveBeenWritten() throws Exception {
        faults(on("POST", NOTES).times(1).afterWork().answers(502), on("GET", NOTES).answers(200, """
                {"metadata": {}, "data": [{"id": 77, "content": "Kept in another form", "associated_type": "person", "associated_with": {"id": %d},
                 "created_at": "2126-01-01T00:00:00Z"}]}
                """.formatted(person)));
        Pushed pushed = push("/sync/notes", "{'content':'ours','associated_with_type':'person','associated_with_id':%s}", person);
        pushed.are("failed 1");
        assertThat(pushed.errors()).singleElement().asString().endsWith("its outcome is unknown: 77, made since then, may be it, but is not the same");
        assertThat(calls("POST /v2/notes")).isEqualTo(1);

        // One that is refused is a dead letter; its replay goes by no look-up, which would show others.
        faults(on("POST", NOTES).answers(422, quoted("{'errors':{'content':['is bad']}}")));
        push("/sync/notes", "{'content':'bad','associated_with_type':'person','associated_with_id':%s}", person).are("failed 1");
        assertThat(count("select count(*) from dead_letter where resource = 'notes' and lookup_query is null")).isEqualTo(1);
    }

    @Test
    void writesTasksUnderAKeyOfSalesLofts() throws Exception {
        String task = "{'key':'objects-%s','subject':'Call','task_type':'call','due_date':'2026-12-01','person_id':%s,'user_id':%s}";
        made("tasks", "{'subject':'Call','task_type':'call','due_date':'2026-12-01','current_state':'scheduled','person_id':%s,'user_id':%s,'idempotency_key':'objects-t3'}", person, user);
        faults(on("POST", TASKS).containing("objects-t1").times(1).afterWork().resets());
        // The third is there, which nobody here knows of: SalesLoft refuses a second one, and it is found.
        Pushed pushed = push("/sync/tasks", "[%s,%s,%s,{'subject':'x','due_date':'1.12.'},{'subject':'x'}]",
                quoted(task, "t1", person, user), quoted(task, "t2", person, user), quoted(task, "t3", person, user));
        pushed.are("created 3, failed 2");
        assertThat(SALESLOFT.count("tasks")).isEqualTo(3);
        assertThat(pushed.errors()).containsExactly("due_date is not a date, such as 2026-12-31", "there is no such task, and to create one it takes: task_type, due_date, person_id, user_id");
        long id = pushed.result(1).path("id").asLong();
        push("/sync/tasks", "{'match':'id','id':%s,'current_state':'completed','task_type':'email'}", id).are("updated 1");
        assertThat(SALESLOFT.get("tasks", id).path("current_state").asText()).isEqualTo("completed");
        assertThat(SALESLOFT.get("tasks", id).path("task_type").asText()).isEqualTo("call");
        push("/sync/tasks", "{'match':'id','id':%s,'current_state':'completed'}", id).are("unchanged 1");
    }

    @Test
    void takesOffACadenceWhoIsOnIt() throws Exception {
        long cadence = made("cadences", "{'name':'C'}");
        long other = made("cadences", "{'name':'D'}");
        long membership = made("cadence_memberships", "{'person_id':%s,'cadence_id':%s}", person, cadence);
        long second = made("cadence_memberships", "{'person_id':%s,'cadence_id':%s}", person, other);
        String rows = """
                [{"email_address": "ann@example.com", "cadence_id": %1$d, "leave": true},
                 {"email_address": "nobody@example.com", "cadence_id": %1$d, "leave": true},
                 {"email_address": "ann@example.com", "leave": true}]
                """.formatted(cadence);
        push("/sync/people?dryRun=true", rows).are("unchanged 2, left 1, skipped 1, failed 1");
        assertThat(calls("DELETE /v2/cadence_memberships/{id}")).isZero();
        faults(on("DELETE", "/v2/cadence_memberships/.*").times(1).afterWork().resets());
        Pushed pushed = push("/sync/people", rows);
        pushed.are("unchanged 2, left 1, skipped 1, failed 1");
        assertThat(pushed.errors()).containsExactly("leave is from a cadence: there is no cadence_id");
        assertThat(pushed.result(1).path("left").asBoolean()).isTrue();
        assertThat(pushed.result(1).path("membershipId").asLong()).isEqualTo(membership);
        assertThat(pushed.result(2).path("skipped").asText()).isEqualTo("not on this cadence: there is no such person");
        assertThat(SALESLOFT.get("cadence_memberships", membership).path("currently_on_cadence").asBoolean()).isFalse();
        assertThat(SALESLOFT.count("people")).isEqualTo(1);
        assertThat(sql.queryForObject("select cast(request as text) from audit_log where operation = 'delete' and phase = 'intent' and cast(job as text) = ? limit 1", String.class, pushed.name()))
                .isEqualTo(quoted("{'id': %d, 'person_id': %d, 'cadence_id': %d}", membership, person, cadence));
        push("/sync/people", rows).are("unchanged 2, skipped 2, failed 1");

        // Of whom the mirror knows that he is on it SalesLoft is not asked.
        pull("cadence_memberships");
        awaitPulled("cadence_memberships");
        SALESLOFT.resetStats();
        push("/sync/people", "{'match':'id','id':%s,'cadence_id':%s,'leave':true}", person, other).are("unchanged 1, left 1");
        assertThat(calls("GET /v2/cadence_memberships")).isZero();
        assertThat(SALESLOFT.get("cadence_memberships", second).path("currently_on_cadence").asBoolean()).isFalse();
    }

    @Test
    void cancelsWhatIsNotBegun() throws Exception {
        faults(on("POST", NOTES).delayed(Duration.ofSeconds(20)));
        String rows = IntStream.range(0, 30).mapToObj(i -> quoted("{'key':'objects-c%s','content':'n%s','associated_with_type':'person','associated_with_id':%s}", i, i, person)).collect(Collectors.joining(",", "[", "]"));
        String job = start("/sync/notes", rows);
        await().until(() -> SALESLOFT.held() == 1);
        assertThat(send("POST", "/sync/jobs/" + job + "/cancel", "", AS_SYNC).statusCode()).isEqualTo(200);
        JsonNode again = JSON.readTree(send("POST", "/sync/jobs/" + job + "/cancel", "", AS_SYNC).body());
        assertThat(again.path("cancelledAt").isNull()).isFalse();
        faults();
        Pushed ended = ended(job);
        int created = ended.job().path("created").asInt();
        assertThat(created).isBetween(1, 2).isEqualTo(SALESLOFT.count("notes"));
        assertThat(ended.job().path("cancelled").asInt()).isEqualTo(30 - created);
        assertThat(ended.results()).hasSize(30).filteredOn(row -> row.path("outcome").asText().equals("cancelled")).hasSize(30 - created)
                .allMatch(row -> row.path("error").asText().equals("the job was cancelled before this row was begun"));
        assertThat(count("select count(*) from sync_identity")).isZero();
        assertThat(send("POST", "/sync/jobs/" + job + "/cancel", "", AS_SYNC).statusCode()).isEqualTo(200);
        // Its key is nobody's.
        push("/sync/notes", "{'key':'objects-c29','content':'n','associated_with_type':'person','associated_with_id':%s}", person).are("created 1");

        String done = push("/sync/notes", "{}").name();
        assertThat(send("POST", "/sync/jobs/" + done + "/cancel", "", AS_SYNC).statusCode()).isEqualTo(409);
        assertThat(send("POST", "/sync/jobs/00000000-0000-0000-0000-00000000000f/cancel", "", AS_SYNC).statusCode()).isEqualTo(404);
    }

    @Test
    void waitsForAnApprovalOfManyChanges() throws Exception {
        System.setProperty(APPROVE_ABOVE, "3");
        String rows = IntStream.range(0, 6).mapToObj(i -> quoted("{'email_address':'p%s@example.com'}", i < 5 ? i : 0)).collect(Collectors.joining(",", "[", "]"));
        send("POST", "/ops/pause", "{}", AS_OPS);
        String job = start("/sync/people", rows);
        assertThat(job(job).path("state").asText()).isEqualTo("paused");
        assertThat(send("POST", "/sync/jobs/" + job + "/approve", "", AS_OPS).body()).contains("it is being counted");
        send("POST", "/ops/resume", "{}", AS_OPS);
        await().until(() -> job(job).path("state").asText().equals("waiting"));
        assertThat(job(job).path("waits").asText()).isEqualTo("it would change 6 rows, more than 3 (PUSH_APPROVE_ABOVE): approve it, or cancel it");
        assertThat(SALESLOFT.count("people")).isEqualTo(1);
        assertThat(count("select count(*) from sync_row where state = 'open' and waits and holder is null and not_before = 'infinity'")).isEqualTo(6);

        // A few rows go at once, and are not held up by it; and a job that changes few goes on by itself.
        push("/sync/people", "[{'email_address':'q@example.com'}]").are("created 1");
        push("/sync/people", "[{'email_address':'q@example.com'},{'email_address':'ann@example.com'},{'match':'id','id':1},{'email_address':'r@example.com'}]").are("created 1, unchanged 2, failed 1");

        assertThat(send("POST", "/sync/jobs/" + job + "/approve", "", AS_SYNC).statusCode()).isEqualTo(401);
        assertThat(send("POST", "/sync/jobs/" + job + "/approve", "", AS_OPS).statusCode()).isEqualTo(200);
        ended(job).are("created 5, unchanged 1");
        assertThat(job(job).path("approvedBy").asText()).isEqualTo("ops");
        assertThat(send("POST", "/sync/jobs/" + job + "/approve", "", AS_OPS).statusCode()).isEqualTo(200);
        String cancelled = start("/sync/people", rows.replace("p", "z"));
        await().until(() -> job(cancelled).path("state").asText().equals("waiting"));
        assertThat(send("POST", "/sync/jobs/" + cancelled + "/cancel", "", AS_SYNC).statusCode()).isEqualTo(200);
        assertThat(ended(cancelled).job().path("cancelled").asInt()).isEqualTo(6);
        assertThat(send("POST", "/sync/jobs/" + cancelled + "/approve", "", AS_OPS).body()).contains("it is cancelled");
    }

    /** The release before knows nothing but people, and would put on a cadence who is to leave it. */
    @Test
    void keepsFromAnOlderReleaseWhatItDoesNotKnow() throws Exception {
        send("POST", "/ops/pause", "{}", AS_OPS);
        List<String> jobs = new ArrayList<>(List.of(start("/sync/notes", "{'content':'n','associated_with_type':'person','associated_with_id':%s}", person),
                start("/sync/people", "{'email_address':'ann@example.com','cadence_id':1,'leave':true}")));
        sql.update("update sync_row set due_at = 'infinity'"); // nor does this one, now
        sql.update("update control set paused = false");
        assertThat(sql.queryForObject("select claimed from claim_chunk('push:old', 1, false, 100, 10)", Integer.class)).isZero();
        String known = start("/sync/people", "{'email_address':'bob@example.com'}");
        ended(known).are("created 1");
        assertThat(count("select count(*) from sync_job where finished_at is null")).as("for it they are not done").isEqualTo(2);
        sql.update("update sync_row set due_at = null");
        for (String job : jobs) {
            ended(job);
        }
        assertThat(SALESLOFT.count("notes")).isEqualTo(1);
    }

    /** A topic for each kind of object; a poll of several is a job for each. */
    @Test
    void takesCommandsFromKafka() throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(Map.of("bootstrap.servers", KAFKA.brokers()), new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>("salesloft.commands.notes", "any", quoted("{'content':'by Kafka','associated_with_type':'person','associated_with_id':%s}", person)));
            producer.send(new ProducerRecord<>("salesloft.commands", "any", quoted("{'email_address':'by.kafka@example.com'}")));
            producer.send(new ProducerRecord<>("salesloft.commands.accounts", "any", quoted("{'domain':'kafka.com','name':'Kafka'}"))).get();
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> count("select count(*) from sync_row where outcome = 'created' and key like 'salesloft.commands%'") == 3);
        assertThat(SALESLOFT.count("notes") + SALESLOFT.count("accounts")).isEqualTo(2);
        assertThat(SALESLOFT.count("people")).isEqualTo(2);
    }

    /** What may not be kept is kept of none of them; what is about somebody who was erased is not taken. */
    @Test
    void keepsOfARowWhatMayBeKept() throws Exception {
        Pushed pushed = push("/sync/notes?dryRun=true", "{'content':'ann@example.com said so','associated_with_type':'person','associated_with_id':%s}", person);
        assertThat(pushed.result(1).at("/changes/content/new").asText()).isEqualTo("ann@example.com said so");
        pull("people");
        awaitPulled("people");
        assertThat(send("POST", "/ops/erase", quoted("{'email':'ann@example.com'}"), AS_OPS).statusCode()).isEqualTo(200);
        assertThat(sql.queryForMap("select cast(original as text) as original, changes is null as forgotten from sync_row")).isEqualTo(Map.of("original", "\"erased\"", "forgotten", true));
        Pushed again = push("/sync/notes", "{'content':'again','associated_with_type':'person','associated_with_id':%s}", person);
        assertThat(again.errors()).containsExactly("this person was erased here; nothing of them is taken");
    }

    private record Pushed(String name, JsonNode job, List<JsonNode> results) {

        void are(String counts) {
            ObjectNode wanted = JSON.createObjectNode();
            List.of("created", "updated", "unchanged", "enrolled", "skipped", "left", "failed", "cancelled").forEach(what -> wanted.put(what, 0));
            for (String count : counts.split(", ")) {
                wanted.put(count.split(" ")[0], Integer.parseInt(count.split(" ")[1]));
            }
            ObjectNode actual = JSON.createObjectNode();
            wanted.fieldNames().forEachRemaining(what -> actual.set(what, job.path(what)));
            assertThat(actual).as(results.toString()).isEqualTo(wanted);
        }

        JsonNode result(int row) {
            return results.stream().filter(line -> line.path("row").asInt() == row).findFirst().orElseThrow();
        }

        List<String> errors() {
            return results.stream().filter(row -> row.path("outcome").asText().equals("failed")).map(row -> row.path("error").asText()).toList();
        }
    }

    /** Rows as {@link Quotes} has them, with these values. */
    private Pushed push(String path, String rows, Object... values) throws Exception {
        return ended(start(path, rows, values));
    }

    private String start(String path, String rows, Object... values) throws Exception {
        var answer = send("POST", path, quoted(rows, values), AS_SYNC);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        return JSON.readTree(answer.body()).path("job").asText();
    }

    private JsonNode job(String job) throws Exception {
        return JSON.readTree(get("/sync/jobs/" + job, AS_SYNC).body());
    }

    private Pushed ended(String job) throws Exception {
        await().atMost(Duration.ofSeconds(60)).until(() -> job(job).path("state").asText().equals("done"));
        List<JsonNode> results = new ArrayList<>();
        for (String line : get("/sync/jobs/" + job + "/results", AS_SYNC).body().lines().toList()) {
            results.add(JSON.readTree(line));
        }
        return new Pushed(job, job(job), results);
    }

    private static long made(String resource, String fields, Object... values) throws Exception {
        return SALESLOFT.put(resource, (ObjectNode) JSON.readTree(quoted(fields, values))).path("id").asLong();
    }
}
