package integration.salesloft.deploy;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import integration.salesloft.Promtool;
import integration.salesloft.deploy.Alerts.Alert;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The alerts fire when they must (their own tests, by promtool), say what to do, and are routed as the example shows. */
class AlertsTest {

    private static final Path ROUTE = Path.of("routes/ops/watch.camel.yaml");
    private static final Path INCIDENT = Path.of("routes/ops/watch-incident.sql");

    @Test
    void sayHowBadItIsAndWhatToDo() throws IOException {
        assertThat(Alerts.all()).extracting(Alert::name).doesNotHaveDuplicates().contains("SalesloftAuthDown", "SalesloftApiErrors", "SalesloftRateLimited", "SalesloftHighLatency",
                "SalesloftSyncLag", "SalesloftWebhooksSilent", "SalesloftOutboxBacklog", "SalesloftDeadLetters", "SalesloftBudgetNearlySpent", "SalesloftPausedLong",
                "SalesloftResourceForbidden", "SalesloftRollbackFailed", "SalesloftGaugesStale", "SalesloftContainerGone");
        assertThat(Alerts.all()).allSatisfy(alert -> {
            assertThat(alert.duration()).as(alert.name()).matches("\\d+[smh]");
            assertThat(alert.labels().path("severity").asText()).as(alert.name()).isIn("critical", "warning", "info");
            assertThat(alert.labels().path("priority").asText()).as(alert.name()).isIn("P1", "P2", "P3");
            assertThat(alert.labels().path("priority").asText() + " " + alert.labels().path("severity").asText()).as(alert.name()).isNotIn("P1 warning", "P1 info", "P3 critical");
            assertThat(alert.annotations().path("summary").asText()).as(alert.name()).isNotBlank();
            assertThat(alert.annotations().path("description").asText()).as(alert.name()).hasSizeGreaterThan(40).endsWith(".");
            assertThat(URI.create(alert.annotations().path("runbook_url").asText())).as(alert.name()).matches(URI::isAbsolute).extracting(URI::getFragment).isNotNull();
        });
    }

    /** That each has its case is for promtool to prove; that none was forgotten is seen here, too, where there is no promtool. */
    @Test
    void haveTestsInWhichTheyFire() throws IOException {
        StringBuilder tests = new StringBuilder();
        for (String file : List.of("alerts.test.yaml", "alerts.hours.test.yaml")) {
            tests.append(Files.readString(Alerts.FOLDER.resolve(file)));
            assertThat(Alerts.read(file).path("tests")).isNotEmpty().allSatisfy(test -> assertThat(test.path("promql_expr_test")).as(test.path("name").asText()).isNotEmpty());
        }
        assertThat(Alerts.all()).allSatisfy(alert -> assertThat(tests).contains("{alertname=\"" + alert.name() + "\""));
    }

    @ParameterizedTest
    @CsvSource({"promtool,test rules alerts.test.yaml alerts.hours.test.yaml", "promtool,check rules alerts.yaml", "promtool,check config prometheus.yaml", "amtool,check-config alertmanager.yaml"})
    void passPrometheusOwnTests(String program, String arguments) throws Exception {
        if (Promtool.isThere(program, "deploy/prometheus by " + program + " " + arguments)) {
            String[] command = Stream.concat(Stream.of(program), Stream.of(arguments.split(" ")).map(word -> word.endsWith(".yaml") ? Alerts.FOLDER.resolve(word).toString() : word))
                    .toArray(String[]::new);
            Promtool.Answer answer = Promtool.run("", command);
            assertThat(answer.status()).as(answer.output()).isZero();
        }
    }

    /** What the container tells by itself begins and ends with the same numbers as the alert. */
    @Test
    void haveTheNumbersOfTheRouteThatTellsWithoutPrometheus() throws IOException {
        String expression = Alerts.all().stream().filter(alert -> alert.name().equals("SalesloftApiErrors")).findFirst().orElseThrow().expression();
        assertThat(number("\\[1m]\\)\\)\\)\\[(\\d+)m:15s]", expression)).isEqualTo(number("interval '(\\d+) minutes'", Files.readString(INCIDENT)));
        assertThat(number("salesloft_breaker_state\\[(\\d+)m]", expression)).isEqualTo(number("interval '(\\d+) minutes'", Files.readString(INCIDENT)));
        assertThat(number("\\[1m]\\)+\\[\\d+m:15s]\\) > (\\d+)", expression)).isEqualTo(number("id: ops-watch-pace\\s+note: .*\\s+expression: \\{constant: \\{expression: \"(\\d+)\"}}", Files.readString(ROUTE)));
        assertThat(number("timePeriodMillis: \"(\\d+)\"", Files.readString(ROUTE))).isEqualTo(60_000);
    }

    @Test
    void areRoutedAndHeldBackByNamesThatExist() throws IOException {
        JsonNode example = Alerts.read("alertmanager.yaml");
        Set<String> names = Alerts.all().stream().map(Alert::name).collect(Collectors.toSet());
        assertThat(Pattern.compile("\\bSalesloft\\w+").matcher(example.toString()).results().map(name -> name.group()).toList()).isNotEmpty().allMatch(names::contains);
        List<String> receivers = example.path("receivers").findValuesAsText("name");
        assertThat(example.path("route").findValuesAsText("receiver")).isNotEmpty().allMatch(receivers::contains);
        assertThat(StreamSupport.stream(example.path("route").path("routes").spliterator(), false).map(route -> route.path("matchers").get(0).asText()))
                .contains(quoted("priority='P1'"), quoted("priority='P2'"), quoted("priority='P3'"));
        JsonNode prometheus = Alerts.read("prometheus.yaml");
        assertThat(prometheus.path("rule_files").get(0).asText()).isEqualTo("alerts.yaml");
        String job = prometheus.path("scrape_configs").get(0).path("job_name").asText();
        assertThat(Alerts.all()).filteredOn(alert -> alert.expression().contains("up{")).isNotEmpty()
                .allSatisfy(alert -> assertThat(alert.expression()).contains("up{job=\"" + job + "\"}"));
    }

    /** The image has them, where the checklist looks for them. */
    @Test
    void areInTheImage() throws IOException {
        assertThat(Files.readString(Path.of("Dockerfile"))).contains("\nCOPY deploy/prometheus deploy/prometheus\n");
        assertThat(Files.readAllLines(Path.of(".dockerignore"))).as("what the build is given").contains("*", "!deploy/prometheus");
    }

    private static int number(String pattern, String text) {
        return Pattern.compile(pattern).matcher(text).results().map(found -> Integer.parseInt(found.group(1))).reduce((one, other) -> {
            throw new AssertionError(pattern + " is there twice");
        }).orElseThrow(() -> new AssertionError("no " + pattern + " in " + text));
    }
}
