package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** People and memberships that are looked for in SalesLoft: who is created, changed or left alone. */
@ExtendWith(OutputCaptureExtension.class)
abstract class PushTest extends IntegrationTest {

    static final ObjectMapper JSON = new ObjectMapper();
    static final String PEOPLE = "/v2/people";
    /** The audit log keeps keys for good: those of this class begin like this. */
    final String own = getClass().getSimpleName() + "-";

    @BeforeEach
    void nobodyThereAndRoomForAll() {
        seed(Map.of("rateLimit", 0, "people", 0, "memberships", 0));
    }

    @Test
    void createsUpdatesOrLeaves() throws Exception {
        double created = metric("salesloft_push_rows_total", "outcome=created");
        pushed("[{'email_address':' Ann@Example.com ','first_name':'Ann','title':'CEO','tags':['a']},{'email_address':'bob@example.com'}]")
                .are("created 2");
        pushed("[{'email_address':'ann@EXAMPLE.com','title':'CTO','tags':['b','a']},{'email_address':'BOB@example.com','first_name':''}]")
                .are("updated 1, unchanged 1");
        assertThat(SALESLOFT.count("people")).isEqualTo(2);
        assertThat(sql.queryForMap("select document ->> 'first_name' as first_name, title, cast(document -> 'tags' as text) as tags from people where email_address ilike 'ann%'"))
                .isEqualTo(Map.of("first_name", "Ann", "title", "CTO", "tags", quoted("['a', 'b']")));
        assertThat(calls("PUT /v2/people/{id}")).isEqualTo(1);
        assertThat(calls("GET /v2/people")).isEqualTo(2);
        await().untilAsserted(() -> assertThat(metric("salesloft_push_rows_total", "outcome=created") - created).isEqualTo(2)); // counted once it is done
        assertThat(sql.queryForList("select operation || ' ' || actor from audit_log where phase = 'intent' and job is not null and id > (select max(id) - 20 from audit_log) order by id desc limit 3", String.class))
                .containsExactly("update sync", "create sync", "create sync");
    }

    @Test
    void findsWhoItIsByWhateverSaysSo() throws Exception {
        long byCrm = person("{'email_address':'a@example.com','crm_id':'003A'}");
        long byMail = person("{'email_address':'b@example.com'}");
        long byPhone = person("{'phone':'555','last_name':'Roe','email_address':null}");
        pull("people");
        awaitPulled("people");
        Pushed job = pushed("""
                [{"crm_id": "003A", "email_address": "new@example.com"},
                 {"crm_id": "003B", "email_address": "B@example.com"},
                 {"phone": "555", "last_name": "ROE", "title": "x"},
                 {"match": "id", "id": %s, "title": "y"},
                 {"crm_id": "003A", "email_address": "b@example.com"},
                 {"match": "id", "id": 999999, "title": "z"},
                 {"match": "email", "email_address": "a+tag&x=1@example.com", "title": "z"}]
                """, byMail);
        job.are("created 1, updated 4, failed 2");
        assertThat(saved(byCrm).path("email_address").asText()).isEqualTo("new@example.com");
        assertThat(saved(byMail).path("crm_id").asText()).isEqualTo("003B");
        assertThat(saved(byMail).path("title").asText()).isEqualTo("y");
        assertThat(saved(byPhone).path("title").asText()).isEqualTo("x");
        assertThat(job.errors()).containsExactlyInAnyOrder("matches several people: " + byCrm + ", " + byMail, "there is no person 999999");
    }

    /** Titles A, B, A again: content never keeps a row from being written. */
    @Test
    void endsAtTheLastOneAsked() throws Exception {
        long id = person("{'email_address':'a@example.com'}");
        for (String title : List.of("A", "B", "A")) {
            pushed("{'email_address':'a@example.com','title':'%s'}", title).are("updated 1");
        }
        assertThat(saved(id).path("title").asText()).isEqualTo("A");
        // In one job, too, and whoever it says it is.
        pushed(IntStream.rangeClosed(1, 9).mapToObj(i -> i % 2 == 0 ? quoted("{'email_address':'A@example.com','crm_id':'003X','title':'%s'}", i)
                : quoted("{'crm_id':'003X','email_address':'a@EXAMPLE.com','title':'%s'}", i)).collect(Collectors.joining(",", "[", "]"))).are("updated 9");
        assertThat(saved(id).path("title").asText()).isEqualTo("9");
        assertThat(calls("GET /v2/people")).isEqualTo(3 + 2); // nine rows, and two identities to be looked up once
    }

