package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.sandbox.FaultRule;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import integration.salesloft.start.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** GET /ops/smoke and --smoke: whether SalesLoft is reached, and if not, what an operator reads. */
@ExtendWith(OutputCaptureExtension.class)
class OpsSmokeRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String EMAIL = "ada.abara.1@sandbox.example";

    @Test
    void showsWhoWeAreAndHowManyPeopleThereAre(CapturedOutput output) throws Exception {
        inMidWindow();
        HttpResponse<String> answer = get("/ops/smoke", AS_OPS);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        JsonNode report = JSON.readTree(answer.body());
        assertThat(report.path("ok").asBoolean()).isTrue();
        assertThat(report.path("release").asText()).isEqualTo(camel.resolvePropertyPlaceholders("{{salesloft.release}}"));
        assertThat(report.path("checks")).extracting(check -> check.path("check").asText() + " " + check.path("state").asText() + " " + check.path("evidence").asText())
                .containsExactly("/v2/me.json PASS signed in as " + EMAIL, "/v2/people.json PASS total_count 120");
        await().untilAsserted(() -> assertThat(output.getOut().lines().filter(line -> line.contains("route=ops-smoke-show"))).hasSizeGreaterThanOrEqualTo(2).allMatch(line -> line.contains("priority=interactive")));
        await().untilAsserted(() -> assertThat(output.getOut().lines().filter(line -> !line.contains("sun.net.httpserver"))).noneMatch(line -> line.contains("@sandbox.example")));
    }

    @Test
    void isATableForWhoAcceptsText() {
        inMidWindow();
        HttpResponse<String> answer = get("/ops/smoke", "Authorization", AS_OPS[1], "Accept", "text/plain");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/plain;charset=UTF-8");
        assertThat(answer.headers().map()).doesNotContainKeys("Accept", "success", "Authorization");
        assertThat(answer.body()).matches("""
                ok: true
                release: \\S+
                tookMs: \\d+

                check            state  evidence                                  tookMs
                /v2/me.json      PASS   signed in as ada.abara.1@sandbox.example  \\d+
                /v2/people.json  PASS   total_count 120                           \\d+
                """);
    }

    static Stream<Arguments> failures() {
        FaultRule me = under("/v2/me");
        return Stream.of(
                arguments(me.answers(401), "SalesLoft turns our credentials away: GET me: 401. Look at SALESLOFT_CLIENT_ID, SALESLOFT_CLIENT_SECRET and SALESLOFT_REFRESH_TOKEN"),
                arguments(on("POST", "/oauth/token").answers(401, quoted("{'error':'invalid_client'}")),
                        "SalesLoft gives us no token. Look at SALESLOFT_CLIENT_ID, SALESLOFT_CLIENT_SECRET: SalesLoft refuses to issue a token (401 invalid_client)"),
                arguments(me.answers(403), "SalesLoft knows us and does not let us see this: GET me: 403. Look at SALESLOFT_SCOPE"),
                arguments(me.header("Retry-After", "60").answers(429), "the points are used up: GET me: 429, asked to wait 60"),
                arguments(me.answers(503), "SalesLoft does not answer: GET me: 503. Look at status.salesloft.com"),
                arguments(me.answers(404), "the answer is not one of SalesLoft's: GET me: 404. Look at SALESLOFT_API_URL"),
                arguments(me.answers(200, quoted("{'data':{}}")), "the answer is not one of SalesLoft's: it has no data.email. Look at SALESLOFT_API_URL"),
                arguments(me.hangs(), "no answer within 15 s: look at status.salesloft.com"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void saysWhatFailedAndWhatToLookAt(FaultRule fault, String evidence) {
        inMidWindow();
        suspendProbes();
        SALESLOFT.expireTokens(); // a probe may have one, and none of those that fail here needs it
        faults(fault);
        Instant begun = Instant.now();
        HttpResponse<String> answer = get("/ops/smoke", AS_OPS);
        assertThat(Duration.between(begun, Instant.now())).isLessThan(Duration.ofSeconds(13));
        faults();
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains(quoted("'ok':false"), quoted("'check':'/v2/me.json','state':'FAIL','evidence':'%s", evidence));
    }

    @Test
    void saysSoWhenPeopleAreNotCounted() {
        inMidWindow();
        faults(under("/v2/people").answers(200, quoted("{'data':[]}")));
        assertThat(get("/ops/smoke", AS_OPS).body()).contains(quoted("'check':'/v2/people.json','state':'FAIL'"), "it has no metadata.paging.total_count", "signed in as " + EMAIL);
    }

    @Test
    void saysThatItIsPaused() {
        sql.update("update control set paused = true");
        HttpResponse<String> answer = get("/ops/smoke", AS_OPS);
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("an operator has paused the container");
        assertThat(calls("GET /v2/people")).isZero();
    }

    @Test
    void saysThatItIsNotSalesLoftWhoFails() {
        sql.execute("alter table rate_budget rename to away");
        try {
            HttpResponse<String> answer = get("/ops/smoke", AS_OPS);
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).contains("the container could not ask: BadSqlGrammarException. Look at DATABASE_URL");
        } finally {
            sql.execute("alter table away rename to rate_budget");
        }
    }

    @Test
    void isForHoldersOfTheOpsTokenAlone() {
        assertThat(get("/ops/smoke").statusCode()).isEqualTo(401);
        assertThat(get("/ops/smoke", AS_SYNC).statusCode()).isEqualTo(401);
        assertThat(calls("GET /v2/people")).isZero();
    }

    /** As {@code --smoke} does, in this JVM, with a team and a database of its own. */
    @Test
    void isACommandThatStartsNothingElse() {
        try (Installation here = new Installation(POSTGRES, "smoke", Map.of())) {
            Flyway.configure().dataSource(new DriverManagerDataSource(POSTGRES.url("smoke"))).load().migrate();
            List<String> settings = new ArrayList<>();
            // Levels hold for all of this JVM, and other tests read what is logged.
            here.settings(Map.of("KAFKA_BROKERS", "", "logging.level.root", "INFO", "logging.level.org.apache.camel.impl.engine.AbstractCamelContext", "INFO")).forEach((name, value) -> settings.add("--" + name + "=" + value));
            try (ConfigurableApplicationContext command = Command.application("smoke", Application.class, RouteCoverage.class).run(settings.toArray(String[]::new))) {
                Exchange passed = smoke(command);
                assertThat(passed.getMessage().getBody(String.class)).contains("ok: true", "PASS   signed in as " + EMAIL, "PASS   total_count 120");
                assertThat(passed.getMessage().getHeader("success")).isEqualTo(true);
                here.salesloft.faults(under("/v2/people").answers(403));
                Exchange failed = smoke(command);
                assertThat(failed.getMessage().getBody(String.class)).contains("ok: false", "/v2/people.json  FAIL   SalesLoft knows us");
                assertThat(failed.getMessage().getHeader("success")).isEqualTo(false);
                here.salesloft.faults(under("/v2/people").answers(503));
                assertThat(smoke(command).getMessage().getBody(String.class)).contains("/v2/people.json  FAIL   SalesLoft does not answer");
                CamelContext camel = command.getBean(CamelContext.class);
                assertThat(camel.getRoutes()).extracting(route -> route.getEndpoint().getEndpointUri()).noneMatch(from -> from.startsWith("platform-http"))
                        .filteredOn(from -> from.startsWith("timer")).hasSize(1); // the one that keeps leases, of which there are none
                assertThat(here.calls("GET /v2/accounts") + here.count("select count(*) from lease")).isZero();
                RouteCoverage.note(camel);
            }
        }
    }

    private static Exchange smoke(ConfigurableApplicationContext command) {
        return command.getBean(ProducerTemplate.class).request(command.getEnvironment().getRequiredProperty("salesloft.command"), exchange -> exchange.getMessage().setBody(""));
    }
}
