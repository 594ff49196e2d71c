package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.checklist.ExerciseProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.mock.env.MockEnvironment;
import org.springframework.util.FileSystemUtils;

/** What the checklist's exercises find of routes of which safeguards were taken out. That the routes as they are pass says {@link ChecklistRunRouteTest}. */
class ExercisesRunRouteTest {

    @TempDir
    private Path routes;

    /** Each safeguard that is missing fails its item, and no other. */
    @Test
    void whatWasTakenOutFails() throws Exception {
        FileSystemUtils.copyRecursively(Path.of("routes"), routes);
        change("gateway/policies.camel.yaml", "${exchangeProperty.failed} < 3 ", "${exchangeProperty.failed} < 50 ");
        change("gateway/ledger.camel.yaml", "uri: direct:ops-audit", "uri: log:nobody");
        change("gateway/call.camel.yaml", "501: 30}", "501: 1}");
        TakenOut.from(routes.resolve("gateway/http.camel.yaml"), "circuitBreaker");
        TakenOut.from(routes.resolve("webhook/receive.camel.yaml"), "idempotentConsumer");

        assertThat(exercise()).containsOnlyKeys("audit", "breaker", "cost", "retries", "webhook-events");
    }

    private void change(String file, String from, String to) throws IOException {
        String text = Files.readString(routes.resolve(file));
        assertThat(text).contains(from);
        Files.writeString(routes.resolve(file), text.replace(from, to));
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
