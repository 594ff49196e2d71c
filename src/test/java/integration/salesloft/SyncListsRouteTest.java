package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Every list that has a block: it comes into the mirror with its view, whatever its ids are, and however its deletions are found. */
@ExtendWith(OutputCaptureExtension.class)
class SyncListsRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, Map<String, Object>> BLOCKS = Blocks.all();
    private static final String UUID = "0b5c2d7e-1f3a-4c6b-8d9e-a0b1c2d3e4f5";

    @BeforeEach
    void nothingIsKnownOfLists() {
        seed(Map.of("rateLimit", 0));
        sql.execute("truncate mirrored_list, list_member, custom_field");
    }

    /** What a block has named is nothing to the other tests. */
    @AfterEach
    void forgetTheBlocks() {
        sql.execute("truncate mirrored_list, custom_field");
    }

    /** Each is asked for only what SalesLoft's description has: the sandbox refuses the rest, and the base class looks. */
    @Test
    void comeWithTheirViewsAndAreAskedForNothingElse() {
        List<String> others = BLOCKS.keySet().stream().filter(name -> !RESOURCES.contains(name)).toList();
        assertThat(others).hasSizeGreaterThan(20);
        for (String resource : others) {
            assertThat(read(resource)).as(resource).isEqualTo("idle");
            assertThat(count("select count(*) from " + resource)).as(resource).isEqualTo(SALESLOFT.count(resource)).isPositive();
            assertThat(sql.queryForObject("select problem from mirrored_list where resource = ?", String.class, resource)).as(resource).isNull();
            int pulled = count("select pulled from sync_cursor where resource = ?", resource);
            assertThat(read(resource)).as(resource).isEqualTo("idle");
            assertThat(count("select pulled from sync_cursor where resource = ?", resource)).as("nothing of " + resource + " has changed").isEqualTo(pulled);
        }
        assertThat(sql.queryForObject("select string_agg(distinct error, ', ') from dead_letter", String.class)).isNull();
        assertThat(sql.queryForMap("select * from opportunities order by amount limit 1")).containsEntry("name", "name 1").containsEntry("is_won", true)
                .containsEntry("account_id", 35_092_001L).containsEntry("amount", new java.math.BigDecimal(1)).hasEntrySatisfying("id", id -> assertThat((String) id).hasSize(36));
    }

    @Test
    void saysThePriceBeforeItIsPaid(CapturedOutput output) throws Exception {
        IntStream.rangeClosed(1, 250).forEach(n -> SALESLOFT.put("account_tiers", fields().put("name", "Tier " + n)));
        read("account_tiers");
        await().untilAsserted(() -> assertThat(output).containsSubsequence("pull account_tiers: records to read 262, points 3 (by page numbers), ", "pull account_tiers: idle"));
        JsonNode price = JSON.readTree(get("/sync/status", AS_OPS).body()).path("resources").path("account_tiers").path("price");
        assertThat(price.path("points").asInt()).isEqualTo(3);
        assertThat(price.path("records").asInt()).isEqualTo(262);
        assertThat(price.path("readWhole").asBoolean()).isTrue();
        assertThat(price.path("every").asText()).isEqualTo("06:00:00");
        // What came by updated_at has its price said once; what is read whole each time.
        read("account_stages");
        read("account_stages");
        read("account_tiers");
        await().untilAsserted(() -> assertThat(output.toString().split("pull account_stages: records to read 12, points 1 ", -1)).hasSize(2));
        await().untilAsserted(() -> assertThat(output.toString().split("pull account_tiers: records to read 262", -1)).hasSize(3));
        // Also where SalesLoft did not answer at first.
        faults(under("/v2/imports").times(1).answers(403));
        assertThat(read("imports")).isEqualTo("forbidden");
        read("imports");
        await().untilAsserted(() -> assertThat(output).contains("pull imports: records to read 12, points 1 (by page numbers), "));
        // Ten thousand by page numbers are dearer from page 101 on.
        pages(Map.of("metadata", Map.of("paging", paging(null, 12_000)), "data", List.of()));
        read("crm_users");
        await().untilAsserted(() -> assertThat(output).contains("pull crm_users: records to read 12000, points 160 (by page numbers), "));
    }

    /** A UUID is the record's id in its view, in Kafka, and in what SalesLoft is asked; inside it has a number. */
    @Test
    void knowsARecordByItsUuidEverywhere() throws Exception {
        SALESLOFT.put("opportunities", fields().put("id", UUID.toUpperCase()).put("name", "big"));
        read("opportunities");
        assertThat(sql.queryForObject("select name from opportunities where id = ?", String.class, UUID)).isEqualTo("big");
        long number = sql.queryForObject("select id from record where key = ?", Long.class, UUID);
        assertThat(number).isGreaterThanOrEqualTo(1L << 62);
        // The same record in other letters, and a newer version of it.
        SALESLOFT.put("opportunities", fields().put("id", UUID).put("name", "bigger"));
        read("opportunities");
        assertThat(sql.queryForList("select name from opportunities where id = ?", String.class, UUID)).containsExactly("bigger");
        published();
        assertThat(JSON.readTree(KAFKA.last("salesloft.opportunities", 13).get(UUID).value()).path("name").asText()).isEqualTo("bigger");

        // Vanished: asked for by UUID, twice; the tombstone has it, too.
        SALESLOFT.remove("opportunities", UUID);
        SALESLOFT.resetStats();
        compare("opportunities");
        assertThat(calls("GET /v2/opportunities")).isEqualTo(2);
        assertThat(count("select count(*) from opportunities")).isEqualTo(12);
        published();
        assertThat(KAFKA.last("salesloft.opportunities", 13).get(UUID).value()).isNull();

        // Sent again for whoever came late.
        assertThat(send("POST", "/ops/republish", quoted("{'resource':'opportunities'}"), AS_OPS).statusCode()).isEqualTo(202);
        await().until(() -> count("select count(*) from republish") == 0);
        published();
        assertThat(KAFKA.last("salesloft.opportunities", 13).keySet()).containsAll(sql.queryForList("select id from opportunities", String.class));
    }

    @Test
    void takesNoIdsOfAnotherKind() {
        read("account_stages");
        String late = quoted("'updated_at':'2099-01-01T00:00:00Z'");
        pages(quoted("[{'id':'%s',%s},{'id':4611686018427387904,%s},{'id':{'a':1},%s},{'id':700001,'name':'as ever',%s}]", UUID, late, late, late, late));
        read("account_stages");
        assertThat(sql.queryForList("select error from dead_letter where source = 'pull:account_stages' order by id", String.class))
                .containsExactly(quoted("invalid input syntax for type bigint: '%s'", UUID), "its id is too large a number", quoted("invalid input syntax for type bigint: '{'a': 1}'"));
        assertThat(count("select count(*) from account_stages")).isEqualTo(12);
        assertThat(count("select count(*) from account_stages where name = 'as ever'")).isOne();
        // Texts take whole numbers as they are, and nothing that is no text.
        pages(quoted("[{'id':7,%s},{'id':'7',%s},{'id':'Admin',%s},{'id':'',%s},{'id':[1],%s},{'id':'%s',%s}]", late, late, late, late, late, "x".repeat(201), late));
        read("opportunities");
        assertThat(sql.queryForList("select id from opportunities order by id", String.class)).containsExactly("7", "Admin");
        assertThat(sql.queryForList("select error from dead_letter where source = 'pull:opportunities' order by id", String.class))
                .containsExactly("no id", "no id", "its id is longer than 200 characters");
    }

    /** So few bits are a hash that two may meet; the second becomes a dead letter and takes nobody's place. */
    @Test
    void refusesASecondIdWithTheNumberOfAFirst() {
        sql.execute("alter table record disable trigger record_key_insert");
        try {
            sql.update("insert into record (resource, id, updated_at, document, key) values ('opportunities', text_id(?), '2020-01-01', jsonb_build_object('id', 'first', 'name', 'first'), 'first')", UUID);
        } finally {
            sql.execute("alter table record enable trigger record_key_insert");
        }
        SALESLOFT.put("opportunities", fields().put("id", UUID).put("name", "second"));
        read("opportunities");
        assertThat(sql.queryForObject("select name from opportunities where id = 'first'", String.class)).isEqualTo("first");
        assertThat(count("select count(*) from opportunities")).isEqualTo(13);
        assertThat(sql.queryForObject("select error from dead_letter", String.class)).contains("two ids have one number");

        // Once the first is gone for good, the dead letter is replayed.
        sql.update("delete from record where key = 'first'");
        assertThat(send("POST", "/ops/dead-letters/replay", null, AS_OPS).body()).isEqualTo(quoted("{'replayed':1,'dead':0}"));
        assertThat(sql.queryForObject("select name from opportunities where id = ?", String.class, UUID)).isEqualTo("second");
    }

    /** Without a filter by id, one reading alone proves nothing: records move between its pages. */
    @Test
    void marksWhatTwoReadingsDidNotHave() {
        read("call_dispositions");
        SALESLOFT.remove("call_dispositions", "700003");
        read("call_dispositions");
        assertThat(count("select count(*) from call_dispositions")).isEqualTo(12);
        // A reading that does not come to its end counts for nothing.
        faults(under("/v2/call_dispositions").answers(404));
        assertThat(read("call_dispositions")).isEqualTo("forbidden");
        faults();
        assertThat(count("select count(*) from call_dispositions")).isEqualTo(12);
        read("call_dispositions");
        assertThat(sql.queryForList("select id from record where resource = 'call_dispositions' and deleted_at is not null", Long.class)).containsExactly(700_003L);
        published();
        assertThat(KAFKA.last("salesloft.call_dispositions", 12).get("700003").value()).isNull();
        // What cannot be read may be one that is missed.
        pages(quoted("[{'id':700001,'updated_at':'2026-01-01T00:00:00Z'},{'id':700002,'n':1e999999}]"));
        read("call_dispositions");
        read("call_dispositions");
        assertThat(count("select count(*) from call_dispositions")).isEqualTo(11);
        faults();
        sql.update("delete from dead_letter");
        // It was hidden, and not deleted: back as it was.
        SALESLOFT.put("call_dispositions", fields().put("id", 700_003).put("name", "name 3").put("updated_at", sql.queryForObject("select document ->> 'updated_at' from record where id = 700003", String.class)));
        read("call_dispositions");
        assertThat(count("select count(*) from call_dispositions")).isEqualTo(12);
        assertThat(count("select count(*) from comparison where resource = 'call_dispositions'")).isZero();
        sql.update("update sync_cursor set finished_at = now() where resource = 'call_dispositions'");
        assertThat(sql.queryForObject("select due_comparison('call_dispositions', '00:00-24:00')", String.class)).isNull();
    }

    /** All at once, however many, and without a date; what has not changed is not written again. */
    @Test
    void readsGroupsInOneAnswer() {
        IntStream.rangeClosed(1, 230).forEach(n -> SALESLOFT.put("groups", fields().put("name", "Group " + n)));
        read("groups");
        assertThat(count("select count(*) from groups")).isEqualTo(242);
        assertThat(calls("GET /v2/groups")).isOne();
        assertThat(sql.queryForMap("select run_records, run_points from sync_cursor where resource = 'groups'")).isEqualTo(Map.of("run_records", 242L, "run_points", 1L));
        var before = sql.queryForObject("select max(updated_at) from groups", java.sql.Timestamp.class);
        SALESLOFT.put("groups", fields().put("id", 700_001).put("name", "Renamed"));
        read("groups");
        assertThat(sql.queryForList("select id from groups where updated_at > ?", Long.class, before)).containsExactly(700_001L);
    }

    /** A list that moves while it is read shows a record on two pages. */
    @Test
    void takesARecordThatComesOnTwoPagesOnce() {
        faults(under("/v2/imports").times(1).answers(200, json(Map.of("metadata", Map.of("paging", paging(2, 101)), "data", List.of(row(1, "one"), row(2, "two"))))),
                under("/v2/imports").answers(200, json(Map.of("metadata", Map.of("paging", paging(null, 101)), "data", List.of(row(2, "two"), row(3, "three\u0000"))))));
        read("imports");
        assertThat(sql.queryForList("select name from imports order by id", String.class)).containsExactly("one", "two", "three\ufffd");
        assertThat(count("select pulled from sync_cursor where resource = 'imports'")).isEqualTo(3);
    }

    @Test
    void goesOnWithoutWhatTheTeamDoesNotHave() {
        seed(Map.of("forbidden", List.of("/v2/conversations")));
        assertThat(read("conversations")).isEqualTo("forbidden");
        faults(under("/v2/opportunities").answers(404));
        assertThat(read("opportunities")).isEqualTo("forbidden");
        assertThat(count("select count(*) from sync_cursor where next_run_at > now() + interval '9 minutes' and state = 'forbidden'")).isEqualTo(2);
        assertThat(read("tags")).isEqualTo("idle");
    }

    @Test
    void mapsTheEventsABlockNames() throws Exception {
        read("call_data_records");
        deliver("call_data_record_updated", quoted("{'id':700001,'updated_at':'2099-01-01T00:00:00Z','status':'listened'}"));
        assertThat(sql.queryForObject("select status from call_data_records where id = 700001", String.class)).isEqualTo("listened");
        // What has numbers takes no UUIDs, by webhook neither.
        deliver("person_updated", quoted("{'id':'%s','updated_at':'2099-01-01T00:00:00Z'}", UUID));
        assertThat(count("select count(*) from record where resource = 'people'")).isZero();
        assertThat(sql.queryForObject("select error from dead_letter", String.class)).contains("invalid input syntax for type bigint");
    }

    /** A delete that tells of a record the mirror has never had: its tombstone has the key, too. */
    @Test
    void buriesWhatItNeverHadUnderItsUuid() throws Exception {
        Map<String, Object> block = new HashMap<>(BLOCKS.get("conversations"));
        block.put("event", "conversation_thing");
        read("conversations", block);
        deliver("conversation_thing_deleted", quoted("{'id':'%s','updated_at':'2026-01-01T00:00:00Z'}", UUID.toUpperCase()));
        published();
        assertThat(KAFKA.last("salesloft.conversations", 13)).containsKey(UUID).satisfies(last -> assertThat(last.get(UUID).value()).isNull());
    }

    @Test
    void erasesPeopleFromThemAsTheirBlocksSay() throws Exception {
        String address = "zoe-" + System.nanoTime() + "@example.org";
        SALESLOFT.put("conversations", fields().put("id", UUID).put("title", "call with " + address));
        SALESLOFT.put("opportunities", fields().put("id", UUID).put("name", "deal of " + address));
        read("conversations");
        read("opportunities");
        assertThat(send("POST", "/ops/erase", quoted("{'email':'%s'}", address), AS_OPS).statusCode()).isEqualTo(200);
        assertThat(count("select count(*) from conversations where id = ?", UUID)).isZero();
        assertThat(sql.queryForObject("select name from opportunities where id = ?", String.class, UUID)).startsWith("deal of").doesNotContain(address);
        published();
        assertThat(KAFKA.last("salesloft.conversations", 13).get(UUID).value()).isNull();
        read("conversations");
        assertThat(count("select count(*) from record where cast(document as text) like ?", "%" + address + "%")).isZero();
    }

    @Test
    void followsTheBlockWithItsView(CapturedOutput output) {
        Map<String, Object> block = new HashMap<>(BLOCKS.get("tags"));
        sql.execute("drop view if exists tags");
        sql.execute("do $$ begin create role analyst; exception when duplicate_object then null; end $$");
        read("tags", block);
        sql.execute("grant select on tags to analyst");
        // Another column, another type, one that is gone; whoever could read it still can.
        block.put("columns", "label text name, name json, made instant created_at");
        read("tags", block);
        assertThat(sql.queryForList("select column_name from information_schema.columns where table_name = 'tags' order by ordinal_position", String.class))
                .containsExactly("id", "updated_at", "created_at", "label", "name", "made", "document");
        assertThat(sql.queryForObject("select has_table_privilege('analyst', 'tags', 'select')", Boolean.class)).isTrue();
        // What somebody has built on it is not torn down; the pull goes on, and it is said once.
        sql.execute("create view on_tags as select label from tags");
        block.put("columns", "name");
        assertThat(read("tags", block)).isEqualTo("idle");
        read("tags", block);
        await().untilAsserted(() -> assertThat(output.toString().split("pull tags: the view was not made: cannot drop view tags", -1)).hasSize(2));
        assertThat(get("/sync/status", AS_OPS).body()).contains("cannot drop view tags");
        sql.execute("drop view on_tags");
        read("tags", block);
        assertThat(sql.queryForObject("select problem from mirrored_list where resource = 'tags'", String.class)).isNull();
        // A table of ours, and what is no column.
        for (String wrong : List.of("name texts", "name; drop table record", "a\"b", "n text document->x", "")) {
            block.put("columns", wrong);
            assertThat(read("tags", block)).isEqualTo("idle");
        }
        block.put("columns", "name");
        read("lease", block);
        await().untilAsserted(() -> assertThat(output).contains("there is another table or view lease"));
        assertThat(count("select count(*) from pg_class where relname in ('record', 'lease') and relkind = 'r'")).isEqualTo(2);
        sql.execute("drop view tags");
        sql.execute("drop role analyst");
    }

    @Test
    void hasAColumnForEachCustomFieldAndTellsOfANewOneOnce(CapturedOutput output) {
        pull("people");
        awaitPulled("people");
        pull("accounts");
        awaitPulled("accounts");
        double before = metric("salesloft_custom_fields_changes_total", "resource=people");
        read("custom_fields");
        assertThat(count("select count(*) from people_custom_fields where lead_source = 'Web' and score is not null")).isEqualTo(30);
        assertThat(count("select count(*) from accounts_custom_fields where region = 'West'")).isEqualTo(4);
        read("custom_fields");
        await().untilAsserted(() -> assertThat(output.toString().split("custom fields: people_custom_fields: new lead_source, score", -1)).hasSize(2));

        SALESLOFT.put("custom_fields", fields().put("name", "Renewal Date").put("field_type", "person").put("value_type", "date"));
        long person = sql.queryForObject("select min(id) from people", Long.class);
        ObjectNode custom = fields();
        custom.put("id", person).putObject("custom_fields").put("Renewal Date", "2026-05-06");
        SALESLOFT.put("people", custom);
        sql.update("update sync_cursor set finished_at = null where resource = 'people'");
        pull("people");
        awaitPulled("people");
        read("custom_fields");
        read("custom_fields");
        await().untilAsserted(() -> assertThat(output.toString().split("custom fields: people_custom_fields: new renewal_date", -1)).hasSize(2));
        assertThat(sql.queryForObject("select cast(renewal_date as text) from people_custom_fields where id = ?", String.class, person)).isEqualTo("2026-05-06");
        assertThat(metric("salesloft_custom_fields_changes_total", "resource=people")).isEqualTo(before + 2);

        // One is gone, one is called otherwise, and some have names that no column has.
        sql.update("update record set deleted_at = now() where resource = 'custom_fields' and document ->> 'name' = 'Score'");
        for (String name : List.of("Lead  source!", "'; drop table record; --", "\"", "\u540d\u524d", "2nd", "document", "x".repeat(500))) {
            SALESLOFT.put("custom_fields", fields().put("name", name).put("field_type", "person").put("value_type", "text"));
        }
        read("custom_fields");
        assertThat(sql.queryForList("select column_name from information_schema.columns where table_name = 'people_custom_fields' order by ordinal_position", String.class))
                .startsWith("id", "updated_at", "lead_source", "renewal_date").contains("drop_table_record", "field", "field_2nd", "field_document", "x".repeat(40)).doesNotContain("score").hasSize(11);
        await().untilAsserted(() -> assertThat(output).contains("gone score"));
    }

    /** The blocks of lists whose views are migrations have nothing to make. */
    @Test
    void leavesTheViewsOfMigrationsAlone() {
        assertThat(RESOURCES).allSatisfy(resource -> assertThat(BLOCKS.get(resource).get("columns")).as(resource).isEqualTo(""));
        assertThat(BLOCKS.keySet().stream().filter(name -> BLOCKS.get(name).get("columns").equals("")).collect(Collectors.toSet())).isEqualTo(java.util.Set.copyOf(RESOURCES));
    }

    /** As the route of its block pulls it; the state it ends in. */
    private String read(String resource) {
        return read(resource, BLOCKS.get(resource));
    }

    private String read(String resource, Map<String, Object> block) {
        sql.update("update sync_cursor set next_run_at = now() where resource = ?", resource);
        var answer = template.request("direct:sync-pull", exchange -> {
            exchange.setProperty("resource", resource);
            exchange.setProperty("lease", "pull:" + resource);
            exchange.setProperty("list", block);
        });
        assertThat(answer.getException()).as(resource).isNull();
        return sql.queryForObject("select state from sync_cursor where resource = ?", String.class, resource);
    }

    /** One page of the comparison, as under its lease. */
    private void compare(String resource) {
        sql.update("update record set updated_at = updated_at - interval '1 day' where resource = ?", resource);
        sql.update("insert into comparison (resource, run_started_at, next_run_at) values (?, now(), 'infinity') on conflict (resource) do nothing", resource);
        String instance = camel.getRegistry().lookupByName("instance").toString();
        sql.update("insert into lease values ('compare', ?, 1000, now() + interval '1 minute') on conflict (name) do update set holder = excluded.holder, fence = 1000, expires_at = excluded.expires_at", instance);
        var answer = template.request("direct:sync-reconcile-chunk", exchange -> {
            exchange.setProperty("resource", resource);
            exchange.setProperty("lease", "compare");
            exchange.setProperty("fence", 1000);
        });
        assertThat(answer.getException()).isNull();
    }

    private void published() {
        await().until(() -> count("select count(*) from outbox") == 0);
    }

    private void deliver(String event, String body) throws Exception {
        Delivery.of(event, body).takenBy(webhooks());
        await().until(() -> count("select count(*) from webhook_event where state = 'received'") == 0);
    }

    /** Every list is answered with these. */
    private void pages(String records) {
        faults(under("/v2/").answers(200, quoted("{'metadata':{'filtering':{'updated_at':{'gte':'%s'}},'paging':{'next_page':null}},'data':%s}", cursor(), records)));
    }

    private void pages(Map<String, Object> answer) {
        faults(under("/v2/").answers(200, json(answer)));
    }

    private String cursor() {
        return sql.queryForList("select to_char(cursor at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from sync_cursor where cursor is not null order by finished_at desc limit 1", String.class)
                .stream().findFirst().orElse("2020-01-01T00:00:00Z");
    }

    private static Map<String, Object> paging(Integer next, int total) {
        Map<String, Object> paging = new HashMap<>();
        paging.put("next_page", next);
        paging.put("total_count", total);
        return paging;
    }

    private static Map<String, Object> row(int id, String name) {
        return Map.of("id", id, "name", name, "updated_at", "2026-01-01T00:00:00Z");
    }

    private static String json(Map<String, Object> value) {
        return JSON.valueToTree(value).toString();
    }

    private static ObjectNode fields() {
        return JSON.createObjectNode();
    }
}
