package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.checklist.ExerciseProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.mock.env.MockEnvironment;

/** What the checklist's exercises find of routes of which safeguards were taken out. That the routes as they are pass says {@link ChecklistRunRouteTest}. */
class ExercisesRunRouteTest {

    @TempDir
    private Path routes;

    /** Each safeguard that is missing fails its item, and no other. */
    @Test
    void whatWasTakenOutFails() throws Exception {
        RoutesCopy copy = new RoutesCopy(routes);
        copy.change("gateway/policies.camel.yaml", "${exchangeProperty.failed} < 3 ", "${exchangeProperty.failed} < 4 ");
        copy.change("gateway/ledger.camel.yaml", "uri: direct:ops-audit", "uri: log:nobody");
        copy.change("gateway/call.camel.yaml", "501: 30}", "501: 1}");
        copy.takeOut("gateway/http.camel.yaml", "circuitBreaker");
        copy.takeOut("webhook/receive.camel.yaml", "idempotentConsumer");

        lookUpSoon(copy);
        assertThat(exercise()).containsOnlyKeys("audit", "breaker", "cost", "retries", "webhook-events");
    }

    /** A create whose answer was lost, which none of the items waits for. */
    static void lookUpSoon(RoutesCopy copy) throws IOException {
        copy.change("gateway/answer.camel.yaml", "{constant: {expression: \"10000\"}}", "{constant: {expression: \"300\"}}");
        // Nor does a busy machine run out of time.
        copy.change("exercises/run.camel.yaml", "< 32000", "< 92000");
        copy.change("exercises/run.camel.yaml", "< 42000", "< 102000");
    }

    /** What failed, by item. */
    private Map<String, String> exercise() throws Exception {
        try (Installation here = new Installation(Postgres.shared(), "exercises", Map.of())) {
            MockEnvironment settings = new MockEnvironment().withProperty("spring.datasource.url", here.settings(Map.of()).get("DATABASE_URL"))
                    .withProperty("spring.datasource.username", "postgres").withProperty("spring.datasource.password", "postgres")
                    .withProperty("salesloft.routes-dir", routes.toString());
            Map<String, String> failed = new TreeMap<>();
            for (JsonNode finding : new ObjectMapper().readTree(new ExerciseProcess(settings, "--exercises", "EXERCISES_DATABASE_URL", 150).run("public").get("findings"))) {
                if (finding.path("state").asText().equals("FAIL")) {
                    failed.put(finding.path("item").asText(), finding.path("evidence").asText());
                }
            }
            return failed;
        }
    }
}
