package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import integration.salesloft.gateway.InvalidGrant;
import integration.salesloft.gateway.ReauthorizationRequired;
import integration.salesloft.gateway.Unavailable;
import integration.salesloft.token.TokenCustody;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** The token pair: who renews it, when, and what happens when it cannot be renewed. */
@ExtendWith(OutputCaptureExtension.class)
class GatewayTokenRouteTest extends IntegrationTest {

    /** Nobody asks for a token but the test: a probe would get one, or be the one to find out that it is no good. */
    @BeforeEach
    void aloneWithSalesLoft() {
        suspendProbes();
        seed(Map.of());
        sql.update("update probe set auth_down = false");
    }

    @Test
    void startsTheChainFromTheSettingAndKeepsItEncrypted() {
        assertThat(call(Map.of(), null)).contains("data");
        assertThat(count("select version from oauth_token")).isEqualTo(1);
        assertThat(new String(sql.queryForObject("select pair from oauth_token", byte[].class))).doesNotContain("sandbox", "access_token");
        assertThat(refreshes()).isEqualTo(1);
    }

    @Test
    void healsAnExpiredTokenWithoutTheCallerNoticing() {
        call(Map.of(), null);
        SALESLOFT.expireTokens();

        assertThat(call(Map.of(), null)).contains("data");
        assertThat(statuses("GET /v2/people")).isEqualTo(Map.of("200", 2L, "401", 1L));
        assertThat(count("select version from oauth_token")).isEqualTo(2);
        assertThat(count("select cast(auth_down as integer) from probe")).isZero();
    }

    @Test
    void renewsOnceHoweverManyNoticeAtOnce() {
        call(Map.of(), null);
        SALESLOFT.resetStats();
        SALESLOFT.expireTokens();

        List<CompletableFuture<String>> calls = IntStream.range(0, 8)
                .mapToObj(n -> CompletableFuture.supplyAsync(() -> call(Map.of("query", "per_page=1"), null), command -> new Thread(command).start()))
                .toList();
        assertThat(calls).allSatisfy(call -> assertThat(call.join()).contains("data"));
        assertThat(refreshes()).isEqualTo(1);
        assertThat(SALESLOFT.stats().get("revokedTokensUsed")).isEqualTo(0L);
    }

    @Test
    void renewsBeforeTheTokenEnds() {
        seed(Map.of("tokenTtlSeconds", 30)); // less than the minute a token must still be good for
        call(Map.of(), null);
        call(Map.of(), null);
        assertThat(statuses("GET /v2/people")).isEqualTo(Map.of("200", 2L));
        assertThat(refreshes()).isGreaterThanOrEqualTo(2);
    }

    @Test
    void repeatsAnOutageOfTheTokenEndpoint() {
        faults(on("POST", "/oauth/token").times(2).answers(503));
        assertThat(call(Map.of(), null)).contains("data");
        assertThat(statuses("POST /oauth/token")).isEqualTo(Map.of("503", 2L, "200", 1L));
    }

    @Test
    void givesUpOnAnOutageOfTheTokenEndpointAfterThreeAttempts() {
        faults(on("POST", "/oauth/token").resets());
        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(Unavailable.class);
    }

    /** A refresh token that SalesLoft calls dead is looked after for 30 s, never sent twice, and its loss is loud, once. */
    @Test
    void saysLoudlyThatTheTokenIsLostAndHealsWithANewOne(CapturedOutput output) {
        call(Map.of(), null);
        SALESLOFT.revokeTokens();

        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(ReauthorizationRequired.class)
                .hasMessageContaining("SALESLOFT_REFRESH_TOKEN");
        long asked = calls("POST /oauth/token");
        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(ReauthorizationRequired.class);
        assertThat(calls("POST /oauth/token")).isEqualTo(asked);
        assertThat(statuses("POST /oauth/token").get("400")).isEqualTo(1);
        assertThat(count("select cast(auth_down as integer) from probe")).isEqualTo(1);
        await().untilAsserted(() -> assertThat(output.getOut()).contains("P1 auth: "));
        await().until(() -> metric("salesloft_auth_down") == 1);
        await().untilAsserted(() -> assertThat(output.getOut().split("P1 auth: ", -1)).hasSize(2));
        assertThat(sql.queryForList("select document ->> 'message' from notice where audience = 'ops' and document ->> 'incident' = 'auth-down'", String.class))
                .singleElement().asString().contains("SALESLOFT_REFRESH_TOKEN");
    }

