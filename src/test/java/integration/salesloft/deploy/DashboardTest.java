package integration.salesloft.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import integration.salesloft.Promtool;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The dashboard can be imported anywhere and its panels ask what Prometheus understands; that the metrics exist is seen in a scrape. */
class DashboardTest {

    @Test
    void asksThePrometheusThatIsChosen() throws IOException {
        assertThat(Dashboard.read().findValues("datasource")).isNotEmpty().allMatch(source -> source.path("uid").asText().equals("${datasource}"));
        assertThat(Dashboard.read().path("templating").path("list").findValuesAsText("name")).startsWith("datasource").contains("job", "namespace");
        assertThat(Dashboard.panels()).allSatisfy(panel -> panel.path("targets").forEach(target -> assertThat(target.path("expr").asText()).contains("job=\"$job\", namespace=~\"$namespace\"")));
    }

    /** What a reader looks for. */
    @Test
    void showsEverything() throws IOException {
        assertThat(Dashboard.read().path("panels").findValuesAsText("title").stream().filter(title -> !title.isEmpty()).map(String::toLowerCase)).anyMatch(title -> title.equals("health"))
                .anyMatch(title -> title.contains("spent a minute, by priority")).anyMatch(title -> title.contains("p99, against 300 ms")).anyMatch(title -> title.contains("p99, against 500 ms"))
                .anyMatch(title -> title.contains("errors a minute, by kind")).anyMatch(title -> title.startsWith("breaker")).anyMatch(title -> title.equals("webhooks"))
                .anyMatch(title -> title.startsWith("lag")).anyMatch(title -> title.contains("jobs")).anyMatch(title -> title.contains("kafka")).anyMatch(title -> title.equals("rollback"));
        for (String baseline : List.of("300 ms:0.3", "500 ms:0.5")) {
            JsonNode panel = Dashboard.panels().stream().filter(one -> one.path("title").asText().contains(baseline.split(":")[0])).findFirst().orElseThrow();
            assertThat(panel.path("fieldConfig").path("defaults").path("thresholds").path("steps").findValuesAsText("value")).contains(baseline.split(":")[1]);
        }
    }

    /** Every replica shows the same rows of the same tables. */
    @Test
    void takesTheHighestOfWhatAllReplicasShare() throws IOException {
        Pattern gauge = Pattern.compile("salesloft_(?!build_info|gauges_read)(?!\\w+_(total|bucket|count|sum)\\b)\\w+");
        assertThat(Dashboard.queries()).filteredOn(query -> gauge.matcher(query).find())
                .allSatisfy(query -> assertThat(query).containsPattern("\\bmax( by \\([a-z]+\\) )?\\(salesloft_").doesNotContainPattern("\\bsum( by \\([a-z]+\\) )?\\(salesloft_"));
        assertThat(Dashboard.queries()).filteredOn(query -> query.contains("_total{")).allSatisfy(query -> assertThat(query).startsWith("sum by ("));
    }

    @Test
    void hasAPlaceForEachPanel() throws IOException {
        Set<String> taken = new HashSet<>();
        Set<Integer> ids = new HashSet<>();
        for (JsonNode panel : Dashboard.read().path("panels")) {
            assertThat(ids.add(panel.path("id").asInt())).isTrue();
            JsonNode place = panel.path("gridPos");
            assertThat(place.path("x").asInt() + place.path("w").asInt()).isLessThanOrEqualTo(24);
            for (int x = 0; x < place.path("w").asInt(); x++) {
                for (int y = 0; y < place.path("h").asInt(); y++) {
                    assertThat(taken.add((place.path("x").asInt() + x) + ":" + (place.path("y").asInt() + y))).as(panel.path("title").asText()).isTrue();
                }
            }
        }
    }

    @Test
    void asksWhatPrometheusUnderstands() throws Exception {
        YAMLMapper yaml = new YAMLMapper();
        ObjectNode rules = yaml.createObjectNode();
        ObjectNode group = rules.putArray("groups").addObject().put("name", "dashboard");
        var records = group.putArray("rules");
        for (String query : Dashboard.queries()) {
            records.addObject().put("record", "panel:" + records.size()).put("expr", query);
        }
        if (Promtool.isThere("promtool", "the queries of the dashboard")) {
            Promtool.Answer answer = Promtool.run(yaml.writeValueAsString(rules), "promtool", "check", "rules", "/dev/stdin");
            assertThat(answer.status()).as(answer.output()).isZero();
        }
    }
}
