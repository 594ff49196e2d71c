package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.gateway.SalesLoftException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What operators do over HTTP: who may, pause and resume, and dead letters that are replayed. */
class OpsRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest
    @ValueSource(strings = {"GET /ops/pause", "POST /ops/pause", "POST /ops/resume"})
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
        assertThat(send(parts[0], parts[1], null, AS_OPS).statusCode()).isEqualTo(200);
    }

    @Test
    void pausesOnceAndResumes() {
        assertThat(ok("GET", "/ops/pause", null).toString()).isEqualTo("{\"paused\":false,\"by\":null,\"reason\":null,\"since\":null}");

        JsonNode first = ok("POST", "/ops/pause", "{\"reason\":\"too many bounces\"}");
        assertThat(first.path("paused").asBoolean()).isTrue();
        assertThat(first.path("by").asText()).isEqualTo("ops");
        assertThat(first.path("reason").asText()).isEqualTo("too many bounces");
        assertThat(first.path("since").asText()).startsWith("20").contains("T");
        assertThat(ok("POST", "/ops/pause", "{\"reason\":\"another\"}")).isEqualTo(first);
        assertThat(ok("GET", "/ops/pause", null)).isEqualTo(first);
        assertThat(get("/health").body()).contains("\"paused\":true");
        await().atMost(Duration.ofSeconds(10)).until(() -> metric("salesloft_paused") == 1);

        assertThat(ok("POST", "/ops/resume", "{\"reason\":\"found it\"}").toString())
                .isEqualTo("{\"paused\":false,\"by\":null,\"reason\":null,\"since\":null}");
        assertThat(ok("POST", "/ops/resume", null).path("paused").asBoolean()).isFalse();
        assertThat(get("/health").body()).contains("\"paused\":false");
        await().atMost(Duration.ofSeconds(10)).until(() -> metric("salesloft_paused") == 0);

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
            HttpResponse<String> malformed = send("POST", path, "{\"reason\":", AS_OPS);
            assertThat(malformed.statusCode()).isEqualTo(400);
            assertThat(malformed.body()).contains("not JSON");
        }
        assertThat(count("select count(*) from control where paused")).isZero();
        assertThat(ok("POST", "/ops/pause", "").path("paused").asBoolean()).isTrue();
    }

    @Test
    void stopsAPullAtItsPageAndHasItGoOnThere() {
        seed(Map.of("people", 2_000, "latencyMs", 60));
        pull("people");
        await().atMost(Duration.ofSeconds(20)).until(() -> count("select count(*) from people") >= 200);
        ok("POST", "/ops/pause", null);
        await().atMost(Duration.ofSeconds(10)).until(() -> count("select count(*) from sync_cursor where resource = 'people' and state = 'paused'") == 1);
        long then = calls("GET /v2/people");
        assertThat(count("select count(*) from people")).isLessThan(2_000);
        sql.update("update sync_cursor set next_run_at = 'infinity' where resource = 'people'");

        ok("POST", "/ops/resume", null);
        awaitPulled("people");
        assertThat(count("select count(*) from people")).isEqualTo(2_000);
        assertThat(calls("GET /v2/people")).isBetween(then + 1, 23L); // 20 pages, and the last asked again at its cursor
    }

    /** The budget is used up for long: a page waits in the gateway, and comes back as soon as there is a pause. */
    @Test
    void reachesAPageThatWaitsForTheBudget() {
        sql.update("insert into rate_budget select date_bin('4 seconds', now(), timestamptz 'epoch') + n * interval '4 seconds', 600, 0 from generate_series(0, 8) n");
        CompletableFuture<String> page = bulkCall();
        pauseAtTheBeginningOfAWindow();

        assertThatThrownBy(() -> page.get(2_500, TimeUnit.MILLISECONDS)).hasCauseInstanceOf(SalesLoftException.Paused.class);
        sql.update("truncate rate_budget");
        assertThat(calls("GET /v2/people")).isZero();
        ok("POST", "/ops/resume", null);
        assertThat(bulkCall().join()).contains("data");
    }

    @Test
    void reachesAPageThatWaitsAsLongAsRetryAfterSays() {
        faults(Map.of("path", "/v2/people.*", "status", 429, "headers", Map.of("Retry-After", "30")));
        CompletableFuture<String> page = bulkCall();
        await().atMost(Duration.ofSeconds(10)).until(() -> calls("GET /v2/people") == 1);
        pauseAtTheBeginningOfAWindow();

        assertThatThrownBy(() -> page.get(2_500, TimeUnit.MILLISECONDS)).hasCauseInstanceOf(SalesLoftException.Paused.class);
        assertThat(calls("GET /v2/people")).isEqualTo(1);
    }

    private CompletableFuture<String> bulkCall() {
        return CompletableFuture.supplyAsync(() -> call(Map.of("priority", "bulk", "query", "per_page=1"), null));
    }

    /** At a moment when who waits for the next window has almost all of it still to wait. */
    private void pauseAtTheBeginningOfAWindow() {
        long second = System.currentTimeMillis() / 4_000 + 2;
        await().pollInterval(Duration.ofMillis(20)).until(() -> System.currentTimeMillis() >= second * 4_000 + 300);
        ok("POST", "/ops/pause", null);
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