    @Test
    void saysThatTheClientIsRefused() {
        faults(on("POST", "/oauth/token").answers(401, quoted("{'error':'invalid_client'}")));
        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(ReauthorizationRequired.class)
                .hasMessageContaining("SALESLOFT_CLIENT_SECRET");
        assertThat(count("select cast(auth_down as integer) from probe")).isEqualTo(1);
        // Asked again after a while, not with each call; and by no replica.
        faults();
        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(ReauthorizationRequired.class)
                .hasMessageMatching(".*SALESLOFT_CLIENT_SECRET.*\\(401 invalid_client\\); asked again in [1-5] s");
        assertThat(calls("POST /oauth/token")).isEqualTo(1);
        sql.update("update token_failure set next_try_at = now()");
        assertThat(call(Map.of(), null)).contains("data"); // nothing is lost by it
        assertThat(count("select count(*) from token_failure")).isZero();
    }

    @Test
    void asksLessAndLessOftenWhereItIsRefused() {
        faults(on("POST", "/oauth/token").answers(400, quoted("{'error':'invalid_scope'}")));
        for (int seconds : new int[] {5, 10, 20, 40, 80, 160, 300, 300}) {
            String before = clock();
            assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(ReauthorizationRequired.class).hasMessageStartingWith("SALESLOFT_SCOPE: ");
            assertIsAskedAgainAfter(seconds, before);
            sql.update("update token_failure set next_try_at = now()");
        }
        // Other credentials than those that were refused do not wait.
        sql.update("update token_failure set credentials = 'others', next_try_at = now() + interval '1 hour'");
        faults();
        assertThat(call(Map.of(), null)).contains("data");
    }

    /** The refresh token that the chain is to begin with is dead: there is no successor to look for. */
    @Test
    void saysAtOnceThatTheStartTokenIsRefused() {
        seed(Map.of("refreshToken", "another"));
        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(ReauthorizationRequired.class).hasMessageContaining("SALESLOFT_REFRESH_TOKEN");
        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(ReauthorizationRequired.class);
        assertThat(statuses("POST /oauth/token")).isEqualTo(Map.of("400", 1L));
    }

    /** Whatever the status that invalid_grant comes with. */
    @Test
    void knowsADeadRefreshTokenByTheErrorThatIsNamed() {
        call(Map.of(), null);
        SALESLOFT.expireTokens();
        faults(on("POST", "/oauth/token").answers(401, quoted("{'error' : 'invalid_grant'}")));
        for (int call = 0; call < 3; call++) {
            // At the very end of a window nothing is asked.
            await().untilAsserted(() -> assertThatThrownBy(() -> call(Map.of("priority", "health"), null)).isInstanceOf(InvalidGrant.class));
        }
        assertThat(statuses("POST /oauth/token")).isEqualTo(Map.of("200", 1L, "401", 1L));
    }

    @Test
    void putsOffAnOutageOfTheTokenEndpointToo() {
        faults(on("POST", "/oauth/token").times(3).answers(503));
        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(Unavailable.class);
        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(Unavailable.class).hasMessageMatching("the token endpoint: 503; asked again in [1-5] s");
        assertThat(calls("POST /oauth/token")).isEqualTo(3);

        sql.update("update token_failure set next_try_at = now()");
        faults(on("POST", "/oauth/token").times(1).header("Retry-After", "100").answers(429));
        String before = clock();
        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(Unavailable.class);
        assertIsAskedAgainAfter(100, before);
    }

    private String clock() {
        return sql.queryForObject("select cast(clock_timestamp() as text)", String.class);
    }

