package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import integration.salesloft.privacy.Addresses;
import integration.salesloft.privacy.PrivateFields;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Somebody who asks to be forgotten is nowhere any more, and stays away; nobody else is touched. */
@ExtendWith(OutputCaptureExtension.class)
class OpsEraseRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PEOPLE = "/v2/people";

    /** Of one run: topics and the audit log outlive a test. */
    private final String mark = Long.toString(System.nanoTime(), 36);
    private final String address = "zoe.quill-" + mark + "@example.org";
    private final String neighbour = "anne.zoe.quill-" + mark + "@example.org";

    @BeforeEach
    void roomForAll() {
        seed(Map.of("rateLimit", 0, "people", 0, "memberships", 0, "emails", 0, "calls", 0, "notes", 0));
        sql.update("truncate suppression, erasure");
    }

    @Test
    void leavesNothingBehind(CapturedOutput output) throws Exception {
        push(quoted("[{'email_address':'%s','first_name':'Zoe','title':'is %s','phone':'+1 404 555 0101'},{'email_address':'%s'}]", address, address, neighbour));
        long zoe = sql.queryForObject("select id from people where email_address = ?", Long.class, address);
        long other = sql.queryForObject("select id from people where email_address = ?", Long.class, neighbour);
        long account = made("accounts", JSON.createObjectNode().put("name", "Quill Ltd").put("description", "asked " + address).put("industry", "m\u00b2 \uff02\uff3c"));
        made("calls", JSON.createObjectNode().put("to", "5").put("called_person_id", zoe));
        long note = made("notes", JSON.createObjectNode().put("content", "ask\n" + address));
        made("emails", JSON.createObjectNode().put("recipient_email_address", "zoe.quill-" + mark + "+news@example.org"));
        pulled("people", "accounts", "calls", "notes", "emails");
        // By webhook, among them one that PostgreSQL cannot read, and one about nothing that is mirrored.
        deliver("person_updated", quoted("{'id':%d,'updated_at':'%s','email_address':'%s'}", zoe, Instant.now().plusSeconds(9), address));
        deliver("note_updated", quoted("{'id':77,'content':'%s'}", address));
        deliver("link_swap", quoted("{'id':78,'updated_at':'2026-03-01T12:00:00Z','to':'%s'}", address));
        // By upload: her, a key that names her, a row that is refused, and one that is not valid.
        push(quoted("[{'email_address':'%s','title':'CEO','key':'of %s'},{'email_address':'%s','title':'CFO'},{'email_address':'%s','nonsense':1}]", address, address, neighbour, address));
        faults(on("PUT", "/v2/people/" + zoe).times(1).answers(422, quoted("{'errors':{'email_address':['%s is blocked']}}", address)));
        push(quoted("{'email_address':'%s','title':'CTO'}", address));
        // What names her by her id alone.
        push("/sync/notes", quoted("{'content':'is fond of %s','associated_with_type':'person','associated_with_id':%s}", mark, zoe));
        send("POST", "/ops/pause", quoted("{'reason':'because of %s'}", address), AS_OPS);
        send("POST", "/ops/resume", "", AS_OPS);
        sql.update("insert into rollback_run (id, reason, actor, platform, host, state, ended_at) values ('x', ?, 'ops', 'none', 'h', 'done', now())", "as " + address + " said");
        await().until(() -> count("select (select count(*) from outbox) + (select count(*) from result_outbox)") == 0);
        assertThat(Everywhere.tables(sql, address)).contains("record.document", "webhook_event.body", "sync_row.original", "sync_row.key", "operation.request", "audit_log.request", "audit_log.before", "audit_log.idempotency_key",
                "dead_letter.payload", "rollback_run.reason");
        assertThat(Everywhere.topics(KAFKA, address)).containsKeys("salesloft.people", "salesloft.accounts", "salesloft.notes", "salesloft.results", "salesloft.events");
        awaitAudited();
        int lines = count("select count(*) from audit_log");

        JsonNode answer = erase(" Zoe.Quill-" + mark.toUpperCase() + "@EXAMPLE.org ");
        JsonNode removed = answer.path("removed");
        assertThat(removed.path("people").asInt()).isEqualTo(1);
        assertThat(JSON.convertValue(removed.path("records"), Map.class)).isEqualTo(Map.of("people", 1, "calls", 1, "emails", 1, "notes", 2));
        assertThat(removed.path("tombstones").asInt()).isEqualTo(5);
        assertThat(removed.path("struck").asInt()).isEqualTo(1);
        assertThat(removed.path("rows").asInt()).isEqualTo(5);
        assertThat(removed.path("events").asInt()).isGreaterThanOrEqualTo(2);
        assertThat(removed.path("operations").asInt()).isPositive();
        assertThat(removed.path("auditLines").asInt()).isPositive();
        assertThat(removed.path("deadLetters").asInt()).isEqualTo(2);
        assertThat(removed.path("other").path("rollback_run").asInt()).isEqualTo(1);
        assertThat(answer.path("keptByKafka")).hasSize(4);

        String shorter = "zoe.quill-" + mark;
        assertThat(Everywhere.tables(sql, "is fond of " + mark)).isEmpty();
        assertThat(Everywhere.tables(sql, " " + address, "\"" + address, ":" + address, "n" + address, shorter + "+news")).isEmpty();
        assertThat(count("select count(*) from record where document ->> 'email_address' = ?", neighbour)).isEqualTo(1);
        assertThat(count("select count(*) from accounts where document ->> 'description' = 'asked ***' and document ->> 'industry' = 'm\u00b2 \uff02\uff3c'")).isEqualTo(1);
        assertThat(count("select count(*) from sync_row where original ->> 'email_address' = ?", neighbour)).isEqualTo(2);
        // The line stays, its payload goes.
        assertThat(count("select count(*) from audit_log")).isEqualTo(lines + 2);
        assertThat(count("select count(*) from audit_log where resource_id = ? and (request is not null or before is not null)", zoe)).isZero();
        assertThat(count("select count(*) from audit_log where resource_id = ? and request is null and operation = 'update'", zoe)).isPositive();
        assertThat(count("select count(*) from audit_log where resource_id = ? and request is not null", other)).isPositive();
        assertThat(get("/sync/jobs", AS_SYNC).body()).doesNotContain(shorter + "@");
        assertThat(get("/ops/erase", AS_OPS).body()).contains(quoted("'kind' : 'person'"), quoted("'suppressed' : true")).doesNotContain(shorter);

        awaitCompacted(List.of("people", "accounts", "calls", "notes", "emails"));
        assertThat(Everywhere.topics(KAFKA, "\"" + address, " " + address, "n" + address, shorter + "+news").keySet()).isSubsetOf("salesloft.results", "salesloft.events", "salesloft.notifications");
        assertThat(count("select count(*) from record where id in (?, ?) and resource in ('people', 'notes')", zoe, note)).isZero();
        assertThat(output.getAll()).doesNotContainIgnoringCase(address);
        assertThat(account).isPositive();
    }

    /** While SalesLoft still has them they come by every way; lifted, they are mirrored with their next change. */
    @Test
    void keepsThemOutUntilThatIsLifted() throws Exception {
        long zoe = person(address);
        long other = person(neighbour);
        pulled("people");
        erase(address);
        assertThat(count("select count(*) from people")).isEqualTo(1);

        SALESLOFT.put("people", fields(zoe).put("title", "Changed"));
        SALESLOFT.put("people", fields(other).put("title", "Changed").set("custom_fields", JSON.createObjectNode().put("assistant", "Zoe.Quill-" + mark + "@Example.org")
                .put("link", "?q=zoe.quill-" + mark + "%40example.org").put("size", "5 m\u00b2 \uff02\uff3c")));
        made("notes", JSON.createObjectNode().put("content", "for " + address.toUpperCase()));
        made("calls", JSON.createObjectNode().put("to", "5").put("called_person_id", zoe));
        made("calls", JSON.createObjectNode().put("to", "6").put("called_person_id", other));
        pulled("people", "notes", "calls");
        deliver("person_updated", quoted("{'id':%d,'updated_at':'%s'}", zoe, Instant.now().plusSeconds(99)));
        deliver("person_updated", quoted("{'id':%d,'updated_at':'%s','email_address':'%s'}", zoe + 1000, Instant.now().plusSeconds(99), "zoe.quill-" + mark + "+x@example.org"));
        push(quoted("[{'email_address':'%s','key':'%s'},{'match':'id','id':%s,'title':'x'}]", address, address, zoe));
        await().until(() -> count("select count(*) from people where title = 'Changed'") == 1);
        assertThat(sql.queryForList("select document -> 'custom_fields' ->> 'assistant' from people", String.class)).containsExactly("***");
        assertThat(sql.queryForList("select document ->> 'email_address' from people", String.class)).containsExactly(neighbour);
        assertThat(sql.queryForList("select document -> 'custom_fields' ->> 'link' from people", String.class)).containsExactly("?q=***");
        assertThat(sql.queryForList("select document -> 'custom_fields' ->> 'size' from people", String.class)).containsExactly("5 m\u00b2 \uff02\uff3c");
        assertThat(sql.queryForList("select called_number from calls", String.class)).containsExactly("6");
        assertThat(count("select count(*) from notes")).isZero();
        assertThat(count("select count(*) from webhook_event")).isZero();
        assertThat(sql.queryForList("select distinct error from sync_row", String.class)).containsExactly("this person was erased here; nothing of them is taken");
        assertThat(Everywhere.tables(sql, " " + address, "\"" + address, ":" + address)).isEmpty();
        assertThat(calls("PUT /v2/people/{id}") + calls("POST /v2/people")).isZero();

        assertThat(send("POST", "/ops/erase/lift", quoted("{'email':'%s'}", neighbour), AS_OPS).statusCode()).isEqualTo(404);
        assertThat(send("POST", "/ops/erase/lift", quoted("{'email':'%s'}", address.toUpperCase()), AS_OPS).statusCode()).isEqualTo(200);
        assertThat(count("select count(*) from suppression")).isZero();
        SALESLOFT.put("people", fields(zoe).put("title", "Back"));
        pulled("people");
        assertThat(count("select count(*) from people where title = 'Back'")).isEqualTo(1);
    }

    /** Nothing is torn from somebody's hands; and what was cut off is asked for again. */
    @Test
    void refusesWhileSomethingIsBeingSent() throws Exception {
        person(address);
        pulled("people");
        String key = "sent-" + mark;
        sql.update("insert into operation (key, operation, resource, actor, state, holder, lease_until, request) values (?, 'create', 'people', 'x', 'started', 'h', now() + interval '1 hour', cast(? as jsonb))",
                key, quoted("{'email_address':'%s'}", address));
        HttpResponse<String> refused = send("POST", "/ops/erase", quoted("{'email':'%s'}", address), AS_OPS);
        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(refused.body()).contains("ask again").doesNotContain(address);
        assertThat(count("select count(*) from people")).isEqualTo(1);
        assertThat(count("select count(*) from suppression")).isEqualTo(2); // nothing new is taken from now on: by address, or by id
        assertThat(count("select count(*) from erasure where ended_at is null")).isEqualTo(1);

        sql.update("update operation set state = 'done', ended_at = now() where key = ?", key);
        assertThat(erase(address).path("removed").path("operations").asInt()).isEqualTo(1);
        assertThat(erase(address).path("removed").path("records")).isEmpty();
        assertThat(Everywhere.tables(sql, address)).isEmpty();
        assertThat(count("select count(*) from erasure where ended_at is null")).isZero();
    }

    /** A process that dies after any of its statements leaves nothing that a second request would not find. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void doesTheRestOfWhatWasCutOff(int statements) throws Exception {
        String rules = camel.getRegistry().lookupByNameAndType("private-rules", String.class);
        String key = "cut-" + mark;
        long zoe = ThreadLocalRandom.current().nextLong(1L << 40);
        sql.update("insert into record (resource, id, updated_at, document) values ('people', ?, now(), cast(? as jsonb))", zoe, quoted("{'id':%d,'email_address':'%s'}", zoe, address));
        sql.update("insert into operation (key, operation, resource, actor, state, holder, lease_until, request) values (?, 'enroll', 'cadence_memberships', 'x', 'done', 'h', now(), cast(? as jsonb))", key, quoted("{'person_id':%d}", zoe));
        sql.update("insert into audit_log (phase, operation, resource, idempotency_key, actor, request, attempts) select 'intent', operation, resource, key, actor, request, 1 from operation where key = ?", key);
        String run = sql.queryForObject("select begin_erasure(?, array[?], 'ops')", String.class, rules, address);
        if (statements > 1) {
            sql.queryForMap("select * from erase_audit(?, array[?], array[?], ?, 0, 1000000)", rules, address, Long.toString(zoe), run);
        }
        if (statements > 2) {
            sql.queryForMap("select erase_person(?, array[?], array[?], true, ?)", rules, address, Long.toString(zoe), run);
        }
        erase(address);
        assertThat(count("select count(*) from record")).isZero();
        assertThat(count("select count(*) from operation where key = ?", key)).isZero();
        assertThat(sql.queryForList("select request from audit_log where idempotency_key = ?", Object.class, key)).containsExactly((Object) null);
        assertThat(count("select count(*) from erasure where ended_at is null")).isZero();
    }

    /** An upload that is being stored is not seen until it is over. */
    @Test
    void waitsForWhatBeganBefore() throws Exception {
        sql.execute((Connection connection) -> {
            connection.setAutoCommit(false);
            try (var statement = connection.createStatement()) {
                statement.execute("insert into record (resource, id, updated_at, document) values ('people', 5, now(), jsonb_build_object('email_address', '" + address + "'))");
                Object longest = camel.getRegistry().lookupByName("older-work-longest");
                camel.getRegistry().bind("older-work-longest", "50 milliseconds");
                assertThat(send("POST", "/ops/erase", quoted("{'email':'%s'}", address), AS_OPS).body()).contains("work that began before");
                camel.getRegistry().bind("older-work-longest", longest);
                var erasing = Executors.newSingleThreadExecutor();
                try {
                    var answer = erasing.submit(() -> erase(address));
                    await().until(() -> count("select count(*) from erasure") == 2);
                    assertThat(answer.isDone()).isFalse();
                    connection.commit();
                    assertThat(answer.get().path("removed").path("records").path("people").asInt()).isEqualTo(1);
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                } finally {
                    erasing.shutdownNow();
                    connection.setAutoCommit(true);
                }
            }
            return null;
        });
        assertThat(count("select count(*) from record")).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{}", "{'email':7}", "{'email':'zoe'}", "{'email':'zoe@localhost'}", "{'email':'a@example.org b@example.org'}", "{'email':'%@example.org\\u0000'}", "{'email':'a@example.org','also':1}"})
    void takesOneAddressAndNothingElse(String body) {
        assertThat(send("POST", "/ops/erase", quoted(body), AS_OPS).statusCode()).isEqualTo(400);
        assertThat(count("select count(*) from suppression")).isZero();
    }

    @Test
    void isForOperatorsAlone() {
        assertThat(send("POST", "/ops/erase", quoted("{'email':'a@example.org'}"), AS_SYNC).statusCode()).isEqualTo(401);
        assertThat(get("/ops/erase", AS_SYNC).statusCode()).isEqualTo(401);
        assertThat(send("POST", "/ops/erase/lift", quoted("{'email':'a@example.org'}"), AS_SYNC).statusCode()).isEqualTo(401);
    }

    /** Without PRIVATE_KEY the database has a key of its own. */
    @Test
    void needsNoKey() {
        Object rules = camel.getRegistry().lookupByName("private-rules");
        camel.getRegistry().bind("private-rules", PrivateFields.rules("", ""));
        try {
            assertThat(send("POST", "/ops/erase", quoted("{'email':'a@example.org'}"), AS_OPS).statusCode()).isEqualTo(200);
            assertThat(sql.queryForObject("select hash = private_mac('email:a@example.org', jsonb_build_object('inner', inner_pad, 'outer', outer_pad)) from suppression, private_state", Boolean.class)).isTrue();
            assertThat(send("POST", "/ops/erase/lift", quoted("{'email':'a@example.org'}"), AS_OPS).statusCode()).isEqualTo(200);
            assertThat(count("select count(*) from suppression")).isZero();
        } finally {
            camel.getRegistry().bind("private-rules", rules);
        }
    }

    @Test
    void knowsTheFormsOfAnAddress() {
        assertThat(Addresses.forms(" J\u006f\u0308rg+X@M\u00fcnchen.DE ")).containsExactly("j\u00f6rg+x@m\u00fcnchen.de", "j\u00f6rg+x@xn--mnchen-3ya.de");
        assertThat(Addresses.forms("a@xn--mnchen-3ya.de")).containsExactly("a@m\u00fcnchen.de", "a@xn--mnchen-3ya.de");
        assertThat(Addresses.forms("a@example.org")).containsExactly("a@example.org");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x ANN@Example.org, y", "<ann@example.org>", "ann+news@example.org", "email_addresses[]=ann%40example.org&x", "q%3Dann%2Bnews%40example.org", "{\"a\":\"b\\nann@example.org\"}", "mailto:ann@example.org.",
            "\uff41nn@example.org", "email:ann@example.org"})
    void findsAnAddressHoweverItIsWritten(String text) {
        assertThat(mentions("ann@example.org", text)).isTrue();
        assertThat(sql.queryForObject("select struck(?, address_pattern('ann@example.org'))", String.class, text)).contains("***").doesNotContainIgnoringCase("ann");
    }

    @ParameterizedTest
    @ValueSource(strings = {"joann@example.org", "x.ann@example.org", "ann@example.org.uk", "ann@sub.example.org", "ann@example.orgs", "ann at example.org"})
    void takesNoOtherAddressForIt(String text) {
        assertThat(mentions("ann@example.org", text)).isFalse();
    }

    /** Whatever field has it, an address has one hash. */
    @Test
    void findsPeopleWhoseAddressIsHashed() {
        String rules = camel.getRegistry().lookupByNameAndType("private-rules", String.class);
        sql.update("insert into record (resource, id, updated_at, document) select 'people', 5, now(), jsonb_build_object('id', 5, 'personal_email_address', private_text('x', ?, private_policy(?)))", address, rules);
        assertThat(sql.queryForList("select unnest(people_with(?, array[?]))", String.class, rules, address)).containsExactly("5");
        assertThat(sql.queryForList("select unnest(people_with(?, array[?]))", String.class, rules, neighbour)).isEmpty();
    }

    private boolean mentions(String wanted, String text) {
        return Boolean.TRUE.equals(sql.queryForObject("select mentions(?, probes_of(array[?]), address_pattern(?))", Boolean.class, text, wanted, wanted));
    }

    private JsonNode erase(String email) throws IOException {
        HttpResponse<String> answer = send("POST", "/ops/erase", JSON.createObjectNode().put("email", email).toString(), AS_OPS);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
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
        push("/sync/people", rows);
    }

    private void push(String path, String rows) {
        assertThat(send("POST", path, rows, AS_SYNC).statusCode()).isEqualTo(202);
        await().atMost(Duration.ofSeconds(60)).until(() -> count("select count(*) from sync_job where finished_at is null") == 0);
    }

    private long person(String email) {
        return made("people", JSON.createObjectNode().put("email_address", email).put("phone", "+1 404 555 0101"));
    }

    private long made(String resource, ObjectNode fields) {
        return SALESLOFT.put(resource, fields).path("id").asLong();
    }

    private static ObjectNode fields(long id) {
        return JSON.createObjectNode().put("id", id);
    }

    /** What production does within hours happens at once: a segment ends, and is compacted. A further record has the last one end. */
    private void awaitCompacted(List<String> resources) throws Exception {
        Map<String, String> atOnce = Map.of("segment.ms", "100", "min.cleanable.dirty.ratio", "0.0001", "max.compaction.lag.ms", "200");
        alter(resources, atOnce, AlterConfigOp.OpType.SET);
        try {
            await().until(() -> count("select count(*) from outbox") == 0);
            await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(500)).until(() -> {
                resources.forEach(resource -> sql.update("insert into outbox (resource, id, document, source) values (?, 1, '{}', 'pull')", resource));
                return KAFKA.all(resources.stream().map(resource -> "salesloft." + resource).toList()).stream().noneMatch(record -> record.value() != null
                        && record.value().toLowerCase().contains("zoe.quill-" + mark) && !record.value().toLowerCase().contains("anne."));
            });
        } finally {
            alter(resources, atOnce, AlterConfigOp.OpType.DELETE);
        }
    }

    private static void alter(List<String> resources, Map<String, String> settings, AlterConfigOp.OpType how) throws Exception {
        Collection<AlterConfigOp> changes = settings.entrySet().stream().map(setting -> new AlterConfigOp(new ConfigEntry(setting.getKey(), setting.getValue()), how)).toList();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", KAFKA.brokers()))) {
            admin.incrementalAlterConfigs(resources.stream().collect(Collectors.toMap(resource -> new ConfigResource(ConfigResource.Type.TOPIC, "salesloft." + resource), resource -> changes))).all().get();
        }
    }
}