    @Test
    void putsOnACadenceWhoWasNeverOnIt() throws Exception {
        long cadence = cadence();
        long other = cadence();
        long owner = made("users", JSON.createObjectNode().put("name", "Owner"));
        long second = made("users", JSON.createObjectNode().put("name", "Second"));
        long known = person("{'email_address':'known@example.com','owner_id':%s}", owner);
        long never = person("{'email_address':'never@example.com','do_not_contact':true}");
        Pushed job = pushed("""
                [{"email_address": "new@example.com", "cadence_id": %1$d, "owner_id": %2$d},
                 {"email_address": "known@example.com", "cadence_id": %1$d},
                 {"email_address": "known@example.com", "cadence_id": %3$d, "user_id": %4$d},
                 {"email_address": "never@example.com", "cadence_id": %1$d, "title": "x"},
                 {"email_address": "no@example.com", "cadence_id": %1$d, "do_not_contact": true}]
                """, cadence, owner, other, second);
        job.are("created 2, updated 1, unchanged 2, enrolled 3, skipped 2");
        assertThat(sql.queryForList("select skipped from sync_row where skipped is not null", String.class)).containsExactly("do_not_contact", "do_not_contact");
        assertThat(calls("GET /v2/cadence_memberships")).isEqualTo(2); // not for who is new
        assertThat(sql.queryForList("select cast(document -> 'user' ->> 'id' as bigint) from cadence_memberships order by id", Long.class)).containsExactlyInAnyOrder(owner, owner, second);
        assertThat(count("select count(*) from sync_row r join record m on m.resource = 'cadence_memberships' and m.id = r.membership_id where r.enrolled")).isEqualTo(3);

        pushed("{'email_address':'known@example.com','cadence_id':%s,'reenroll':true}", cadence).are("unchanged 1, skipped 1");
        assertThat(sql.queryForObject("select skipped from sync_row where reenroll", String.class)).isEqualTo("on this cadence already: active");
        pushed("{'email_address':'known@example.com','cadence_id':%s}", cadence).are("unchanged 1, skipped 1");
        assertThat(SALESLOFT.count("cadence_memberships")).isEqualTo(3);
        assertThat(known).isNotEqualTo(never);
    }

    /** Finished or left: not again, unless the row says so. */
    @Test
    void putsNobodyOnACadenceTwice() throws Exception {
        long cadence = cadence();
        long id = person("{'email_address':'a@example.com'}");
        long membership = made("cadence_memberships", JSON.createObjectNode().put("person_id", id).put("cadence_id", cadence)
                .put("current_state", "completed").put("currently_on_cadence", false));
        String row = "{'email_address':'a@example.com','cadence_id':%s}";
        pushed(row, cadence).are("unchanged 1, skipped 1");
        assertThat(sql.queryForObject("select skipped || ' ' || membership_id from sync_row", String.class)).isEqualTo("on this cadence already: completed " + membership);
        pull("cadence_memberships");
        awaitPulled("cadence_memberships");
        SALESLOFT.resetStats();
        pushed(row, cadence).are("unchanged 1, skipped 1"); // the mirror knows
        assertThat(calls("GET /v2/cadence_memberships")).isZero();
        pushed("{'email_address':'a@example.com','cadence_id':%s,'reenroll':true}", cadence).are("unchanged 1, enrolled 1");
        assertThat(SALESLOFT.count("cadence_memberships")).isEqualTo(1);
    }

    /** SalesLoft's list does not show somebody yet: "taken" is as good as found. Nothing of that is a dead letter. */
    @Test
    void takesWhoIsTakenForExisting() throws Exception {
        long id = person("{'email_address':'a@example.com'}");
        faults(on("GET", PEOPLE).times(1).answers(200, quoted("{'metadata':{'filtering':{'email_addresses':['a@example.com']},'paging':{}},'data':[]}")));
        pushed("{'email_address':'a@example.com','title':'A'}").are("updated 1");
        assertThat(saved(id).path("title").asText()).isEqualTo("A");
        assertThat(count("select count(*) from dead_letter")).isZero();

        // Never shown: not for ever.
        faults(on("GET", PEOPLE).answers(200, quoted("{'metadata':{'filtering':{'email_addresses':['a@example.com']},'paging':{}},'data':[]}")));
        sql.update("delete from record");
        String job = start("", "{'email_address':'a@example.com','title':'B'}");
        await().until(() -> count("select count(*) from sync_row where tries > 0") == 1);
        sql.update("update sync_row set tries = 4, not_before = now() where state = 'open'");
        Pushed pushed = ended(job);
        pushed.are("failed 1");
        assertThat(pushed.errors()).containsExactly("POST people: 422, there is one already, and no look-up says otherwise");
    }