    /** So long after it was refused, which was after this time and before now. */
    private void assertIsAskedAgainAfter(int seconds, String refusedAfter) {
        assertThat(sql.queryForMap("select next_try_at - make_interval(secs => ?) between cast(? as timestamptz) - interval '1 millisecond' and clock_timestamp() as so, next_try_at from token_failure", seconds, refusedAfter))
                .as("after " + seconds + " s").containsEntry("so", true);
    }

    @Test
    void goesOnWithATokenThatIsStillGoodWhileItCannotBeRenewed() {
        seed(Map.of("tokenTtlSeconds", 30));
        call(Map.of(), null);
        faults(on("POST", "/oauth/token").answers(503));
        assertThat(call(Map.of(), null)).contains("data");
        assertThat(statuses("GET /v2/people")).isEqualTo(Map.of("200", 2L));
    }

    /** Whoever looks for a fault in what is sent, and turns on all there is, finds no secret of ours. */
    @Test
    void keepsItsSecretsWhateverIsLogged(CapturedOutput output) {
        Map<String, Level> levels = Map.of("ROOT", Level.DEBUG, "org.apache.hc.client5.http", Level.DEBUG, "org.apache.camel", Level.TRACE);
        Map<String, Level> before = new HashMap<>();
        levels.forEach((name, level) -> {
            before.put(name, logger(name).getLevel());
            logger(name).setLevel(level);
        });
        try {
            call(Map.of("query", "email_addresses%5B%5D=someone%40example.com"), null);
        } finally {
            before.forEach((name, level) -> logger(name).setLevel(level));
        }
        String token = camel.getRegistry().lookupByNameAndType("token-custody", TokenCustody.class).held().accessToken();
        await().untilAsserted(() -> assertThat(output.getOut()).contains("DEBUG", "TRACE"));
        await().untilAsserted(() -> assertThat(output.getOut().lines().filter(line -> !line.contains("sun.net.httpserver")) // the sandbox's
                .filter(line -> line.contains(token) || line.contains("sandbox-secret") || line.contains("sandbox-refresh")
                || line.contains("someone%40example") || line.contains("someone@example"))).isEmpty());
    }

    private static Logger logger(String name) {
        return (Logger) LoggerFactory.getLogger(name);
    }

    @Test
    void doesNotTakeAnAnswerWithoutATokenForAPair() {
        call(Map.of(), null);
        SALESLOFT.expireTokens();
        faults(on("POST", "/oauth/token").times(1).answers(200, "{}"),
                on("POST", "/oauth/token").times(1).answers(200, quoted("{'access_token':null}")));
        assertThat(call(Map.of(), null)).contains("data");
        assertThat(count("select version from oauth_token")).isEqualTo(2);
    }

    /** The new pair is nowhere else: as long as this process lives it is stored, however often that takes. */
    @Test
    void keepsTryingToStoreANewPair() {
        SALESLOFT.settings(Map.of("refreshMode", "on_issue"));
        call(Map.of(), null);
        SALESLOFT.expireTokens();
        sql.execute("alter table oauth_token add constraint unavailable check (version < 2)");
        CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> call(Map.of(), null), command -> new Thread(command).start());
        try {
            await().until(() -> refreshes() == 2);
            await().during(Duration.ofSeconds(1)).until(() -> !answer.isDone());
        } finally {
            sql.execute("alter table oauth_token drop constraint unavailable");
        }
        assertThat(answer.join()).contains("data");
        assertThat(count("select version from oauth_token")).isEqualTo(2);
        assertThat(refreshes()).isEqualTo(2);
    }

    @Test
    void refusesToOverwriteAPairThatSomebodyElseHasRenewed() {
        call(Map.of(), null);
        sql.update("update oauth_token set version = version + 5");
        SALESLOFT.expireTokens();

        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(Unavailable.class)
                .hasMessageContaining("somebody else");
        assertThat(count("select version from oauth_token")).isEqualTo(6);
    }

    private long refreshes() {
        return statuses("POST /oauth/token").getOrDefault("200", 0L);
    }
}
