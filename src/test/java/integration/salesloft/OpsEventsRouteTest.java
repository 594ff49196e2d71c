package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Webhook events and dead letters, for whoever looks for one: what is found, by what, and that nothing else can be asked. */
class OpsEventsRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void findsEvents() throws Exception {
        Delivery.person("person_updated", 41, "2026-03-01T12:00:00Z", "<img src=x onerror=alert(1)>").takenBy(webhooks());
        await().until(() -> count("select count(*) from webhook_event where state = 'applied'") == 1);
        sql.update("""
                insert into webhook_event (id, event, body, state, received_at) values
                ('old', 'call_created', '{"id":7}', 'applied', '2026-01-02T00:00:00Z'),
                ('dead/1', 'person_updated', '"{broken \\""', 'dead', '2026-01-03T00:00:00Z'),
                ('77', 'note_created', '{"id":41}', 'applied', '2026-01-04T00:00:00Z')""");
        sql.update("insert into dead_letter (source, error, payload, event_id) values ('webhook:person_updated', 'no id', '{', 'dead/1')");

        JsonNode all = events("");
        assertThat(all.findValuesAsText("event")).containsExactly("person_updated", "note_created", "person_updated", "call_created");
        assertThat(all.get(0).path("state").asText()).isEqualTo("applied");
        assertThat(all.get(0).has("body")).isFalse();
        assertThat(all.get(2).path("error").asText()).isEqualTo("no id");
        assertThat(events("?event=call_created").findValuesAsText("id")).containsExactly("old");
        assertThat(events("?event=person_")).hasSize(2);
        assertThat(events("?event=%25")).isEmpty();
        assertThat(events("?state=dead").findValuesAsText("id")).containsExactly("dead/1");
        assertThat(events("?since=2026-01-03T00:00:00Z&until=2026-01-04T00:00:00Z").findValuesAsText("id")).containsExactly("77", "dead/1");
        assertThat(events("?limit=2").findValuesAsText("event")).containsExactly("person_updated", "note_created");
        // Of a record, and by its own id, also where that is a number.
        assertThat(events("?id=41").findValuesAsText("event")).containsExactly("person_updated", "note_created");
        assertThat(events("?id=77").findValuesAsText("id")).containsExactly("77");
        assertThat(events("?id=dead/1").findValuesAsText("id")).containsExactly("dead/1");
        assertThat(events("?id=dead/1&state=applied")).isEmpty();
        assertThat(events("?id=%27%20or%201=1")).isEmpty();

        String id = all.get(0).path("id").asText();
        JsonNode one = json(get("/ops/events/" + URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20"), AS_OPS), 200);
        assertThat(one.path("body").isTextual()).isTrue();
        assertThat(JSON.readTree(one.path("body").asText()).path("title").asText()).isEqualTo("<img src=x onerror=alert(1)>");
        sql.update("update webhook_event set id = 'dead-1' where id = 'dead/1'");
        assertThat(json(get("/ops/events/dead-1", AS_OPS), 200).path("body").asText()).isEqualTo("{broken \"");
        for (String unknown : List.of("none", "1%27", "..%3bx", "%00", "a%00b", "%0a", "%25", "%c3%28")) {
            HttpResponse<String> refused = get("/ops/events/" + unknown, AS_OPS);
            assertThat(refused.statusCode()).as(unknown).isIn(400, 404);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"limit=x", "limit=0", "limit=1001", "limit=", "limit=1e2", "state=other", "since=yesterday", "since=2026-02-31T00:00:00Z", "since=", "until=2026-13-01T00:00:00Z", "until=now"})
    void namesWhatCannotBeAsked(String query) {
        HttpResponse<String> refused = get("/ops/events?" + query, AS_OPS);
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains(quoted("'detail':'%s: must be ", query.replaceFirst("=.*", "")));
    }

    @Test
    void findsDeadLetters() {
        sql.update("""
                insert into dead_letter (source, error, payload, at) values
                ('webhook:person_updated', 'no id', '{"title":"100% SURE"}', '2026-01-02T00:00:00Z'),
                ('pull:people', 'no updated_at', null, now()), ('push', 'Refused', '{}', now())""");
        assertThat(letters("").findValuesAsText("source")).containsExactly("push", "pull:people", "webhook:person_updated");
        assertThat(letters("?source=webhook:").findValuesAsText("error")).containsExactly("no id");
        assertThat(letters("?source=pull:people")).hasSize(1);
        assertThat(letters("?since=2026-01-03T00:00:00Z")).hasSize(2);
        assertThat(letters("?text=100%25%20sure").findValuesAsText("error")).containsExactly("no id");
        assertThat(letters("?text=UPDATED_at").findValuesAsText("source")).containsExactly("pull:people");
        assertThat(letters("?text=refused&source=pu&limit=1").findValuesAsText("source")).containsExactly("push");
        assertThat(letters("?text=nowhere")).isEmpty();
        for (String since : List.of("x", "2026-02-31T00:00:00Z", "")) {
            HttpResponse<String> refused = get("/ops/dead-letters?since=" + since, AS_OPS);
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(refused.body()).contains("since: must be an instant");
        }
    }

    /** Those that are chosen, and no others; one that is none any more is said to be gone. */
    @Test
    void replaysASelection() {
        for (int id = 1; id <= 3; id++) {
            sql.update("insert into dead_letter (source, error, payload) values ('pull:people', 'x', ?)", quoted("{'id':%d,'updated_at':'2026-01-02T00:00:00Z'}", id));
        }
        sql.update("insert into dead_letter (source, error, payload) values ('other', 'x', '{}')");
        List<Long> ids = sql.queryForList("select id from dead_letter order by id", Long.class);
        assertThat(replay(quoted("{'ids':[%1$d,%2$d,%1$d,999999999]}", ids.get(0), ids.get(3)))).isEqualTo(quoted("{'replayed':1,'dead':1,'gone':1}"));
        assertThat(count("select count(*) from record where resource = 'people'")).isOne();
        assertThat(replay(quoted("{'ids':[%d]}", ids.get(0)))).isEqualTo(quoted("{'replayed':0,'dead':0,'gone':1}"));
        assertThat(sql.queryForList("select id from dead_letter where state = 'dead' order by id", Long.class)).containsExactly(ids.get(1), ids.get(2), ids.get(3));
        for (String body : List.of("{}", "[1]", "{'ids':[]}", "{'ids':1}", "{'ids':['1']}", "{'ids':[-1]}", "{'ids':[1.5]}", "{'ids':[null]}", "{'ids':[1],'all':true}", "{'ids':[99999999999999999999]}", "{",
                "{'ids':[1" + ",1".repeat(1000) + "]}")) {
            assertThat(send("POST", "/ops/dead-letters/replay", quoted(body), AS_OPS).statusCode()).as(body).isEqualTo(400);
        }
        assertThat(count("select count(*) from dead_letter where state = 'dead'")).isEqualTo(3);
    }

    private String replay(String body) {
        return json(send("POST", "/ops/dead-letters/replay", body, AS_OPS), 200).toString();
    }

    private JsonNode events(String query) {
        return json(get("/ops/events" + query, AS_OPS), 200);
    }

    private JsonNode letters(String query) {
        return json(get("/ops/dead-letters" + query, AS_OPS), 200);
    }
}