    /** The mirror knows somebody whom SalesLoft's list does not show: asked by id, it does. */
    @Test
    void asksByIdForWhomOnlyTheMirrorKnows() throws Exception {
        seed(Map.of("rateLimit", 0, "people", 0, "memberships", 0, "uniqueEmails", false));
        long id = person("{'email_address':'a@example.com'}");
        pull("people");
        awaitPulled("people");
        faults(on("GET", PEOPLE).query("email_addresses").answers(200, quoted("{'metadata':{'filtering':{'email_addresses':['a@example.com']},'paging':{}},'data':[]}")));
        pushed("{'email_address':'a@example.com','title':'A'}").are("updated 1");
        assertThat(saved(id).path("title").asText()).isEqualTo("A");
        assertThat(SALESLOFT.count("people")).isEqualTo(1);
    }

    @Test
    void writesNobodyWhenSalesLoftDoesNotFilter(CapturedOutput output) throws Exception {
        for (String answer : List.of(quoted("{'metadata':{'filtering':{},'paging':{}},'data':[{'id':1,'email_address':'other@example.com'}]}"),
                quoted("{'metadata':{'filtering':{'email_addresses':['other@example.com']},'paging':{}},'data':[]}"))) {
            faults(on("GET", PEOPLE).answers(200, answer));
            String job = start("", "{'email_address':'a@example.com'}");
            await().until(() -> output.getAll().contains("job " + job + ": 1 rows wait, NotPermitted"));
            assertThat(calls("POST /v2/people") + calls("PUT /v2/people/{id}")).isLessThanOrEqualTo(SALESLOFT.count("people"));
            faults();
            assertThat(ended(job).job().path("failed").asInt()).isZero();
        }
        assertThat(SALESLOFT.count("people")).isEqualTo(1);

        long id = person("{'email_address':'b@example.com'}");
        for (String answer : List.of(quoted("{'metadata':{'filtering':{'cadence_id':1}},'data':[]}"),
                quoted("{'metadata':{'filtering':{}},'data':[{'id':1,'person':{'id':1},'cadence':{'id':1},'currently_on_cadence':true}]}"))) {
            faults(on("GET", "/v2/cadence_memberships").answers(200, answer));
            Pushed pushed = pushed("{'match':'id','id':%s,'cadence_id':%s}", id, cadence());
            pushed.are("failed 1");
            assertThat(pushed.errors()).containsExactly("SalesLoft did not filter memberships by person and cadence; nobody was put on it");
        }
    }

    /** A look-up for a hundred that SalesLoft refuses for the sake of one: that one fails alone, and nobody waits for it. */
    @Test
    void failsAloneWhoseLookUpIsRefused() throws Exception {
        faults(on("GET", PEOPLE).query("bad").answers(400, quoted("{'error':'too long'}")));
        Pushed job = pushed(IntStream.range(0, 30).mapToObj(i -> quoted("{'email_address':'%s@example.com'}", i == 11 ? "bad" : "p" + i)).collect(Collectors.joining(",", "[", "]")));
        job.are("created 29, failed 1");
        assertThat(job.errors()).containsExactly(quoted("SalesLoft refuses to look up who this is: GET people: 400 {'error':'too long'}"));
        assertThat(calls("GET /v2/people")).isLessThanOrEqualTo(11); // all, and two for each time it is halved
        pushed("[{'email_address':'p1@example.com'},{'crm_id':'003bad'}]").are("unchanged 1, failed 1");
    }

