package integration.salesloft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.springframework.util.FileSystemUtils;

/**
 * A copy of the routes in which some waits are shorter, so that tests do not wait for what they are not about. Everything else is as in
 * {@code routes/}. A wait that was renamed or removed fails the tests. {@code mvn -Preal-waits verify} runs them with the waits as they are.
 */
final class ShortWaits {

    private static final String DELAY = "/expression/constant/expression";
    private static final String PERIOD = "/from/parameters/period";
    /** By the id of the step or route, or the name of the bean, and what in it is replaced. */
    private static final Map<String, Map<String, String>> WAITS = Map.ofEntries(
            Map.entry("sick-resources", Map.of("/constructors/1", "2000")),
            Map.entry("notice-limits", Map.of("/constructors/0", "4000")),
            Map.entry("notice-first-wait", Map.of("/constructors/0", "200")),
            Map.entry("ops-notices-breaker-{{audience}}", Map.of("/resilience4jConfiguration/waitDurationInOpenState", "1")),
            Map.entry("rollback-platform-watch-seconds", Map.of("/constructors/0", "1")),
            Map.entry("rollback-platform-watch-wait", Map.of(DELAY, "100")),
            Map.entry("rollback-platform-on-unavailable", Map.of("/redeliveryPolicy/redeliveryDelay", "50")),
            Map.entry("rollback-verify-wait", Map.of(DELAY, "100")),
            Map.entry("rollback-pause-wait", Map.of(DELAY, "100")),
            Map.entry("rollback-command-wait", Map.of(DELAY, "100")),
            Map.entry("ops-smoke-both", Map.of("/timeout", "8000")),
            Map.entry("shared-access-again", Map.of(PERIOD, "200")),
            Map.entry("shared-leases", Map.of(PERIOD, "1000")),
            Map.entry("shared-due", Map.of(PERIOD, "200")),
            Map.entry("ops-metrics", Map.of(PERIOD, "500")),
            Map.entry("ops-watch", Map.of(PERIOD, "1000")),
            Map.entry("gateway-answer-create-delay", Map.of(DELAY, "300")),
            Map.entry("gateway-token-poll-delay", Map.of(DELAY, "30")),
            Map.entry("gateway-http-breaker", Map.of("/resilience4jConfiguration/waitDurationInOpenState", "3")),
            Map.entry("gateway-policies-on-unavailable", Map.of("/redeliveryPolicy/redeliveryDelay", "100")),
            Map.entry("sync-push-worker-max-wait", Map.of(DELAY, "400")),
            Map.entry("sync-push-bulk-crowd-wait", Map.of(DELAY, "200")),
            Map.entry("bulk-first-poll", Map.of("/constructors/0", "100")),
            Map.entry("bulk-after-failure", Map.of("/constructors/0", "200")),
            Map.entry("bulk-longest-poll", Map.of("/constructors/0", "1000")),
            Map.entry("shared-leases-wait-{{flow}}", Map.of(DELAY, "1000")));
    /** In this JVM alone, where nothing is killed in the middle of them; and how long the exercises may take, on a machine that is busy with other tests. */
    private static final Map<String, Map<String, String>> WAITS_HERE = Map.of(
            "exercise-process", Map.of("/constructors/3", "150"),
            "sync-push-worker-max-wait", Map.of(DELAY, "200"),
            "shared-leases-wait-{{flow}}", Map.of(DELAY, "300"));
    /** In processes alone: in this JVM a test says itself when it is done. */
    private static final Map<String, Map<String, String>> WAITS_OF_PROCESSES = Map.of("ops-audit-repair", Map.of(PERIOD, "5000"));
    /** What a container does all the time: in processes, of which many run at once, as often as it does, or they would do little else. */
    private static final Set<String> ALWAYS = Set.of("shared-due", "shared-access-again", "ops-metrics");

    /** Of rows that a worker gives back, and of batches that gather: by statement, what in it is replaced. In this JVM alone. */
    private static final Map<String, Map<String, String>> WAITS_IN_STATEMENTS = Map.of(
            "sync/gather-rows.sql", Map.of("now() + interval '2 seconds'", "now() + interval '200 milliseconds'"),
            "sync/release-rows.sql", Map.of("interval '2 seconds'", "interval '200 milliseconds'"),
            "sync/postpone-row.sql", Map.of("* interval '1 second'", "* interval '100 milliseconds'"));

