package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.checklist.ExerciseProcess;
import integration.salesloft.start.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.mock.env.MockEnvironment;
import org.springframework.util.FileSystemUtils;

/** What the checklist's exercises find of the routes as they are, and of routes of which safeguards were taken out. */
class ExercisesRunRouteTest {

    @TempDir
    private Path routes;

    @Test
    void routesAsTheyArePass() throws Exception {
        try (Installation here = new Installation(Postgres.shared(), "exercises", Map.of())) {
            List<String> settings = new ArrayList<>(List.of("--server.port=" + FreePort.find()));
            settings(here, ShortWaits.routes()).forEach((name, value) -> settings.add("--" + name + "=" + value));
            try (ConfigurableApplicationContext context = Command.application("exercises", Application.class, RouteCoverage.class).run(settings.toArray(String[]::new))) {
                Exchange done = context.getBean(ProducerTemplate.class).request(context.getEnvironment().getRequiredProperty("salesloft.command"), exchange -> { });
                RouteCoverage.note(context.getBean(CamelContext.class));
                assertThat(read(done.getMessage().getBody(String.class))).hasSize(15).allSatisfy((item, finding) -> assertThat(finding).startsWith("PASS"));
            }
        }
    }

    /** Each safeguard that is missing fails its item, and no other. */
    @Test
    void whatWasTakenOutFails() throws Exception {
        FileSystemUtils.copyRecursively(Path.of("routes"), routes);
        ShortWaits.shorten(routes);
        FileSystemUtils.copyRecursively(Path.of("routes/gateway"), routes.resolve("gateway"));
        FileSystemUtils.copyRecursively(Path.of("routes/webhook"), routes.resolve("webhook"));
        change("gateway/policies.camel.yaml", "${exchangeProperty.failed} < 3 ", "${exchangeProperty.failed} < 50 ");
        change("gateway/ledger.camel.yaml", "uri: direct:ops-audit", "uri: log:nobody");
        change("gateway/call.camel.yaml", "properties['page'] <= 500 ? 10 : 30", "properties['page'] <= 500 ? 1 : 1");
        TakenOut.from(routes.resolve("gateway/http.camel.yaml"), "circuitBreaker");
        TakenOut.from(routes.resolve("webhook/receive.camel.yaml"), "idempotentConsumer");

        Map<String, String> findings;
        try (Installation here = new Installation(Postgres.shared(), "exercises_taken_out", Map.of())) {
            findings = read(new ExerciseProcess(environment(here, routes), "--exercises", "public", 90).run().get("findings"));
        }
        assertThat(findings.entrySet().stream().filter(finding -> finding.getValue().startsWith("FAIL")).map(Map.Entry::getKey))
                .containsExactly("audit", "breaker", "cost", "retries", "webhook-events");
    }

    private void change(String file, String from, String to) throws IOException {
        String text = Files.readString(routes.resolve(file));
        assertThat(text).contains(from);
        Files.writeString(routes.resolve(file), text.replace(from, to));
    }

    private static Map<String, String> settings(Installation here, Path routes) {
        return Map.of("spring.datasource.url", here.settings(Map.of()).get("DATABASE_URL"), "spring.datasource.username", "postgres",
                "spring.datasource.password", "postgres", "salesloft.routes-dir", routes.toString());
    }

    private static MockEnvironment environment(Installation here, Path routes) {
        MockEnvironment environment = new MockEnvironment();
        settings(here, routes).forEach(environment::setProperty);
        return environment;
    }

    private static Map<String, String> read(String json) throws IOException {
        Map<String, String> findings = new TreeMap<>();
        for (JsonNode finding : new ObjectMapper().readTree(json)) {
            findings.put(finding.path("item").asText(), finding.path("state").asText() + ": " + finding.path("evidence").asText());
        }
        return findings;
    }
}
