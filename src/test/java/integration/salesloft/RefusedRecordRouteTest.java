package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** One record that PostgreSQL or Kafka refuses is a dead letter, and stops no other; whatever takes many records at once. */
@ExtendWith(OutputCaptureExtension.class)
class RefusedRecordRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String AT = "2026-03-01T12:00:00.000001Z";
    private static final List<String> TABLES = List.of("record", "sync_row", "outbox");

    @AfterEach
    void takeEverything() {
        TABLES.forEach(table -> sql.execute("alter table " + table + " drop constraint if exists no_poison"));
    }

    @Test
    void aPage() {
        List<Long> ids = pulled();
        refuse("record", "document ->> 'title' is distinct from 'poison'");
        List.of(ids.get(0), ids.get(42), ids.get(99), ids.get(119)).forEach(id -> SALESLOFT.put("people", fields(id).put("title", "poison")));
        sql.update("truncate record");
        await().until(() -> camel.getInflightRepository().size("sync-lists-people") == 0); // which counts them last
        double counted = metric("salesloft_sync_records_total", "resource=people");
        assertThat(send("POST", "/sync/pull", quoted("{'resource':'people'}"), AS_OPS).statusCode()).isEqualTo(202);
        awaitPulled("people");

        assertThat(count("select count(*) from people")).isEqualTo(116);
        assertThat(count("select count(*) from dead_letter where source = 'pull:people' and error like '%no_poison%' and payload like '%poison%'")).isEqualTo(4);
        await().untilAsserted(() -> assertThat(metric("salesloft_sync_records_total", "resource=people") - counted).isEqualTo(116));

        SALESLOFT.put("people", fields(ids.get(7)).put("title", "Changed"));
        pull("people");
        await().until(() -> count("select count(*) from people where title = 'Changed'") == 1);
    }

    @Test
    void events() throws Exception {
        refuse("record", "document ->> 'title' is distinct from 'poison'");
        for (int id = 1; id <= 9; id++) {
            deliver(Delivery.person("person_updated", id, AT, id == 4 ? "poison" : "fine"));
        }
        await().until(() -> count("select count(*) from webhook_event where state = 'applied'") == 8);
        await().until(() -> count("select count(*) from webhook_event where state = 'dead'") == 1);
        assertThat(count("select count(*) from people where title = 'fine'")).isEqualTo(8);
        assertThat(count("select count(*) from dead_letter where source = 'webhook:person_updated' and event_id like '%:4:%' and error like '%no_poison%'")).isEqualTo(1);

        deliver(Delivery.person("person_updated", 10, AT, "later"));
        await().until(() -> count("select count(*) from people where title = 'later'") == 1);
    }

    @Test
    void anUpload() throws Exception {
        refuse("sync_row", "cast(original as text) not like '%poison%'");
        String rows = IntStream.rangeClosed(1, 30).mapToObj(n -> quoted("{'email_address':'p%d@example.com','title':'%s'}", n, n == 13 ? "poison" : "CEO"))
                .collect(Collectors.joining(",", "[", "]"));
        String answer = send("POST", "/sync/people?dryRun=true", rows, AS_SYNC).body();
        assertThat(JSON.readTree(answer).path("total").asInt()).as(answer).isEqualTo(30);

        assertThat(sql.queryForMap("select number, outcome, error from sync_row where outcome = 'failed'")).containsEntry("number", 13)
                .extractingByKey("error").asString().contains("PostgreSQL refuses it").contains("no_poison");
        assertThat(count("select count(*) from sync_row where error is null")).isEqualTo(29);
        assertThat(count("select count(*) from dead_letter where source like 'push:%:13' and payload like '%poison%'")).isEqualTo(1);
        assertThat(told()).contains("rows of the job " + JSON.readTree(answer).path("job").asText());
    }

    /** SalesLoft has done it, so the row is done, too. */
    @Test
    void anAnswer() throws Exception {
        refuse("record", "document ->> 'title' is distinct from 'poison'");
        send("POST", "/sync/people", quoted("[{'email_address':'a@example.com','title':'poison'},{'email_address':'b@example.com','title':'fine'}]"), AS_SYNC);
        await().until(() -> count("select count(*) from sync_job where finished_at is not null") == 1);
        assertThat(sql.queryForList("select outcome from sync_row", String.class)).containsExactly("created", "created");
        assertThat(calls("POST /v2/people")).isEqualTo(2);
        assertThat(count("select count(*) from dead_letter where source = 'push:people' and error like '%no_poison%'")).isEqualTo(1);
        assertThat(told()).contains("an answer to a row, which PostgreSQL refuses");
    }

    @Test
    void commands() throws Exception {
        refuse("sync_row", "crm_id is distinct from 'poison'");
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(Map.of("bootstrap.servers", KAFKA.brokers()), new StringSerializer(), new StringSerializer())) {
            for (String crmId : List.of("one", "poison", "two", "three")) {
                producer.send(new ProducerRecord<>("salesloft.commands", "any", quoted("{'crm_id':'%s','last_name':'L'}", crmId)));
            }
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> count("select count(*) from sync_row") == 4);
        assertThat(sql.queryForList("select crm_id from sync_row where crm_id is not null order by seq", String.class)).containsExactly("one", "two", "three");
        assertThat(count("select count(*) from dead_letter where source like 'push:%' and payload like '%poison%'")).isEqualTo(1);
        assertThat(told()).contains("rows of the job ");
    }

    @Test
    void whatIsSentAgain(CapturedOutput output) {
        pull("accounts");
        awaitPulled("accounts");
        await().until(() -> count("select count(*) from outbox") == 0);
        long refused = sql.queryForObject("select id from accounts order by id offset 5 limit 1", Long.class);
        long before = KAFKA.all("salesloft.accounts").stream().mapToLong(Kafka::change).max().getAsLong();
        refuse("outbox", "id <> " + refused);
        assertThat(send("POST", "/ops/republish", quoted("{'resource':'accounts'}"), AS_OPS).statusCode()).isEqualTo(202);

        await().until(() -> count("select (select count(*) from outbox) + (select count(*) from republish)") == 0);
        assertThat(KAFKA.all("salesloft.accounts").stream().filter(record -> Kafka.change(record) > before).map(record -> Long.valueOf(record.key())))
                .contains(sql.queryForList("select id from accounts where id <> ?", Long.class, refused).toArray(Long[]::new)).doesNotContain(refused);
        assertThat(count("select count(*) from dead_letter where source = 'outbox:accounts' and error like '%no_poison%'")).isEqualTo(1);
        await().untilAsserted(() -> assertThat(output).contains("dead letters: a record of a mirror that is sent again"));
    }

    @Test
    void whatKafkaRefuses() {
        String large = "x".repeat(2_000_000);
        sql.update("insert into outbox (resource, id, document, source) select 'notes', n, case n when 3 then to_jsonb(cast(? as text)) else '{}' end, 'pull' from generate_series(1, 9) n", large);
        sql.update("insert into result_outbox (key, document) select n, case n when '3' then to_jsonb(cast(? as text)) else '{}' end from unnest(array['1', '2', '3']) n", large);

        await().until(() -> count("select (select count(*) from outbox) + (select count(*) from result_outbox)") == 0);
        assertThat(KAFKA.all("salesloft.notes").stream().filter(record -> "{}".equals(record.value())).map(ConsumerRecord::key)).contains("1", "2", "4", "5", "6", "7", "8", "9");
        assertThat(KAFKA.all("salesloft.results").stream().filter(record -> "{}".equals(record.value())).map(ConsumerRecord::key)).contains("1", "2");
        assertThat(sql.queryForList("select source from dead_letter where length(payload) > 2000000", String.class)).containsExactlyInAnyOrder("outbox:notes", "outbox:results");
    }

    /** Indexed text has no longest form, and a row's has one that is said. */
    @Test
    void textOfAnyLength() throws Exception {
        String random = new Random(1).ints(8_000, 'a', 'z' + 1).collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
        String digits = "0123456789".repeat(800);
        SALESLOFT.put("people", fields(pulled().get(3)).put("last_name", random).put("phone", digits));
        pull("people");
        await().until(() -> count("select count(*) from people where last_name = ?", random) == 1);
        assertThat(count("select count(*) from people where last_name = ? and phone = ?", random, digits)).isEqualTo(1);
        assertThat(count("select count(*) from dead_letter")).isZero();

        for (String field : List.of("crm_id", "last_name", "phone", "email_address", "title")) {
            sql.update("truncate sync_row");
            String value = field.equals("title") ? random + random : random;
            assertThat(send("POST", "/sync/people?dryRun=true", quoted("[{'email_address':'a@example.com'},{'crm_id':'1','%s':'%s'},{'email_address':'b@example.com'}]", field, value), AS_SYNC).statusCode()).isEqualTo(202);
            assertThat(sql.queryForList("select error from sync_row where outcome = 'failed'", String.class)).as(field).singleElement().asString().startsWith(field + " is longer than ");
        }
    }

    /** A value of another type than its column's is null there, and hides nobody else. */
    @Test
    void viewsOfOddValues() {
        String odd = quoted("{'created_at':'soon','owner':{'id':'a text'},'duration':'1.5','do_not_contact':'maybe','active':7,'day':'99999999999','order':'x'}");
        String other = quoted("{'owner':'text','person':[1],'account':{'id':{}}}");
        RESOURCES.forEach(resource -> sql.update("insert into record (resource, id, updated_at, document) values (?, 1, now(), cast(? as jsonb)), (?, 2, now(), cast(? as jsonb))", resource, odd, resource, other));
        for (String view : RESOURCES) {
            assertThat(sql.queryForList("select * from " + view)).as(view).hasSize(2);
        }
    }

    /** The people of the mirror, in the order of the pages they came in. */
    private List<Long> pulled() {
        pull("people");
        awaitPulled("people");
        return sql.queryForList("select id from people order by updated_at, id", Long.class);
    }

    /** What operators are told of dead letters. */
    private String told() {
        // They are told when the dead letter is there, and so may be its row.
        await().until(() -> count("select count(*) from notice where audience = 'ops' and id like 'dead-letters:%'") > 0);
        return sql.queryForObject("select document ->> 'message' from notice where audience = 'ops' and id like 'dead-letters:%'", String.class);
    }

    private void refuse(String table, String check) {
        sql.execute("alter table " + table + " add constraint no_poison check (" + check + ")");
    }

    private void deliver(Delivery delivery) throws Exception {
        delivery.takenBy(webhooks());
    }

    private static ObjectNode fields(long id) {
        return JSON.createObjectNode().put("id", id);
    }
}
