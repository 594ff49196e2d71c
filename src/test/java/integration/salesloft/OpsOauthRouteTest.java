package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.gateway.ReauthorizationRequired;
import integration.salesloft.token.AuthorizationCode;
import integration.salesloft.token.TokenCustody;
import integration.salesloft.token.TokenPair;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.test.util.ReflectionTestUtils;

/** Authorisation in the browser: the sandbox's page of consent is walked as a browser would, by script. */
@ExtendWith(OutputCaptureExtension.class)
class OpsOauthRouteTest extends IntegrationTest {

    /** Nobody asks for a token but the test: a probe would get one. */
    @BeforeEach
    void aloneWithSalesLoft() {
        suspendProbes();
        seed(Map.of("pkce", "required"));
        sql.update("update probe set auth_down = false");
    }

    @Test
    void connectsWithWhatSomebodyHasAllowed(CapturedOutput output) {
        inMidWindow(); // or there are no points to ask who it is
        SALESLOFT.put("users", new ObjectMapper().createObjectNode().put("id", firstUser()).put("name", "Quillon <b>&\"'"));
        HttpResponse<String> start = get("/ops/oauth/start", AS_OPS);
        assertThat(start.statusCode()).isEqualTo(302);
        assertThat(start.headers().firstValue("Location")).hasValue(address(start).toString());
        assertThat(start.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(start.body()).matches(quoted("\\{'url':'" + SALESLOFT.url() + "/oauth/authorize\\?client_id=sandbox-client&redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Foauth%2Fcallback"
                + "&response_type=code&state=[\\w-]{43}&code_challenge=[\\w-]{43}&code_challenge_method=S256','expiresInSeconds':600}"));
        String callback = Browser.allow(address(start));

        HttpResponse<String> page = get(callback);
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("<h1>Connected</h1>", "acts in SalesLoft as Quillon &lt;b&gt;&amp;&quot;&#39;, of the team Sandbox.");
        assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html;charset=UTF-8");
        assertThat(page.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(page.headers().firstValue("Referrer-Policy")).hasValue("no-referrer");
        assertThat(page.headers().firstValue("Content-Security-Policy").orElse("")).contains("default-src 'none'");
        assertThat(count("select version from oauth_token")).isEqualTo(1);
        assertThat(call(Map.of(), null)).contains("data");
        assertThat(statuses("POST /oauth/token")).isEqualTo(Map.of("200", 1L));
        assertThat(metric("salesloft_token_refreshes_total", "outcome=ok", "reason=authorized")).isPositive();

        // The same address once more: nothing is asked, and nothing changes.
        HttpResponse<String> replayed = get(callback);
        assertThat(replayed.statusCode()).isEqualTo(400);
        assertThat(replayed.body()).contains("This address was used before.");
        assertThat(statuses("POST /oauth/token")).isEqualTo(Map.of("200", 1L));
        assertThat(count("select version from oauth_token")).isEqualTo(1);

        assertThat(sql.queryForMap("select actor, outcome from oauth_authorization")).isEqualTo(Map.of("actor", "ops", "outcome", "done"));
        assertThat(get("/ops/audit?operation=authorize", AS_OPS).body().lines()).last().asString().contains(quoted("'actor' : 'ops'"), quoted("'outcome' : 'done'"));
        // The state and the code are good for nothing any more, but they are nobody's business.
        await().untilAsserted(() -> assertThat(output.getOut()).contains("authorisation that ops has begun: done").doesNotContain(parameter(callback, "state"), parameter(callback, "code"), "Quillon"));
        assertThat(sql.queryForList("select cast(row_to_json(a) as text) from oauth_authorization a union all select cast(row_to_json(l) as text) from audit_log l", String.class))
                .noneMatch(row -> row.contains(parameter(callback, "state")) || row.contains(parameter(callback, "code")) || row.contains("Quillon"));
    }

    @Test
    void hasSecretsOfItsOwnForEachStart() {
        URI one = start();
        URI other = start();
        assertThat(List.of("state", "code_challenge")).allSatisfy(secret -> assertThat(parameter(one.toString(), secret)).isNotEqualTo(parameter(other.toString(), secret)));
    }

    /** A container that was started with neither a pair nor a refresh token. */
    @Test
    void saysThatItIsNotConnectedYet(CapturedOutput output) {
        withoutStartToken(() -> {
            assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(ReauthorizationRequired.class).hasMessageContaining("GET /ops/oauth/start");
            probeIsDue();
            await().until(() -> count("select count(*) from probe where at is not null") == 1 && get("/health").statusCode() == 503);
            assertThat(get("/health").body()).contains(quoted("'connected':false"));
            await().untilAsserted(() -> assertThat(output.getOut()).containsOnlyOnce("P1 auth: not connected to SalesLoft yet: authorise it in the browser"));
            assertThat(calls("POST /oauth/token")).isZero();

            assertThat(get(Browser.allow(start())).statusCode()).isEqualTo(200);
            probeIsDue();
            await().until(() -> get("/health").statusCode() == 200);
            assertThat(count("select cast(auth_down as integer) from probe")).isZero();
            // Nor is there anything to begin anew with when it is lost, whatever token the chain had begun with.
            SALESLOFT.revokeTokens();
            Object fingerprint = ReflectionTestUtils.getField(custody(), "startFingerprint");
            ReflectionTestUtils.setField(custody(), "startFingerprint", "another");
            try {
                assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(ReauthorizationRequired.class);
                assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(ReauthorizationRequired.class);
            } finally {
                ReflectionTestUtils.setField(custody(), "startFingerprint", fingerprint);
            }
            assertThat(count("select version from oauth_token")).isEqualTo(2);
            assertThat(statuses("POST /oauth/token")).isEqualTo(Map.of("200", 1L, "400", 1L));
        });
    }

    /** What was lost begins anew, here and on a replica that has seen the loss; SALESLOFT_REFRESH_TOKEN stays what it was. */
    @Test
    void healsALostPair() {
        call(Map.of(), null);
        TokenPair before = custody().held();
        SALESLOFT.revokeTokens();
        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(ReauthorizationRequired.class);
        assertThat(count("select version from oauth_token")).isEqualTo(2);

        assertThat(get(Browser.allow(start())).statusCode()).isEqualTo(200);
        assertThat(count("select version from oauth_token")).isEqualTo(3);
        long asked = calls("POST /oauth/token");
        assertThat(call(Map.of(), null)).contains("data");
        custody().hold(before);
        assertThat(call(Map.of(), null)).contains("data");
        assertThat(custody().held().version()).isEqualTo(3);
        assertThat(calls("POST /oauth/token")).isEqualTo(asked);
        // The chain goes on like any other.
        SALESLOFT.expireTokens();
        assertThat(call(Map.of(), null)).contains("data");
        assertThat(count("select version from oauth_token")).isEqualTo(4);
    }

    @Test
    void changesNothingWhereItIsNotAllowed() {
        call(Map.of(), null);
        String callback = Browser.deny(start());
        HttpResponse<String> page = get(callback);
        assertThat(page.statusCode()).isEqualTo(403);
        assertThat(page.body()).contains("It was not allowed in SalesLoft.");
        assertThat(count("select version from oauth_token")).isEqualTo(1);
        assertThat(sql.queryForObject("select outcome from oauth_authorization", String.class)).isEqualTo("failed");
        // Nor can somebody put a code beside the state of a refusal.
        assertThat(get(callback.replaceFirst("error=\\w+", "code=other")).body()).contains("was used before");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "?state=", "?code=c&state=x", "?code=c&state=$%7Bexception%7D", "?error=access_denied", "?code=c&state=&scope="})
    void refusesAnAnswerToNothing(String query) {
        start();
        HttpResponse<String> page = get("/oauth/callback" + query);
        assertThat(page.statusCode()).isEqualTo(400);
        assertThat(page.body()).contains("This address belongs to no authorisation that was begun here.");
        assertThat(calls("POST /oauth/token")).isZero();
        assertThat(count("select count(*) from oauth_authorization where answered_at is null")).isEqualTo(1);
    }

    /** Counted as wrong tokens are, and no obstacle to whoever shows the right one from the same address. */
    @Test
    void slowsWhoeverShowsOneStateAfterTheOther() {
        String callback = Browser.allow(start());
        double before = metric("salesloft_access_refused_total", "reason=state");
        List<HttpResponse<String>> pages = IntStream.range(0, 15).mapToObj(n -> get("/oauth/callback?code=c&state=guess-" + n)).toList();
        assertThat(pages.get(0).statusCode()).isEqualTo(400);
        HttpResponse<String> last = pages.get(pages.size() - 1);
        assertThat(last.statusCode()).isEqualTo(429);
        assertThat(last.headers().firstValueAsLong("Retry-After").orElse(0)).isPositive();
        assertThat(last.body()).contains("Come later.").doesNotContain("guess-");
        assertThat(metric("salesloft_access_refused_total", "reason=state") - before).isBetween(10.0, 14.0);
        assertThat(get(callback).statusCode()).isEqualTo(200);
        // Whoever comes back to a used address has once shown the right one.
        assertThat(get(callback).statusCode()).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({"expires_at = now(),is too old", "settings = 'others',belongs to another OAuth client or redirect address than are set now"})
    void refusesAnAnswerThatIsNotToThisStart(String change, String why) {
        String callback = Browser.allow(start());
        sql.update("update oauth_authorization set " + change);
        HttpResponse<String> page = get(callback);
        assertThat(page.statusCode()).isEqualTo(400);
        assertThat(page.body()).contains("This address " + why + ".");
        assertThat(calls("POST /oauth/token")).isZero();
    }

    @ParameterizedTest
    @CsvSource({"error=invalid_request,SalesLoft sent no code: invalid_request.", "error=%3Cscript%3E,SalesLoft sent no code.", "code=,SalesLoft sent no code.", "x=y,SalesLoft sent no code."})
    void saysThatThereIsNoCode(String answer, String said) {
        HttpResponse<String> page = get(Browser.allow(start()).replaceFirst("code=[^&]*", answer));
        assertThat(page.statusCode()).isEqualTo(400);
        assertThat(page.body()).contains(said).doesNotContain("script");
        assertThat(calls("POST /oauth/token")).isZero();
    }

    /** The state is spent before the code is used, so that the two at most once go together. */
    @Test
    void takesOneOfTwoAnswersThatComeAtOnce() {
        String callback = Browser.allow(start());
        List<CompletableFuture<Integer>> answers = Stream.of(1, 2)
                .map(n -> CompletableFuture.supplyAsync(() -> get(callback).statusCode(), command -> new Thread(command).start())).toList();
        assertThat(answers).extracting(CompletableFuture::join).containsExactlyInAnyOrder(200, 400);
        assertThat(statuses("POST /oauth/token")).isEqualTo(Map.of("200", 1L));
    }

    /** As after a crash between SalesLoft's answer and the store: what was there before goes on, and a new start is all it takes. */
    @Test
    void losesNothingWhenTheAnswerIsLost() {
        call(Map.of(), null);
        faults(on("POST", "/oauth/token").times(1).afterWork().resets());
        String callback = Browser.allow(start());
        HttpResponse<String> page = get(callback);
        assertThat(page.statusCode()).isEqualTo(503);
        assertThat(page.body()).contains("the token endpoint: 0");
        assertThat(get(callback).body()).contains("was used before");
        assertThat(call(Map.of(), null)).contains("data");
        assertThat(count("select version from oauth_token")).isEqualTo(1);

        assertThat(get(Browser.allow(start())).statusCode()).isEqualTo(200);
        assertThat(count("select version from oauth_token")).isEqualTo(2);
    }

    @Test
    void saysWhatSalesLoftRefuses() {
        faults(on("POST", "/oauth/token").times(1).answers(401, quoted("{'error':'invalid_client'}")));
        HttpResponse<String> refused = get(Browser.allow(start()));
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).contains("SALESLOFT_CLIENT_ID, SALESLOFT_CLIENT_SECRET: SalesLoft refuses to issue a token (401 invalid_client)");
        // It is somebody's try, no renewal: nothing is put off for it.
        assertThat(count("select count(*) from token_failure")).isZero();

        faults(on("POST", "/oauth/token").times(1).answers(200, quoted("{'access_token':'a'}")));
        assertThat(get(Browser.allow(start())).statusCode()).isEqualTo(503); // good for two hours, and then?
        assertThat(count("select count(*) from oauth_token")).isZero();
        assertThat(sql.queryForList("select request ->> 'reason' from audit_log where operation = 'authorize' and outcome = 'failed' order by id desc limit 2", String.class))
                .last().asString().contains("invalid_client");
    }

    @Test
    void saysNoMoreThanTheKindOfAFailureOfOurs() {
        String callback = Browser.allow(start());
        sql.execute("alter table oauth_token rename to away");
        try {
            HttpResponse<String> page = get(callback);
            assertThat(page.statusCode()).isEqualTo(503);
            assertThat(page.body()).contains("BadSqlGrammarException").doesNotContain("oauth_token");
        } finally {
            sql.execute("alter table away rename to oauth_token");
        }
    }

    @Test
    void isConnectedAlsoWhereSalesLoftDoesNotSayAsWhom() {
        faults(under("/v2/(me|team)").answers(403));
        HttpResponse<String> page = get(Browser.allow(start()));
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("as a user whose name SalesLoft does not tell.");
        assertThat(count("select version from oauth_token")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"apiKey,ak_sandbox,SALESLOFT_API_KEY is used", "grant,client_credentials,SALESLOFT_GRANT is client_credentials", "redirectUrl,'',OAUTH_REDIRECT_URL is empty"})
    void refusesToBeginWhereNobodyCanAuthorise(String field, String value, String why) {
        AuthorizationCode code = camel.getRegistry().lookupByNameAndType("authorization-code", AuthorizationCode.class);
        Object before = ReflectionTestUtils.getField(code, field);
        ReflectionTestUtils.setField(code, field, value);
        try {
            HttpResponse<String> refused = get("/ops/oauth/start", AS_OPS);
            assertThat(refused.statusCode()).isEqualTo(409);
            assertThat(refused.body()).contains(why);
            assertThat(count("select count(*) from oauth_authorization")).isZero();
        } finally {
            ReflectionTestUtils.setField(code, field, before);
        }
    }

    @Test
    void isBegunByHoldersOfTheOpsTokenAlone() {
        assertThat(get("/ops/oauth/start").statusCode()).isEqualTo(401);
        assertThat(get("/ops/oauth/start", AS_SYNC).statusCode()).isEqualTo(401);
        assertThat(count("select count(*) from oauth_authorization")).isZero();
    }

    /** Where it is not known whether SalesLoft takes PKCE, it is not spoken of. */
    @Test
    void doesWithoutPkce() {
        SALESLOFT.settings(Map.of("pkce", "optional"));
        AuthorizationCode code = camel.getRegistry().lookupByNameAndType("authorization-code", AuthorizationCode.class);
        ReflectionTestUtils.setField(code, "pkce", false);
        try {
            URI url = start();
            assertThat(url.toString()).doesNotContain("challenge");
            assertThat(get(Browser.allow(url)).statusCode()).isEqualTo(200);
        } finally {
            ReflectionTestUtils.setField(code, "pkce", true);
        }
    }

    /** Whoever looks for a fault, and turns on all there is, finds neither state nor code nor tokens. */
    @Test
    void keepsItsSecretsWhateverIsLogged(CapturedOutput output) {
        URI url = start();
        Map<String, Level> levels = Map.of("ROOT", Level.DEBUG, "org.apache.hc.client5.http", Level.DEBUG, "org.apache.camel", Level.TRACE);
        Map<String, Level> before = new HashMap<>();
        levels.forEach((name, level) -> {
            before.put(name, logger(name).getLevel());
            logger(name).setLevel(level);
        });
        String state = parameter(url.toString(), "state");
        String code;
        try {
            get("/ops/oauth/start", AS_OPS);
            String callback = Browser.allow(url);
            code = parameter(callback, "code");
            assertThat(get(callback).statusCode()).isEqualTo(200);
            assertThat(get(callback).statusCode()).isEqualTo(400);
        } finally {
            before.forEach((name, level) -> logger(name).setLevel(level));
        }
        await().untilAsserted(() -> assertThat(output.getOut()).contains("DEBUG", "TRACE"));
        await().untilAsserted(() -> assertThat(output.getOut().lines().filter(line -> !line.contains("sun.net.httpserver") && !line.contains("httpclient.debug")) // the sandbox's, and the browser's
                .filter(line -> line.contains(state) || line.contains(code) || line.contains("sandbox-secret") || line.contains("sandbox-access") || line.contains("sandbox-refresh")
                        || line.contains("code_challenge") || line.contains(custody().held().accessToken()))).isEmpty());
    }

    private static Logger logger(String name) {
        return (Logger) LoggerFactory.getLogger(name);
    }

    private void withoutStartToken(Runnable test) {
        Object token = ReflectionTestUtils.getField(custody(), "startToken");
        ReflectionTestUtils.setField(custody(), "startToken", "");
        try {
            test.run();
        } finally {
            ReflectionTestUtils.setField(custody(), "startToken", token);
        }
    }

    private TokenCustody custody() {
        return camel.getRegistry().lookupByNameAndType("token-custody", TokenCustody.class);
    }

    private static long firstUser() {
        return SALESLOFT.first("users");
    }

    private URI start() {
        return address(get("/ops/oauth/start", AS_OPS));
    }

    private static URI address(HttpResponse<String> start) {
        return URI.create(start.body().replaceFirst(quoted("^\\{'url':'([^']*)'.*"), "$1"));
    }

    private static String parameter(String address, String name) {
        return address.replaceFirst(".*[?&]" + name + "=([^&]*).*", "$1");
    }
}
