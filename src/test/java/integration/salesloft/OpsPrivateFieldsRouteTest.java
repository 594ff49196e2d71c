package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import integration.salesloft.privacy.PrivateFields;
import integration.salesloft.privacy.PrivateKeyCheck;
import integration.salesloft.sandbox.Hmac;
import integration.salesloft.start.InvalidSettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.mock.env.MockEnvironment;

/** What PRIVATE_FIELDS names is nowhere, by whatever way it comes; and SalesLoft gets all that it is to have. */
class OpsPrivateFieldsRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String RULES = "people.phone=drop,people.mobile_phone=hash,people.last_name=hash,people.display_name=drop,people.full_email_address=drop,people.custom_fields.ssn=drop,calls.to=hash,meetings.attendees.email=drop,events.to=drop";

    /** Digits that stand nowhere else; the same telephone number is written in two ways. */
    private final String digits = "1404" + ThreadLocalRandom.current().nextLong(1_000_000L, 10_000_000L);
    private final String phone = "+" + digits.substring(0, 1) + " (" + digits.substring(1, 4) + ") " + digits.substring(4, 7) + "-" + digits.substring(7);
    private final String ssn = "ssn" + digits;
    private final String name = "Quillan" + digits;
    private final String[] values = {digits, phone, ssn, name};
    private Object before;

    @BeforeEach
    void rules() {
        before = camel.getRegistry().lookupByName("private-rules");
        setRules(RULES);
        seed(Map.of("rateLimit", 0, "people", 0, "memberships", 0, "calls", 0));
    }

    @AfterEach
    void noRules() {
        camel.getRegistry().bind("private-rules", before);
        sql.update("update private_state set digest = null, place = 1, after = '', passes = 0, next_at = now()");
    }

    @Test
    void keepsThemOutOfWhateverComesIn() throws Exception {
        long id = made("people", person("a@example.com"));
        made("calls", JSON.createObjectNode().put("to", digits).put("called_person_id", id));
        SALESLOFT.put("meetings", JSON.createObjectNode().put("title", "m").set("attendees", JSON.createArrayNode().add(JSON.createObjectNode().put("email", ssn).put("name", "n"))));
        pulled("people", "calls", "meetings");
        assertThat(SALESLOFT.get("people", id).path("phone").asText()).isEqualTo(digits);
        deliver("person_updated", person("b@example.com").put("id", 4711).put("updated_at", "2026-03-01T12:00:00Z").toString());
        deliver("call_data_record_created", quoted("{'id':4712,'to':'%s','from':'me'}", phone));
        deliver("person_updated", person("c@example.com").put("id", 4713).toString()); // a dead letter: no updated_at
        deliver("person_updated", quoted("{'id':4714,'phone':'%s','n':1e999999}", phone)); // nothing that PostgreSQL can read
        await().until(() -> count("select count(*) from outbox") == 0);

        JsonNode mirrored = JSON.readTree(sql.queryForObject("select cast(document as text) from people where id = ?", String.class, id));
        assertThat(mirrored.has("phone")).isFalse();
        assertThat(mirrored.path("custom_fields").has("ssn")).isFalse();
        assertThat(mirrored.path("custom_fields").path("color").asText()).isEqualTo("red");
        String hash = "hash:" + Hmac.hex("HmacSHA256", new String(Base64.getDecoder().decode(PRIVATE_KEY)), digits.getBytes()).substring(0, 32);
        assertThat(mirrored.path("mobile_phone").asText()).isEqualTo(hash);
        assertThat(count("select count(*) from people p join calls c on c.called_number = p.document ->> 'mobile_phone' where p.id = ?", id)).isEqualTo(1);
        assertThat(sql.queryForObject("select cast(document -> 'attendees' as text) from meetings where document ->> 'title' = 'm'", String.class)).isEqualTo(quoted("[{'name': 'n'}]"));
        assertThat(count("select count(*) from dead_letter where payload like '%withheld%'")).isEqualTo(1);
        assertThat(count("select count(*) from dead_letter where payload like '%c@example.com%'")).isEqualTo(1);
        nowhere();

        // A replay brings nothing back either.
        sql.update("update dead_letter set payload = ? where payload like '%c@example.com%'", person("c@example.com").put("id", 4713).put("updated_at", "2026-03-01T12:00:00Z").toString());
        sql.update("insert into dead_letter (source, error, payload) values ('pull:people', 'x', ?)", person("d@example.com").put("id", 4715).put("updated_at", "2026-03-01T12:00:00Z").toString());
        send("POST", "/ops/dead-letters/replay", "", AS_OPS);
        await().until(() -> count("select count(*) from people where id in (4713, 4715)") == 2);
        assertThat(Everywhere.tables(sql, values)).containsOnly("dead_letter.payload"); // as it was mended by hand
        sql.update("truncate dead_letter");
        nowhere();
    }

    @Test
    void hasThemPushedAndForgotten() throws Exception {
        long known = made("people", JSON.createObjectNode().put("email_address", "known@example.com").put("mobile_phone", phone));
        push("[%s,%s,%s]".formatted(person("new@example.com"), JSON.createObjectNode().put("email_address", "known@example.com").put("phone", phone).put("mobile_phone", "+49 1").put("title", "x"),
                JSON.createObjectNode().put("email_address", "bad@example.com").put("phone", phone).put("nonsense", 1)));
        assertThat(sql.queryForList("select outcome from sync_row order by number", String.class)).containsExactly("created", "updated", "failed");
        assertThat(SALESLOFT.get("people", known).path("phone").asText()).isEqualTo(digits);
        assertThat(count("select count(*) from audit_log where resource_id = ? and before ->> 'mobile_phone' like 'hash:%'", known)).isEqualTo(1);
        long created = sql.queryForObject("select id from people where email_address = 'new@example.com'", Long.class);
        JsonNode there = SALESLOFT.get("people", created);
        assertThat(List.of(there.path("phone").asText(), there.path("mobile_phone").asText(), there.path("last_name").asText(), there.path("custom_fields").path("ssn").asText())).containsExactly(digits, digits, name, ssn);
        await().until(() -> count("select (select count(*) from outbox) + (select count(*) from result_outbox)") == 0);
        nowhere();

        // The rows of one person in one job: nothing of the mirror's goes back to SalesLoft.
        push(quoted("[{'email_address':'new@example.com','custom_fields':{'color':'blue'}},{'email_address':'new@example.com','custom_fields':{'size':'L'}}]"));
        assertThat(SALESLOFT.get("people", created).path("custom_fields")).isEqualTo(JSON.readTree(quoted("{'ssn':'%s','color':'blue','size':'L'}", ssn)));
        assertThat(SALESLOFT.get("people", created).toString()).doesNotContain("hash:");

        // Refused: what is kept to be sent again holds none of it, and no hash.
        faults(on("POST", "/v2/people").times(1).answers(422, quoted("{'errors':{'phone':['%s is no phone'],'last_name':['%s is blocked']}}", phone, name)));
        push("[%s]".formatted(person("refused@example.com")));
        assertThat(sql.queryForObject("select payload from dead_letter", String.class)).contains("refused@example.com").doesNotContain("hash:", "last_name");
        assertThat(sql.queryForObject("select error from dead_letter", String.class)).contains("kept without what PRIVATE_FIELDS names", "last_name").doesNotContain(name);
        await().until(() -> count("select (select count(*) from outbox) + (select count(*) from result_outbox)") == 0);
        nowhere();
        send("POST", "/ops/dead-letters/replay", "", AS_OPS);
        assertThat(SALESLOFT.count("people")).isEqualTo(3);
    }

    /** Phone and last name are known to the mirror alone. */
    @Test
    void stillFindsSomebodyByAHashedPhone() throws Exception {
        setRules("people.phone=hash,people.last_name=hash,people.email_address=hash");
        long id = made("people", JSON.createObjectNode().put("phone", phone).put("last_name", name).put("email_address", "x@example.com"));
        pulled("people");
        assertThat(sql.queryForObject("select concat_ws(' ', phone, last_name, email_address) from people", String.class)).matches("(hash:[0-9a-f]{32} ?){3}");
        push(quoted("[{'phone':'%s','last_name':'%s','title':'found'}]", digits, name.toUpperCase()));
        assertThat(SALESLOFT.get("people", id).path("title").asText()).isEqualTo("found");
        assertThat(SALESLOFT.count("people")).isEqualTo(1);
        // Somebody whom SalesLoft's list does not show yet, and the mirror knows.
        faults(on("GET", "/v2/people").times(1).answers(200, quoted("{'metadata':{'filtering':{'email_addresses':['x@example.com']},'paging':{}},'data':[]}")));
        push(quoted("[{'email_address':'X@example.com','title':'again'}]"));
        assertThat(SALESLOFT.get("people", id).path("title").asText()).isEqualTo("again");
        assertThat(SALESLOFT.count("people")).isEqualTo(1);

        setRules(RULES);
        push(quoted("[{'phone':'%s','last_name':'%s'}]", digits, name));
        assertThat(sql.queryForList("select error from sync_row where outcome = 'failed'", String.class)).singleElement().asString().contains("PRIVATE_FIELDS drops");
        assertThat(SALESLOFT.count("people")).isEqualTo(1);
    }

    @Test
    void dryRunsKeepNothingEither() throws Exception {
        assertThat(send("POST", "/sync/people?dryRun=true", quoted("[{'phone':'%s','last_name':'%s','crm_id':'1'},{'crm_id':'1','last_name':'%s'}]", phone, name, name), AS_SYNC).statusCode()).isEqualTo(202);
        await().atMost(Duration.ofSeconds(60)).until(() -> count("select count(*) from sync_job where finished_at is null") == 0);
        assertThat(sql.queryForList("select outcome from sync_row order by number", String.class)).containsExactly("created", "unchanged");
        nowhere();
    }

    /** Set when there is something already: it goes, also where nothing else may be changed; and Kafka hears of it. */
    @Test
    void takesThemOutOfWhatWasThere() throws Exception {
        setRules("");
        long id = made("people", person("a@example.com"));
        pulled("people");
        deliver("person_updated", person("b@example.com").put("id", 4711).put("updated_at", "2026-03-01T12:00:00Z").toString());
        deliver("person_updated", person("c@example.com").put("id", 4713).toString());
        push("[%s,%s]".formatted(person("new@example.com"), JSON.createObjectNode().put("email_address", "bad@example.com").put("phone", phone).put("nonsense", 1)));
        push(quoted("[{'email_address':'a@example.com','phone':'+49 1'}]"));
        faults(on("POST", "/v2/people").times(1).answers(422, quoted("{'errors':{'phone':['%s is no phone'],'last_name':['%s is blocked']}}", phone, name)));
        push("[%s]".formatted(person("refused@example.com")));
        sql.update("insert into dead_letter (source, error, payload) select 'POST /v2/people.json', 'x', payload || ' ' from dead_letter where idempotency_key is not null");
        await().until(() -> count("select (select count(*) from outbox) + (select count(*) from result_outbox)") == 0);
        assertThat(Everywhere.tables(sql, values)).contains("record.document", "webhook_event.body", "sync_row.original", "operation.request", "operation.answer", "audit_log.request", "audit_log.before", "dead_letter.payload", "dead_letter.error");
        awaitAudited();
        int lines = count("select count(*) from audit_log");

        setRules(RULES);
        applied(1);
        await().until(() -> count("select count(*) from outbox") == 0);
        assertThat(Everywhere.tables(sql, values)).isEmpty();
        assertThat(count("select count(*) from audit_log")).isEqualTo(lines);
        assertThat(count("select count(*) from people where document ->> 'mobile_phone' like 'hash:%'")).isEqualTo(3);
        assertThat(KAFKA.last("salesloft.people", 1).get(Long.toString(id)).value()).doesNotContain(values);
        assertThat(count("select count(*) from erasure where kind = 'fields' and ended_at is not null and cast(document ->> 'rows' as integer) > 5")).isEqualTo(1);

        // A replica of before goes on for a while.
        sql.update("update record set document = document || jsonb_build_object('phone', cast(? as text)) where id = ?", phone, id);
        template.sendBody("direct:ops-private-fields-now", null);
        // And in the column that is made of the document.
        assertThat(Everywhere.tables(sql, values)).containsExactlyInAnyOrder("record.document", "record.digits");
        sql.update("update private_state set next_at = now()");
        applied(2);
        assertThat(Everywhere.tables(sql, values)).isEmpty();
    }

    @Test
    void startsUnderNoOtherKeyThanTheOneOfTheHashes() {
        applied(1);
        PrivateKeyCheck same = new PrivateKeyCheck(sql.getDataSource(), settings("", PRIVATE_KEY));
        assertThatCode(same::check).doesNotThrowAnyException();
        String wrong = "c2FuZGJveC1zYW5kYm94LXNhbmRib3gtc2FuZGJveCE=";
        for (String other : List.of(wrong, "")) {
            sql.update("update private_state set hashed = false");
            new PrivateKeyCheck(sql.getDataSource(), settings("people.phone=drop", PRIVATE_KEY)).check();
            PrivateKeyCheck check = new PrivateKeyCheck(sql.getDataSource(), settings("people.phone=drop", other));
            assertThatCode(check::check).doesNotThrowAnyException(); // nothing was hashed
            new PrivateKeyCheck(sql.getDataSource(), settings("people.phone=hash", PRIVATE_KEY)).check();
            assertThatThrownBy(check::check).isInstanceOf(InvalidSettingException.class).hasMessageStartingWith("PRIVATE_KEY: is not the one");
        }
        sql.update("update private_state set hashed = false");
        new PrivateKeyCheck(sql.getDataSource(), settings("people.phone=hash", "")).check();
        assertThatThrownBy(new PrivateKeyCheck(sql.getDataSource(), settings("", wrong))::check).isInstanceOf(InvalidSettingException.class).hasMessageStartingWith("PRIVATE_KEY: must be empty");
        sql.update("update private_state set hashed = false, key = null");
    }

    /** The list of events in routes/webhook/apply-events.sql, and the one of the function that clears them as they come in. */
    @Test
    void knowsWhatEachEventIsAbout() throws IOException {
        String statement = Files.readString(Path.of("routes/webhook/apply-events.sql"));
        var stems = Pattern.compile("\\('([a-z_]+)', '([a-z_]+)'\\)").matcher(statement).results().toList();
        assertThat(stems).hasSizeGreaterThan(10).allSatisfy(stem ->
                assertThat(sql.queryForObject("select event_resource(?)", String.class, stem.group(1) + "_updated")).isEqualTo(stem.group(2)));
        assertThat(sql.queryForObject("select event_resource('link_swap')", String.class)).isEqualTo("events");
    }

    /** The timer of the route may be doing it. */
    private void applied(int passes) {
        await().until(() -> {
            template.sendBody("direct:ops-private-fields-now", null);
            return count("select count(*) from private_state where digest is not null and passes = ?", passes) == 1;
        });
    }

    private void nowhere() {
        assertThat(Everywhere.tables(sql, values)).isEmpty();
        assertThat(Everywhere.topics(KAFKA, values)).isEmpty();
    }

    private void setRules(String fields) {
        camel.getRegistry().bind("private-rules", PrivateFields.rules(fields, PRIVATE_KEY));
    }

    private static MockEnvironment settings(String fields, String key) {
        return new MockEnvironment().withProperty("salesloft.private-fields", fields).withProperty("salesloft.private-key", key);
    }

    private ObjectNode person(String email) {
        ObjectNode person = JSON.createObjectNode().put("email_address", email).put("phone", phone).put("mobile_phone", phone).put("last_name", name);
        person.putObject("custom_fields").put("ssn", ssn).put("color", "red");
        return person;
    }

    private void pulled(String... resources) {
        for (String resource : resources) {
            sql.update("update sync_cursor set finished_at = null, next_run_at = now() where resource = ?", resource);
        }
        List.of(resources).forEach(this::awaitPulled);
    }

    private void deliver(String event, String body) {
        Delivery.of(event, body).takenBy(webhooks());
        await().until(() -> count("select count(*) from webhook_event where state = 'received'") == 0);
    }

    private void push(String rows) {
        assertThat(send("POST", "/sync/people", rows, AS_SYNC).statusCode()).isEqualTo(202);
        await().atMost(Duration.ofSeconds(60)).until(() -> count("select count(*) from sync_job where finished_at is null") == 0);
    }

    private static long made(String resource, ObjectNode fields) {
        return SALESLOFT.put(resource, fields).path("id").asLong();
    }
}
