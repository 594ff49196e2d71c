package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import org.springframework.util.FileSystemUtils;

/** What the checklist's exercises find of the routes as they are, and of routes of which safeguards were taken out. */
class ExercisesRunRouteTest {

    @TempDir
    private Path routes;

    @Test
    void routesAsTheyArePass() throws Exception {
        assertThat(exercise(ShortWaits.routes())).allSatisfy((item, finding) -> assertThat(finding).startsWith("PASS"));
    }

    private Map<String, String> exercise(Path routes) throws IOException {
        int port = FreePort.find();
        try (Installation here = new Installation(Postgres.shared(), "exercises_" + port, Map.of())) {
            List<String> settings = new ArrayList<>();
            Map.of("spring.datasource.url", here.settings(Map.of()).get("DATABASE_URL"), "spring.datasource.username", "postgres", "spring.datasource.password", "postgres",
                    "salesloft.routes-dir", routes.toString(), "server.port", String.valueOf(port)).forEach((name, value) -> settings.add("--" + name + "=" + value));
            try (ConfigurableApplicationContext context = Command.application("exercises", Application.class, RouteCoverage.class).run(settings.toArray(String[]::new))) {
                Exchange done = context.getBean(ProducerTemplate.class).request(context.getEnvironment().getRequiredProperty("salesloft.command"), exchange -> { });
                if (done.getException() != null) {
                    throw new IllegalStateException(done.getException());
                }
                RouteCoverage.note(context.getBean(CamelContext.class));
                Map<String, String> findings = new TreeMap<>();
                for (JsonNode finding : new ObjectMapper().readTree(done.getMessage().getBody(String.class))) {
                    findings.put(finding.path("item").asText(), finding.path("state").asText() + ": " + finding.path("evidence").asText());
                }
                findings.forEach((item, finding) -> System.out.println(item + " " + finding));
                return findings;
            }
        }
    }
}
