package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.gateway.Invalid;
import integration.salesloft.gateway.Paused;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** What operators do over HTTP: who may, pause and resume, and dead letters that are replayed. */
@ExtendWith(OutputCaptureExtension.class)
class OpsPauseRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NEW_PERSON = quoted("{'email_address':'ada@example.com','first_name':'Ada','last_name':'L'}");

    @ParameterizedTest
    @ValueSource(strings = {"GET /ops/pause", "POST /ops/pause", "POST /ops/resume", "GET /ops/dead-letters", "POST /ops/dead-letters/replay",
            "POST /ops/dead-letters/1/replay"})
    void opensToTheOpsTokenAlone(String call) {
        sql.update("update control set paused = true");
        String[] parts = call.split(" ");
        for (String[] headers : new String[][] {{}, {"Authorization", "Bearer wrong"}, {"Authorization", Installation.OPS_TOKEN},
                {"Authorization", "Bearer "}, {"Authorization", "Bearer " + SYNC_TOKEN}}) {
            HttpResponse<String> refused = send(parts[0], parts[1], null, headers);
            assertThat(refused.statusCode()).as(call + " " + String.join(" ", headers)).isEqualTo(401);
            assertThat(refused.headers().firstValue("Content-Type")).hasValue("application/problem+json");
            assertThat(refused.headers().map()).doesNotContainKey("Authorization");
        }
        assertThat(count("select count(*) from control where paused and by is null")).isEqualTo(1);
        assertThat(send(parts[0], parts[1], null, AS_OPS).statusCode()).isIn(200, 404);
    }

    @Test
    void pausesOnceAndResumes() {
        assertThat(ok("GET", "/ops/pause", null).toString()).isEqualTo(quoted("{'paused':false,'by':null,'reason':null,'since':null}"));

        JsonNode first = ok("POST", "/ops/pause", quoted("{'reason':'too many bounces'}"));
        assertThat(first.path("paused").asBoolean()).isTrue();
        assertThat(first.path("by").asText()).isEqualTo("ops");
        assertThat(first.path("reason").asText()).isEqualTo("too many bounces");
        assertThat(first.path("since").asText()).startsWith("20").contains("T");
        assertThat(ok("POST", "/ops/pause", quoted("{'reason':'another'}"))).isEqualTo(first);
        assertThat(ok("GET", "/ops/pause", null)).isEqualTo(first);
        await().until(() -> get("/health").body().contains(quoted("'paused':true")));
        await().until(() -> metric("salesloft_paused") == 1);

        assertThat(ok("POST", "/ops/resume", quoted("{'reason':'found it'}")).toString())
                .isEqualTo(quoted("{'paused':false,'by':null,'reason':null,'since':null}"));
        assertThat(ok("POST", "/ops/resume", null).path("paused").asBoolean()).isFalse();
        await().until(() -> get("/health").body().contains(quoted("'paused':false")));
        await().until(() -> metric("salesloft_paused") == 0);

        JsonNode silent = ok("POST", "/ops/pause", null);
        assertThat(silent.path("reason").isNull()).isTrue();
        assertThat(silent.path("since").asText()).isGreaterThan(first.path("since").asText());
    }

    @Test
    void refusesABodyThatIsNoObject() {
        for (String path : List.of("/ops/pause", "/ops/resume")) {
            for (String body : List.of("[1]", "\"why\"", "7", "null")) {
                HttpResponse<String> refused = send("POST", path, body, AS_OPS);
                assertThat(refused.statusCode()).as(body).isEqualTo(400);
                assertThat(refused.body()).as(body).contains("the body must be empty or a JSON object such as");
            }
            HttpResponse<String> malformed = send("POST", path, quoted("{'reason':"), AS_OPS);
            assertThat(malformed.statusCode()).isEqualTo(400);
            assertThat(malformed.body()).contains("not JSON");
        }
        assertThat(count("select count(*) from control where paused")).isZero();
        assertThat(ok("POST", "/ops/pause", "").path("paused").asBoolean()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'reason':'nul \\u0000'}", "{'reason':7}", "{'reason':{'why':'because'}}"})
    void refusesAReasonThatIsNoText(String body) {
        HttpResponse<String> refused = send("POST", "/ops/pause", quoted(body), AS_OPS);
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("reason must be a text without NUL characters");
        assertThat(count("select count(*) from control where paused")).isZero();
    }

    @Test
    void stopsAPullAtItsPageAndHasItGoOnThere() {
        seed(Map.of("people", 2_000, "latencyMs", 300)); // in the middle of it for long enough
        pull("people");
        await().until(() -> count("select count(*) from people") >= 200);
        ok("POST", "/ops/pause", null);
        await().until(() -> count("select count(*) from sync_cursor where resource = 'people' and state = 'paused'") == 1);
        long then = calls("GET /v2/people");
        assertThat(count("select count(*) from people")).isLessThan(2_000);
        sql.update("update sync_cursor set next_run_at = 'infinity' where resource = 'people'");
        SALESLOFT.settings(Map.of("latencyMs", 0));

        ok("POST", "/ops/resume", null);
        awaitPulled("people");
        assertThat(count("select count(*) from people")).isEqualTo(2_000);
        assertThat(calls("GET /v2/people")).isBetween(then + 1, 23L); // 20 pages, and the last asked again at its cursor
    }

    /** The budget is used up for long: a page waits in the gateway, and comes back as soon as there is a pause. */
    @Test
    void reachesAPageThatWaitsForTheBudget() {
        suspendProbes();
        sql.update("insert into rate_budget select date_bin('4 seconds', now(), timestamptz 'epoch') + n * interval '4 seconds', 600, 0 from generate_series(0, 8) n");
        long refused = RouteCoverage.runs(camel, "gateway-budget-refuse-budget");
        CompletableFuture<String> page = bulkCallAtTheBeginningOfAWindow();
        await().until(() -> RouteCoverage.runs(camel, "gateway-budget-refuse-budget") > refused);
        ok("POST", "/ops/pause", null);

        assertThatThrownBy(() -> page.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(Paused.class);
        sql.update("truncate rate_budget");
        assertThat(calls("GET /v2/people")).isZero();
        ok("POST", "/ops/resume", null);
        assertThat(bulkCall().join()).contains("data");
    }

    @Test
    void reachesAPageThatWaitsAsLongAsRetryAfterSays() {
        faults(under("/v2/people").header("Retry-After", "30").answers(429));
        CompletableFuture<String> page = bulkCallAtTheBeginningOfAWindow();
        await().until(() -> calls("GET /v2/people") == 1);
        ok("POST", "/ops/pause", null);

        assertThatThrownBy(() -> page.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(Paused.class);
        assertThat(calls("GET /v2/people")).isEqualTo(1);
    }

    /** A thousand of them would need more memory than there is. */
    @Test
    void showsTheBeginningOfAPayloadInAListAndAllOfItAlone() {
        int shown = policy("dead-letters-payload");
        String payload = "x".repeat(shown) + "the end";
        long id = letter("pull:people", payload);
        JsonNode listed = ok("GET", "/ops/dead-letters?text=the%20end", null).get(0);
        assertThat(listed.path("payload").asText()).isEqualTo("x".repeat(shown));
        assertThat(listed.path("length").asInt()).isEqualTo(payload.length());
        JsonNode alone = ok("GET", "/ops/dead-letters/" + id, null);
        assertThat(alone.fieldNames()).toIterable().containsExactlyElementsOf(listed::fieldNames);
        assertThat(alone.path("payload").asText()).isEqualTo(payload);
        for (String none : List.of("0", "-1", "seven", "9".repeat(30))) {
            assertThat(get("/ops/dead-letters/" + none, AS_OPS).statusCode()).as(none).isEqualTo(404);
        }
        assertThat(get("/ops/dead-letters/" + id).statusCode()).isEqualTo(401);
    }

    @Test
    void listsDeadLettersNewestFirst() {
        sql.update("""
                insert into dead_letter (source, error, payload, state) values ('pull:people', 'no id', '{"a":1}', 'dead'),
                ('POST /v2/people.json', '422 {}', null, 'replayed'), ('pull:accounts', 'no id', '{}', 'dead')""");
        JsonNode letters = ok("GET", "/ops/dead-letters", null);
        assertThat(letters.findValuesAsText("source")).containsExactly("pull:accounts", "pull:people");
        assertThat(letters.get(1).fieldNames()).toIterable().containsExactly("id", "at", "source", "error", "payload", "state", "length");
        assertThat(letters.get(1).path("payload").asText()).isEqualTo(quoted("{'a':1}"));
        assertThat(letters.get(0).path("id").asLong()).isGreaterThan(letters.get(1).path("id").asLong());

        assertThat(ok("GET", "/ops/dead-letters?limit=1", null).findValuesAsText("source")).containsExactly("pull:accounts");
        assertThat(ok("GET", "/ops/dead-letters?limit=" + policy("dead-letters-shown"), null)).hasSize(2);
        assertThat(ok("GET", "/ops/dead-letters?state=replayed", null).findValuesAsText("state")).containsExactly("replayed");
        assertThat(ok("GET", "/ops/dead-letters?state=other", null)).isEmpty();
        for (String limit : List.of("0", policy("dead-letters-shown") + 1 + "", "-1", "ten", "")) {
            assertThat(get("/ops/dead-letters?limit=" + limit, AS_OPS).statusCode()).as(limit).isEqualTo(400);
        }
    }

    @Test
    void replaysARecordIntoTheMirrorWhenItIsNewer() {
        sql.update("""
                insert into record (resource, id, updated_at, document) values
                ('accounts', 1, '2026-01-02T00:00:00Z', '{"name":"old"}'),
                ('accounts', 2, '2026-01-03T00:00:00Z', '{"name":"newer"}'),
                ('users', 2, '2026-01-03T00:00:00Z', '{"name":"stays"}')""");
        sql.update("insert into record (resource, id, updated_at, document, deleted_at) values ('accounts', 3, '2026-01-02T00:00:00Z', '{}', now())");
        long newer = letter("pull:accounts", account(1, "2026-01-02T00:00:00.000001Z", "taken"));
        long older = letter("pull:accounts", account(2, "2026-01-02T00:00:00Z", "older"));
        long reviving = letter("pull:accounts", account(3, "2026-01-03T00:00:00Z", "revived"));
        long tie = letter("pull:users", account(2, "2026-01-03T00:00:00Z", "tie"));

        for (long id : new long[] {newer, older, reviving, tie}) {
            assertThat(replay(id).toString()).isEqualTo(quoted("{'id':%s,'state':'replayed','error':null}", id));
        }
        assertThat(sql.queryForList("select name from accounts order by id", String.class)).containsExactly("taken", "newer", "revived");
        assertThat(sql.queryForList("select name from users", String.class)).containsExactly("stays");
    }

    @Test
    void leavesARecordDeadThatStillCannotBeStored() {
        long id = letter("pull:accounts", quoted("{'id':4,'updated_at':'yesterday'}"));
        long broken = letter("pull:accounts", quoted("{'id':"));
        long none = letter("pull:accounts", null);

        assertThat(replay(id).toString()).isEqualTo(quoted("{'id':%s,'state':'dead','error':'no updated_at'}", id));
        assertThat(replay(broken).path("error").asText()).contains("json");
        assertThat(replay(none).path("state").asText()).isEqualTo("dead");
        assertThat(sql.queryForMap("select state, error from dead_letter where id = ?", id)).containsEntry("state", "dead").containsEntry("error", "no updated_at");

        sql.update("update dead_letter set payload = ? where id = ?", account(4, "2026-01-01T00:00:00Z", "mended"), id);
        assertThat(replay(id).path("state").asText()).isEqualTo("replayed");
        assertThat(sql.queryForList("select name from accounts", String.class)).containsExactly("mended");
    }

    @Test
    void namesWhatCannotBeReplayed() {
        for (String id : List.of("999999999", "seven", "99999999999999999999")) {
            HttpResponse<String> unknown = send("POST", "/ops/dead-letters/" + id + "/replay", null, AS_OPS);
            assertThat(unknown.statusCode()).isEqualTo(404);
            assertThat(unknown.body()).contains("there is no dead letter " + id);
        }
        long done = letter("pull:accounts", account(1, "2026-01-02T00:00:00Z", "a"));
        replay(done);
        HttpResponse<String> again = send("POST", "/ops/dead-letters/" + done + "/replay", null, AS_OPS);
        assertThat(again.statusCode()).isEqualTo(409);
        assertThat(again.body()).contains("not dead any more: replayed", quoted("'status':409"));

        long other = letter("elsewhere", "{}");
        assertThat(replay(other).toString()).contains(quoted("'state':'dead'"), "nothing is known of how to replay elsewhere");
        assertThat(sql.queryForObject("select error from dead_letter where id = ?", String.class, other)).isEqualTo("test");
    }

    @Test
    void sendsARefusedMutationAgainUnderItsKey(CapturedOutput output) {
        long id = refused("ops-mended", Map.of());

        assertThat(replay(id).path("state").asText()).isEqualTo("replayed");
        assertThat(statuses("POST /v2/people")).isEqualTo(Map.of("422", 1L, "200", 1L));
        assertThat(sql.queryForMap("select operation, resource, actor, state, attempts from operation where key = 'ops-mended'"))
                .containsEntry("operation", "create").containsEntry("resource", "people").containsEntry("actor", "importer")
                .containsEntry("state", "done").containsEntry("attempts", 2);
        assertThat(SALESLOFT.count("people")).isEqualTo(121);
        assertThat(sql.queryForList("select state from dead_letter", String.class)).containsExactly("replayed");
        assertThat(output.getOut()).doesNotContain("ada@example.com").doesNotContain(Installation.OPS_TOKEN);
    }

    @Test
    void keepsOneDeadLetterOfAMutationThatIsRefusedAgain() {
        long id = refused("ops-hopeless", Map.of());
        faults(on("POST", "/v2/people").answers(422, quoted("{'errors':{'title':['is too long']}}")));

        JsonNode answer = replay(id);
        assertThat(answer.path("state").asText()).isEqualTo("dead");
        assertThat(answer.path("error").asText()).startsWith("422").contains("is too long");
        assertThat(sql.queryForList("select id, state, error like '%is too long%' as renewed from dead_letter").toString())
                .isEqualTo("[{id=" + id + ", state=dead, renewed=true}]");
        faults();
        assertThat(replay(id).path("state").asText()).isEqualTo("replayed");
        assertThat(SALESLOFT.count("people")).isEqualTo(121);
    }

    /** No body, nothing to compare: the key alone says that it is the same. */
    @Test
    void keepsOneDeadLetterOfARefusedDelete() {
        faults(on("DELETE", "/v2/people/.*").answers(422, "{}"));
        Map<String, Object> delete = Map.of("method", "DELETE", "path", "/v2/people/1.json", "idempotencyKey", "ops-gone", "operation", "delete", "actor", "importer");
        assertThatThrownBy(() -> call(delete, null)).isInstanceOf(Invalid.class);
        long id = onlyLetter();

        assertThat(replay(id).path("state").asText()).isEqualTo("dead");
        assertThat(onlyLetter()).isEqualTo(id);
        assertThat(calls("DELETE /v2/people/{id}") + calls("DELETE /v2/people")).isEqualTo(2);
    }

    @Test
    void leavesAMutationDeadThatCannotBeSentNow() {
        long id = refused("ops-later", Map.of());
        String refusal = sql.queryForObject("select error from dead_letter", String.class);

        ok("POST", "/ops/pause", null);
        assertThat(replay(id).toString()).isEqualTo(quoted("{'id':%s,'state':'dead','error':'paused by an operator'}", id));
        ok("POST", "/ops/resume", null);
        faults(on("POST", "/v2/people").answers(403));
        assertThat(replay(id).path("error").asText()).contains("403");
        assertThat(sql.queryForObject("select state from operation where key = 'ops-later'", String.class)).isEqualTo("failed");
        assertThat(sql.queryForMap("select state, error from dead_letter where id = ?", id)).containsEntry("state", "dead").containsEntry("error", refusal);
        faults();
        assertThat(replay(id).path("state").asText()).isEqualTo("replayed");
    }

    /** SalesLoft did it, and the process died before the letter was marked. */
    @Test
    void doesNotSendAgainWhatTheLedgerKnowsToBeDone() {
        long id = refused("ops-done", Map.of());
        sql.update("update operation set state = 'done', status = 200, answer = ?::jsonb where key = 'ops-done'", quoted("{'data':{'id':1}}"));

        assertThat(replay(id).path("state").asText()).isEqualTo("replayed");
        assertThat(calls("POST /v2/people")).isEqualTo(1);
    }

    /** SalesLoft did it, and the process died before the ledger knew. */
    @Test
    void looksUpWhatADeadProcessMayHaveCreated() {
        Map<String, Object> lookup = Map.of("lookupPath", "/v2/people.json", "lookupQuery", "email_addresses%5B%5D=ada%40example.com");
        long id = refused("ops-cut-off", lookup);
        call(mutation("ops-another"), NEW_PERSON);
        sql.update("update operation set state = 'started', holder = 'dead', lease_until = now() - interval '1 second' where key = 'ops-cut-off'");

        assertThat(replay(id).path("state").asText()).isEqualTo("replayed");
        assertThat(calls("POST /v2/people")).isEqualTo(2);
        assertThat(calls("GET /v2/people")).isEqualTo(1);
        assertThat(SALESLOFT.count("people")).isEqualTo(121);
        assertThat(sql.queryForObject("select state from operation where key = 'ops-cut-off'", String.class)).isEqualTo("done");
    }

    @Test
    void sendsAgainWhatADeadProcessDidNotCreate() {
        long id = refused("ops-not-sent", Map.of("lookupPath", "/v2/people.json", "lookupQuery", "email_addresses%5B%5D=ada%40example.com"));
        sql.update("update operation set state = 'started', holder = 'dead', lease_until = now() - interval '1 second' where key = 'ops-not-sent'");

        assertThat(replay(id).path("state").asText()).isEqualTo("replayed");
        assertThat(statuses("POST /v2/people")).isEqualTo(Map.of("422", 1L, "200", 1L));
        assertThat(SALESLOFT.count("people")).isEqualTo(121);
    }

    @Test
    void doesNotGuessWhatCannotBeLookedUp() {
        long id = refused("ops-blind", Map.of());
        sql.update("update operation set state = 'started', holder = 'dead', lease_until = now() - interval '1 second' where key = 'ops-blind'");

        assertThat(replay(id).path("error").asText()).contains("its outcome is unknown");
        assertThat(calls("POST /v2/people")).isEqualTo(1);
        assertThat(count("select count(*) from dead_letter where state = 'dead'")).isEqualTo(1);
    }

    @Test
    void replaysAllThatAreDead() {
        assertThat(ok("POST", "/ops/dead-letters/replay", null).toString()).isEqualTo(quoted("{'replayed':0,'dead':0}"));
        refused("ops-one-of-many", Map.of());
        letter("pull:accounts", account(1, "2026-01-02T00:00:00Z", "a"));
        letter("pull:accounts", account(2, "2026-01-02T00:00:00Z", "b"));
        letter("pull:accounts", quoted("{'id':3}"));
        letter("elsewhere", "{}");
        sql.update("update dead_letter set state = 'replayed' where payload like ?", quoted("%'b'%"));
        await().until(() -> metric("salesloft_dead_letters") == 4);

        assertThat(ok("POST", "/ops/dead-letters/replay", null).toString()).isEqualTo(quoted("{'replayed':2,'dead':2}"));
        assertThat(sql.queryForList("select name from accounts", String.class)).containsExactly("a");
        assertThat(SALESLOFT.count("people")).isEqualTo(121);
        await().until(() -> metric("salesloft_dead_letters") == 2);
        assertThat(ok("POST", "/ops/dead-letters/replay", null).toString()).isEqualTo(quoted("{'replayed':0,'dead':2}"));
    }

    /** Two operators at once: one effect, and no letter is counted twice. */
    @Test
    void replaysEachLetterOnceForTwoAtOnce() {
        refused("ops-shared", Map.of());
        for (int n = 1; n <= 40; n++) {
            letter("pull:accounts", account(n, "2026-01-02T00:00:00Z", "a" + n));
        }
        List<CompletableFuture<JsonNode>> both = IntStream.range(0, 2)
                .mapToObj(n -> CompletableFuture.supplyAsync(() -> ok("POST", "/ops/dead-letters/replay", null))).toList();
        int replayed = both.stream().mapToInt(answer -> answer.join().path("replayed").asInt()).sum();

        assertThat(replayed).isEqualTo(41);
        assertThat(statuses("POST /v2/people")).isEqualTo(Map.of("422", 1L, "200", 1L));
        assertThat(count("select count(*) from accounts")).isEqualTo(40);
        assertThat(count("select count(*) from dead_letter where state = 'dead'")).isZero();
    }

    /** A mutation that SalesLoft refuses, once; the dead letter it leaves. */
    private long refused(String key, Map<String, Object> lookup) {
        faults(on("POST", "/v2/people").times(1).answers(422, quoted("{'errors':{'email_address':['is invalid']}}")));
        Map<String, Object> mutation = new HashMap<>(mutation(key));
        mutation.putAll(lookup);
        assertThatThrownBy(() -> call(mutation, NEW_PERSON)).isInstanceOf(Invalid.class);
        return onlyLetter();
    }

    private static Map<String, Object> mutation(String key) {
        return Map.of("method", "POST", "path", "/v2/people.json", "idempotencyKey", key, "operation", "create", "actor", "importer");
    }

    private long onlyLetter() {
        return sql.queryForObject("select id from dead_letter", Long.class);
    }

    private long letter(String source, String payload) {
        return sql.queryForObject("insert into dead_letter (source, error, payload) values (?, 'test', ?) returning id", Long.class, source, payload);
    }

    private JsonNode replay(long id) {
        return ok("POST", "/ops/dead-letters/" + id + "/replay", null);
    }

    private static String account(long id, String updated, String name) {
        return quoted("{'id':%s,'updated_at':'%s','name':'%s'}", id, updated, name);
    }

    private CompletableFuture<String> bulkCall() {
        return CompletableFuture.supplyAsync(() -> call(Map.of("priority", "bulk", "query", "per_page=1"), null));
    }

    /** At a moment when who waits for the next window has almost all of it still to wait. */
    private CompletableFuture<String> bulkCallAtTheBeginningOfAWindow() {
        inWindowBefore(1.2);
        return bulkCall();
    }

    private JsonNode ok(String method, String path, String body) {
        HttpResponse<String> answer = send(method, path, body, AS_OPS);
        assertThat(answer.statusCode()).as(method + " " + path + ": " + answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        try {
            return JSON.readTree(answer.body());
        } catch (JsonProcessingException e) {
            throw new AssertionError(answer.body(), e);
        }
    }
}
