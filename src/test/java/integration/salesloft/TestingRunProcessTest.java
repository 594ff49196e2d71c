package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;

import integration.salesloft.start.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.util.FileSystemUtils;

/**
 * The tests in {@code tests/} pass with the routes as they are; a policy that was changed fails the test that is about it, and no other; and so do the
 * recipes of {@code docs/editing-routes.md}, each of which passes its own.
 */
class TestingRunProcessTest {

    private static final Path TESTS = Path.of("tests");
    /** It starts the exercises, which {@link ChecklistRunRouteTest} runs. */
    private static final String CHECKLIST = "checklist.yaml";
    /** Of which the first recipe makes five attempts. */
    private static final String THREE_ATTEMPTS = "repeat-after-503.yaml";
    /** Its container is given a setting that is none. */
    private static final String NOT_STARTED = "not-started.yaml";
    /** By the test that is about it: the file, what stands there, and what is written in its place. */
    private static final Map<String, List<String>> BROKEN = Map.of(
            "token-expired.yaml", List.of("gateway/policies.camel.yaml", "${exchangeProperty.rejected} < 2 ", "${exchangeProperty.rejected} < 1 "),
            "rate-limited.yaml", List.of("gateway/budget.camel.yaml", quoted("{'0': '900'}"), quoted("{'0': '1'}")),
            "read-only.yaml", List.of("gateway/call.camel.yaml", "{{salesloft.read-only}} == true", "{{salesloft.read-only}} == null"));

    @TempDir
    private Path routes;
    @TempDir
    private Path tests;

    @Test
    void aPolicyThatWasChangedFailsItsTest() throws IOException {
        RoutesCopy copy = new RoutesCopy(routes);
        Recipes.applyTo(copy);
        Set<String> fail = new TreeSet<>(BROKEN.keySet());
        fail.addAll(List.of(THREE_ATTEMPTS, NOT_STARTED));
        for (List<String> change : BROKEN.values()) {
            copy.change(change.get(0), change.get(1), change.get(2));
        }
        ShortWaits.shorten(routes, "gateway-http-breaker"); // a test looks at it while it is open
        FileSystemUtils.copyRecursively(TESTS, tests);
        Files.delete(tests.resolve(CHECKLIST));
        Recipes.writeTests(tests);
        Files.writeString(tests.resolve(NOT_STARTED), "test: It does not start\ngiven: {settings: {SALESLOFT_RATE_LIMIT: many}}\nthen: {records: [{in: people}]}\n");

        Exchange broken = run(routes, tests);
        String lines = broken.getMessage().getBody(String.class);
        assertThat(named("FAILED", lines)).as(lines).isEqualTo(fail);
        assertThat(named("passed", lines)).as(lines).hasSizeGreaterThanOrEqualTo(10).contains("recipe-1.yaml", "recipe-2.yaml", "recipe-3.yaml", "recipe-4.yaml");
        // The fourth call is one too many, whether or not the fifth is made before the test ends.
        assertThat(lines).containsPattern(quoted("calls: expected 3 [{]'call': 'GET /v2/people.json'[}], seen [45]"));
        assertThat(lines).contains(quoted("calls: expected 2 {'call': 'POST /oauth/token'}, seen 1"),
                "GET /v2/people.json at least 3950 ms apart, seen 1", quoted("calls: never {'call': 'POST /v2/people.json'}, seen 1"), "the container does not start: SALESLOFT_RATE_LIMIT: ");
        assertThat(broken.getMessage().getHeader("success")).isEqualTo(false);

        // As they are, with their real waits.
        Files.delete(tests.resolve(NOT_STARTED));
        try (Stream<Path> files = Files.list(tests)) {
            for (Path other : files.filter(file -> !fail.contains(file.getFileName().toString())).toList()) {
                Files.delete(other);
            }
        }
        Exchange asTheyAre = run(Path.of("routes"), tests);
        assertThat(asTheyAre.getMessage().getBody(String.class)).endsWith("4 tests, 4 passed, 0 failed");
        assertThat(asTheyAre.getMessage().getHeader("success")).isEqualTo(true);

        assertThat(new JdbcTemplate(new DriverManagerDataSource(Postgres.shared().url("postgres"))).queryForList("select nspname from pg_namespace where nspname like 'salesloft_test%'")).isEmpty();
    }

    /** The files that a report names with this word. */
    private static Set<String> named(String word, String report) {
        return Pattern.compile("(?m)^" + word + " +(\\S+)").matcher(report).results().map((MatchResult found) -> found.group(1)).collect(Collectors.toSet());
    }

    private static Exchange run(Path routes, Path tests) {
        List<String> settings = new ArrayList<>();
        // Levels hold for all of this JVM, and other tests read what is logged.
        Map.of("DATABASE_URL", Postgres.shared().url("postgres"), "DATABASE_USER", "postgres", "DATABASE_PASSWORD", "", "ROUTES_DIR", routes.toString())
                .forEach((name, value) -> settings.add("--" + name + "=" + value));
        try (ConfigurableApplicationContext command = Command.application("test", Application.class, RouteCoverage.class).run(settings.toArray(String[]::new))) {
            Exchange done = command.getBean(ProducerTemplate.class).request(command.getEnvironment().getRequiredProperty("salesloft.command"),
                    exchange -> exchange.getMessage().setBody(tests.toString()));
            assertThat(done.getException()).isNull();
            RouteCoverage.note(command.getBean(CamelContext.class));
            return done;
        }
    }
}
