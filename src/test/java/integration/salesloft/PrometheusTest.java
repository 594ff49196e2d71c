package integration.salesloft;

import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import integration.salesloft.deploy.Alerts;
import integration.salesloft.deploy.Dashboard;
import integration.salesloft.gateway.SalesLoftException;
import integration.salesloft.gateway.Unauthorized;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real Prometheus scrapes the container, with the rules loaded: SalesLoft breaks, and the alerts fire and clear. So that nobody waits for
 * minutes, time goes sixty times as fast: a scrape every 250 ms in place of 15 s, and each duration in the rules is a sixtieth.
 */
class PrometheusTest extends IntegrationTest {

    private static final int FASTER = 60;
    private static final Pattern DURATION = Pattern.compile("(?<=\\[|:|for: )(\\d+)([smh])(?=[]:\\n])");

    @TempDir
    Path folder;

    @Test
    void seesThatSalesLoftBreaksAndIsWellAgain() throws Exception {
        if (!Promtool.isThere("prometheus", "that the alerts fire and clear in a real Prometheus")) {
            return;
        }
        assertThat(faster("for: 1m\n[5m:15s] [1m]")).as("all durations are found").isEqualTo("for: 1000ms\n[5000ms:250ms] [1000ms]");
        Files.writeString(folder.resolve("alerts.yaml"), faster(Files.readString(Alerts.FOLDER.resolve("alerts.yaml"))));
        String configuration = Files.readString(Alerts.FOLDER.resolve("prometheus.yaml"));
        assertThat(configuration).contains("localhost:8081", "localhost:9093", "_interval: 15s");
        try (Program prometheus = Program.prometheus(folder, configuration.replace("localhost:8081", "localhost:" + managementPort()).replace("localhost:9093", "localhost:1")
                .replace("_interval: 15s", "_interval: " + 15_000 / FASTER + "ms"))) {
            await().until(() -> samples(prometheus, "up == 1").size() == 1 && firing(prometheus).isEmpty());

            // A 401 that one renewal does not heal.
            faults(under("/v2/").answers(401));
            assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(Unauthorized.class);
            await().until(() -> firing(prometheus).equals(Set.of("SalesloftAuthDown")));

            // Answers again, but with 5xx.
            faults(under("/v2/(?!me)").answers(503));
            await().until(() -> {
                for (String resource : Set.of("people", "accounts", "notes")) {
                    assertThatThrownBy(() -> call(Map.of("resource", resource, "path", "/v2/" + resource + ".json"), null)).isInstanceOf(SalesLoftException.class);
                }
                return firing(prometheus).contains("SalesloftApiErrors");
            });

            // Once the breaker lets a call through again, which a probe would find out in some seconds.
            faults();
            await().until(() -> answered() && breaker().getState() == CircuitBreaker.State.CLOSED);
            probeIsDue();
            await().atMost(Duration.ofSeconds(60)).until(() -> firing(prometheus).isEmpty());

            // Each panel of the dashboard has something to show, or would if there were something.
            assertThat(Dashboard.queries()).allSatisfy(query -> assertThat(prometheus.query(query).path("status").asText()).as(query).isEqualTo("success"));
            assertThat(Dashboard.queries()).filteredOn(query -> query.startsWith("max(salesloft_")).allSatisfy(query -> await().untilAsserted(() -> assertThat(samples(prometheus, query)).as(query).isNotEmpty()));
        }
    }

    private boolean answered() {
        try {
            return !call(Map.of(), null).isEmpty();
        } catch (SalesLoftException e) {
            return false;
        }
    }

    private static String faster(String rules) {
        return DURATION.matcher(rules).replaceAll(found -> {
            int unit = Map.of("s", 1_000, "m", 60_000, "h", 3_600_000).get(found.group(2));
            return Integer.parseInt(found.group(1)) * unit / FASTER + "ms";
        });
    }

    private static JsonNode samples(Program prometheus, String query) {
        return prometheus.query(query).path("data").path("result");
    }

    private static Set<String> firing(Program prometheus) {
        return new TreeSet<>(samples(prometheus, "ALERTS{alertstate=\"firing\"}").findValuesAsText("alertname"));
    }
}
