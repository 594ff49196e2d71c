package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import integration.salesloft.token.TokenCustody;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.test.util.ReflectionTestUtils;

/** POST /ops/drills/expired-token: shows that an expired token is renewed, once, and only where that proves something. */
class OpsDrillsRouteTest extends IntegrationTest {

    @Test
    void showsThatTheNextCallRenewsTheToken() {
        inMidWindow();
        call(Map.of(), null);
        HttpResponse<String> answer = drill("");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).matches(quoted("\\{'healed':true,'tookMs':\\d+}"));
        assertThat(count("select version from oauth_token")).isEqualTo(2);
        assertThat(statuses("POST /oauth/token")).isEqualTo(Map.of("200", 2L));
        assertThat(statuses("GET /v2/me")).containsOnlyKeys("200");

        Map<String, Object> drill = sql.queryForMap("select * from drill");
        assertThat(drill).containsEntry("name", "expired-token").containsEntry("healed", true).containsEntry("actor", "ops").containsEntry("reason", null)
                .containsEntry("release", camel.resolvePropertyPlaceholders("{{salesloft.release}}"));
        assertThat(drill.get("ended_at")).isNotNull();
        HttpResponse<String> audit = get("/ops/audit?operation=drill", AS_OPS);
        assertThat(audit.body().lines()).last().asString().contains(quoted("'resource' : 'expired-token'"), quoted("'outcome' : 'done'"), "drill:" + drill.get("id"));
    }

    /** A new installation, which has no pair yet. */
    @Test
    void getsAPairFirstWhereThereIsNone() {
        inMidWindow();
        assertThat(drill("{}").statusCode()).isEqualTo(200);
        assertThat(count("select version from oauth_token")).isEqualTo(2);
    }

    /** What comes then is as it always is: the token counts as lost, and operators hear of it. */
    @Test
    void saysWhyItHasNotHealed() {
        inMidWindow();
        call(Map.of(), null);
        faults(on("POST", "/oauth/token").answers(400, quoted("{'error':'invalid_grant'}")));
        suspendProbes(); // keeps one from being the one to find out
        HttpResponse<String> answer = drill("");
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).matches(quoted("\\{'healed':false,'tookMs':[1-9]\\d*,'reason':'SALESLOFT_REFRESH_TOKEN: SalesLoft has revoked it; authorise anew in the browser \\(GET /ops/oauth/start\\), or set a new one and restart'}"));
        assertThat(sql.queryForMap("select healed, reason from drill")).containsEntry("healed", false).extractingByKey("reason").asString().contains("SALESLOFT_REFRESH_TOKEN");
        assertThat(count("select cast(auth_down as integer) from probe")).isEqualTo(1);
        assertThat(count("select count(*) from notice where audience = 'ops' and document ->> 'incident' = 'auth-down'")).isEqualTo(1);

        HttpResponse<String> again = drill("");
        assertThat(again.statusCode()).isEqualTo(409);
        assertThat(again.body()).contains("turns our credentials away already");
        assertThat(count("select count(*) from drill")).isEqualTo(1);
    }

    /** The token endpoint is away: the pair is as good as it was. */
    @Test
    void doesNoHarmWhereTheTokenEndpointDoesNotAnswer() {
        inMidWindow();
        call(Map.of(), null);
        faults(on("POST", "/oauth/token").answers(503));
        HttpResponse<String> answer = drill("");
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains(quoted("'healed':false"), "the token endpoint: 503");
        assertThat(call(Map.of(), null)).contains("data");
        assertThat(count("select version from oauth_token")).isEqualTo(1);
        assertThat(count("select cast(auth_down as integer) from probe")).isZero();
    }

    @Test
    void expiresNothingWhileCallsFailAsItIs() {
        inMidWindow();
        call(Map.of(), null);
        faults(under("/v2/me").answers(403));
        assertThat(drill("").body()).isEqualTo(quoted("{'healed':false,'tookMs':0,'reason':'nothing was expired, because a call fails as things are: GET me: 403'}"));
        assertThat(statuses("POST /oauth/token")).isEqualTo(Map.of("200", 1L));
    }

    @Test
    void saysNoMoreThanTheKindOfAFailureOfOurs() {
        inMidWindow();
        call(Map.of(), null);
        sql.execute("alter table oauth_token rename to away");
        try {
            assertThat(drill("").body()).contains(quoted("'healed':false"), "BadSqlGrammarException").doesNotContain("oauth_token");
        } finally {
            sql.execute("alter table away rename to oauth_token");
        }
    }

    @Test
    void isOneAtATimeOverAllReplicas() {
        inMidWindow();
        sql.update("insert into drill (id, name, actor, release) values ('other', 'expired-token', 'ops', 'r')");
        HttpResponse<String> second = drill("");
        assertThat(second.statusCode()).isEqualTo(409);
        assertThat(second.body()).contains("another drill is under way");
        assertThat(count("select count(*) from drill where ended_at is null")).isEqualTo(1);
        // Its process is gone.
        sql.update("update drill set began_at = now() - interval '6 minutes'");
        assertThat(drill("").statusCode()).isEqualTo(200);
        assertThat(count("select count(*) from drill where healed and id <> 'other'")).isEqualTo(1);
    }

    @Test
    void wantsConsentWhereARealRefreshTokenIsUsed() {
        inMidWindow();
        camel.getRegistry().bind("drill-wants-consent", true);
        try {
            for (String silent : new String[] {"", "{}", "{'consent':false}", "{'consent':null}"}) {
                HttpResponse<String> refused = drill(quoted(silent));
                assertThat(refused.statusCode()).isEqualTo(409);
                assertThat(refused.body()).contains("uses up a rotation of the refresh token", "consent");
            }
            assertThat(count("select count(*) from drill")).isZero();
            assertThat(drill(quoted("{'consent':true}")).statusCode()).isEqualTo(200);
        } finally {
            camel.getRegistry().bind("drill-wants-consent", false);
        }
    }

    @ParameterizedTest
    @CsvSource({"refresh_token,https://api.salesloft.com,https://accounts.salesloft.com,true", "refresh_token,http://localhost:8089,https://accounts.salesloft.com,true",
            "refresh_token,https://localhost.example.com,http://localhost,true", "refresh_token,http://127.0.0.1.example.com,http://127.0.0.1,true",
            "client_credentials,https://api.salesloft.com,https://accounts.salesloft.com,false", "refresh_token,http://localhost:8089,http://127.0.0.1:8089/x,false",
            "refresh_token,http://[::1]:8089,https://localhost,false"})
    void knowsASandbox(String grant, String api, String accounts, boolean wanted) throws Exception {
        JsonNode bean = new YAMLMapper().readTree(Path.of("routes/ops/drills.camel.yaml").toFile()).findParents("name").stream()
                .filter(node -> node.path("name").asText().equals("drill-wants-consent")).findFirst().orElseThrow();
        String script = bean.path("script").asText().replace("{{salesloft.grant}}", grant).replace("{{salesloft.api-url}}", api).replace("{{salesloft.accounts-url}}", accounts);
        assertThat(camel.resolveLanguage("spel").createExpression(script).evaluate(new DefaultExchange(camel), Boolean.class)).isEqualTo(wanted);
    }

    @Test
    void hasNothingToRenewWithAnApiKey() {
        TokenCustody custody = camel.getRegistry().lookupByNameAndType("token-custody", TokenCustody.class);
        ReflectionTestUtils.setField(custody, "apiKey", "ak_sandbox");
        try {
            HttpResponse<String> refused = drill(quoted("{'consent':true}"));
            assertThat(refused.statusCode()).isEqualTo(409);
            assertThat(refused.body()).contains("SALESLOFT_API_KEY is used, which does not expire");
        } finally {
            ReflectionTestUtils.setField(custody, "apiKey", "");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"[1]", "5", "{'consent':'yes'}", "{'consnt':true}", "{'consent':", "{} {}"})
    void refusesOtherBodies(String body) {
        assertThat(drill(quoted(body)).statusCode()).isEqualTo(400);
        assertThat(count("select count(*) from drill")).isZero();
    }

    @Test
    void isForHoldersOfTheOpsTokenAlone() {
        assertThat(send("POST", "/ops/drills/expired-token", quoted("{'consent':true}")).statusCode()).isEqualTo(401);
        assertThat(send("POST", "/ops/drills/expired-token", quoted("{'consent':true}"), AS_SYNC).statusCode()).isEqualTo(401);
        assertThat(count("select count(*) from drill")).isZero();
    }

    private HttpResponse<String> drill(String body) {
        return send("POST", "/ops/drills/expired-token", body, AS_OPS);
    }
}
