package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** GET /sync/status and POST /sync/pull: who may, what they answer, and what they say to a wrong request. */
class SyncStatusRouteTest extends IntegrationTest {

    @Test
    void showsEveryResource() {
        HttpResponse<String> answer = get("/sync/status", AS_OPS);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body().replace(" ", "")).contains(quoted("'paused':false"), quoted("'people':{'state':'idle'"), quoted("'pulled':0"), quoted("'lastRun':"));
        assertThat(get("/sync/status", AS_SYNC).statusCode()).isEqualTo(200);
    }

    @Test
    void letsNobodyInWithoutAToken() {
        for (HttpResponse<String> refused : new HttpResponse[] {get("/sync/status"), get("/sync/status", "Authorization", "Bearer wrong"),
                get("/sync/status", "Authorization", Installation.OPS_TOKEN), send("POST", "/sync/pull", quoted("{'resource':'people'}"))}) {
            assertThat(refused.statusCode()).isEqualTo(401);
            assertThat(refused.headers().firstValue("Content-Type")).hasValue("application/problem+json");
            assertThat(refused.headers().map()).doesNotContainKey("Authorization");
        }
    }

    @Test
    void pullsAgainFromAnInstant() {
        HttpResponse<String> answer = send("POST", "/sync/pull", quoted("{'resource':'accounts','since':'2026-01-31T00:00:00Z'}"), AS_OPS);
        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(answer.body()).contains("accounts", "queued");
        awaitPulled("accounts");
    }

    @Test
    void namesWhatIsWrong() {
        assertThat(problem(quoted("{'resource':'horses'}"))).contains("no such resource to pull: horses");
        assertThat(problem(quoted("{'resource':'people','since':'yesterday'}"))).contains("since: must be an instant");
        assertThat(problem(quoted("{'resource':"))).contains(quoted("'status':400"));
        assertThat(problem("")).contains("must be a JSON object such as");
        for (String odd : List.of("null", "{}", "{'resource':5}", "{'resource':{'a':1}}", "{'resource':['users']}", "{'resource':'users\\u0000'}",
                "{'resource':'users','since':5}", "{'resource':'users','sinc':'2026-01-31T00:00:00Z'}")) {
            assertThat(problem(quoted(odd))).contains("must be a JSON object such as");
        }
        assertThat(problem("[1]")).contains("not the JSON that is expected here");
        assertThat(problem(quoted("{'resource':'users'} trailing"))).contains(quoted("'status':400"));
        assertThat(problem(quoted("{'resource':'users','since':'9999-01-01T00:00:00Z'}"))).contains("since: must be an instant of the past");
    }

    @Test
    void takesNoMoreThanAMebibyte() {
        HttpResponse<String> answer = send("POST", "/sync/pull", "x".repeat((1 << 20) + 1), AS_OPS);
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(answer.body()).contains(quoted("'status':413"));
        assertThat(answer.headers().map()).doesNotContainKey("authorization");
    }

    /** Users can only be read whole, from whatever instant they are asked for. */
    @Test
    void pullsAgainInTheModeOfTheResource() {
        pull("users");
        awaitPulled("users");
        sql.update("delete from record");
        SALESLOFT.resetStats();
        assertThat(send("POST", "/sync/pull", quoted("{'resource':'users','since':'2026-01-31T00:00:00Z'}"), AS_OPS).statusCode()).isEqualTo(202);
        awaitPulled("users");
        assertThat(count("select count(*) from users")).isEqualTo(5);
        assertThat(calls("GET /v2/users")).isEqualTo(1);
    }

    /** From an instant ahead of the cursor: what lies between would never be pulled. */
    @Test
    void skipsNothingThatHasNotBeenPulledYet() {
        assertThat(send("POST", "/sync/pull", quoted("{'resource':'accounts','since':'2026-11-20T00:00:00Z'}"), AS_OPS).statusCode()).isEqualTo(202);
        awaitPulled("accounts");
        assertThat(count("select count(*) from accounts")).isEqualTo(10);
        sql.update("delete from record");
        sql.update("update sync_cursor set cursor = '2026-01-01', finished_at = null where resource = 'accounts'");
        assertThat(send("POST", "/sync/pull", quoted("{'resource':'accounts','since':'2026-11-20T00:00:00Z'}"), AS_OPS).statusCode()).isEqualTo(202);
        awaitPulled("accounts");
        assertThat(count("select count(*) from accounts")).isEqualTo(10);
    }

    /** curl sends what it is given as a form, and so do many scripts. */
    @ParameterizedTest
    @ValueSource(strings = {"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/json; charset=UTF-16"})
    void takesABodyWhateverTypeItClaims(String type) {
        HttpResponse<String> answer = send("POST", "/sync/pull?resource=none", quoted("{'resource':'accounts'}"), "Authorization", AS_OPS[1], "Content-Type", type);
        assertThat(answer.statusCode()).isEqualTo(202);
        awaitPulled("accounts");
    }

    @Test
    void answersProblemsWhereThereIsNoRoute() {
        for (HttpResponse<String> answer : new HttpResponse[] {get("/nothing"), get("/error"), send("DELETE", "/health", null), get("/sync/pull")}) {
            assertThat(answer.statusCode()).isIn(404, 405);
            assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
            assertThat(answer.body()).contains(quoted("'status':%s", answer.statusCode()));
        }
    }

    private String problem(String body) {
        HttpResponse<String> answer = send("POST", "/sync/pull", body, AS_OPS);
        assertThat(answer.statusCode()).as(body).isEqualTo(400);
        return answer.body();
    }
}