    /** SalesLoft keeps the digits of a phone: it is compared, and its owner found, by them. */
    @Test
    void comparesPhonesByTheirDigits() throws Exception {
        String row = quoted("{'email_address':'a@example.com','phone':'+1 (555) 555-0100','mobile_phone':'1-555-555-0101','home_phone':'1.555.555.0102'}");
        pushed(row).are("created 1");
        pushed(row).are("unchanged 1");
        pushed(row.replace("0101", "0109")).are("updated 1");
        pushed("{'phone':'+1 555 555 0200','last_name':'Roe'}").are("created 1");
        pushed("[{'phone':'1 (555) 555-0200','last_name':'ROE','title':'A'},{'phone':'15555550200','last_name':'Roe','title':'B'}]").are("updated 2");
        assertThat(sql.queryForObject("select title from people where last_name = 'Roe'", String.class)).isEqualTo("B");
        // An extension, or another prefix, may be somebody else.
        pushed("[{'phone':'+1 555 555 0200 x7','last_name':'Roe'},{'phone':'555 555 0200','last_name':'Roe'}]").are("created 2");
        assertThat(SALESLOFT.count("people")).isEqualTo(4);
    }

    /** As many look-ups as URLs allow, and all pages of what they find. */
    @Test
    void looksUpInAsFewRequestsAsUrlsAllow() throws Exception {
        pushed(IntStream.range(0, 100).mapToObj(i -> quoted("{'email_address':'%s%s@example.com'}", "x".repeat(60), i)).collect(Collectors.joining(",", "[", "]"))).are("created 100");
        assertThat(calls("GET /v2/people")).isEqualTo(2);
        seed(Map.of("rateLimit", 0, "people", 0, "memberships", 0, "uniqueEmails", false));
        for (int i = 0; i < 101; i++) {
            person("{'email_address':'same@example.com'}");
        }
        Pushed job = pushed("{'email_address':'same@example.com'}");
        job.are("failed 1");
        assertThat(job.errors()).singleElement().asString().startsWith("matches several people: ").satisfies(error -> assertThat(error.split(",")).hasSize(101));
    }

    record Pushed(String name, JsonNode job, List<JsonNode> results) {

        void are(String counts) {
            ObjectNode wanted = JSON.createObjectNode();
            for (String what : List.of("created", "updated", "unchanged", "enrolled", "skipped", "failed")) {
                wanted.put(what, 0);
            }
            for (String count : counts.split(", ")) {
                wanted.put(count.split(" ")[0], Integer.parseInt(count.split(" ")[1]));
            }
            ObjectNode actual = JSON.createObjectNode();
            wanted.fieldNames().forEachRemaining(what -> actual.set(what, job.path(what)));
            assertThat(actual).as(results.toString()).isEqualTo(wanted);
            assertThat(job.path("total").asInt()).isEqualTo(List.of("created", "updated", "unchanged", "failed").stream().mapToInt(what -> job.path(what).asInt()).sum());
        }

        List<String> errors() {
            return results.stream().filter(row -> row.path("outcome").asText().equals("failed")).map(row -> row.path("error").asText()).toList();
        }
    }

    /** Rows as {@link Quotes} has them, with these values. */
    Pushed pushed(String rows, Object... values) throws Exception {
        return push("", rows, values);
    }

    Pushed push(String query, String rows, Object... values) throws Exception {
        return ended(start(query, rows, values));
    }

    String start(String query, String rows, Object... values) throws Exception {
        var answer = send("POST", "/sync/people" + query, quoted(rows, values), AS_SYNC);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        return JSON.readTree(answer.body()).path("job").asText();
    }

    JsonNode job(String job) throws Exception {
        return JSON.readTree(get("/sync/jobs/" + job, AS_SYNC).body());
    }

    Pushed ended(String job) throws Exception {
        await().atMost(Duration.ofSeconds(90)).until(() -> job(job).path("state").asText().equals("done"));
        List<JsonNode> results = get("/sync/jobs/" + job + "/results", AS_SYNC).body().lines().map(line -> {
            try {
                return JSON.readTree(line);
            } catch (Exception e) {
                throw new IllegalStateException(line, e);
            }
        }).toList();
        return new Pushed(job, job(job), results);
    }

    long person(String fields, Object... values) throws Exception {
        return made("people", (ObjectNode) JSON.readTree(quoted(fields, values)));
    }

    long cadence() {
        return made("cadences", JSON.createObjectNode().put("name", "C"));
    }

    static long made(String resource, ObjectNode fields) {
        return SALESLOFT.put(resource, fields).path("id").asLong();
    }

    static JsonNode saved(long id) {
        return SALESLOFT.get("people", id);
    }
}