    private static final YAMLMapper YAML = new YAMLMapper(new YAMLFactory());

    private ShortWaits() {
    }

    /** The folder of routes that the container in this JVM uses. */
    static Path routes() {
        return Here.ROUTES;
    }

    /** The folder of routes that containers as processes use. */
    static Path processRoutes() {
        return Processes.ROUTES;
    }

    /** Made once. */
    private static final class Here {

        private static final Path ROUTES = copy("short-waits", here(), WAITS_IN_STATEMENTS);
    }

    /** Made once. */
    private static final class Processes {

        private static final Path ROUTES = copy("short-waits-of-processes", inProcesses(), Map.of());
    }

    private static Path copy(String name, Map<String, Map<String, String>> waits, Map<String, Map<String, String>> statements) {
        if (Boolean.getBoolean("realWaits")) {
            return Path.of("routes");
        }
        try {
            Path copy = Path.of("target", name, Fork.NAME);
            FileSystemUtils.deleteRecursively(copy);
            FileSystemUtils.copyRecursively(Path.of("routes"), copy);
            shortenRoutes(copy, waits);
            for (Map.Entry<String, Map<String, String>> statement : statements.entrySet()) {
                shortenStatement(copy.resolve(statement.getKey()), statement.getValue());
            }
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Map<String, String>> here() {
        Map<String, Map<String, String>> waits = new TreeMap<>(WAITS);
        waits.putAll(WAITS_HERE);
        return waits;
    }

    private static Map<String, Map<String, String>> inProcesses() {
        Map<String, Map<String, String>> waits = new TreeMap<>(WAITS);
        waits.putAll(WAITS_OF_PROCESSES);
        waits.keySet().removeAll(ALWAYS);
        return waits;
    }

    /** Shortens the waits of the routes in this folder for a process, but for these, unless the real ones are wanted. */
    static void shorten(Path routes, String... butNot) throws IOException {
        if (!Boolean.getBoolean("realWaits")) {
            Map<String, Map<String, String>> waits = inProcesses();
            waits.keySet().removeAll(Set.of(butNot));
            shortenRoutes(routes, waits);
        }
    }

    private static void shortenRoutes(Path routes, Map<String, Map<String, String>> waits) throws IOException {
        Set<String> missing = new TreeSet<>(waits.keySet());
        try (Stream<Path> files = Files.walk(routes)) {
            for (Path file : files.filter(file -> file.toString().endsWith(".camel.yaml")).toList()) {
                JsonNode content = YAML.readTree(file.toFile());
                List<String> found = waits.keySet().stream().filter(id -> shorten(content, id, waits.get(id))).toList();
                if (!found.isEmpty()) {
                    YAML.writeValue(file.toFile(), content);
                    found.forEach(missing::remove);
                }
            }
        }
        if (!missing.isEmpty()) {
            throw new IllegalStateException("no step, route or bean has this name: " + missing);
        }
    }

    private static void shortenStatement(Path statement, Map<String, String> changes) throws IOException {
        String text = Files.readString(statement);
        for (Map.Entry<String, String> change : changes.entrySet()) {
            if (!text.contains(change.getKey())) {
                throw new IllegalStateException(statement + " has no " + change.getKey());
            }
            text = text.replace(change.getKey(), change.getValue());
        }
        Files.writeString(statement, text);
    }

    /** Steps and routes, and beans. */
    private static List<JsonNode> all(JsonNode content) {
        return Stream.of("id", "name").flatMap(key -> content.findParents(key).stream()).toList();
    }

    private static boolean shorten(JsonNode content, String id, Map<String, String> changes) {
        for (JsonNode parent : all(content)) {
            if (parent.path("id").asText().equals(id) || parent.path("name").asText().equals(id) && parent.has("type")) {
                changes.forEach((at, wait) -> {
                    int name = at.lastIndexOf('/');
                    if (!(parent.at(at.substring(0, name)) instanceof ObjectNode place) || !place.has(at.substring(name + 1))) {
                        throw new IllegalStateException(id + " has no " + at);
                    }
                    if (place.path(at.substring(name + 1)).isNumber()) {
                        place.put(at.substring(name + 1), Integer.parseInt(wait));
                    } else {
                        place.put(at.substring(name + 1), wait);
                    }
                });
                return true;
            }
        }
        return false;
    }
}
