package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Every step of every route was reached by a test, or is named here. Runs after all others. Steps of the shared
 * configurations in {@code routes/shared/errors.camel.yaml} have no count of their own: each route that uses them has a copy.
 */
@Tag("coverage")
class RouteCoverageTest {

    private static final Pattern GIVEN_BY_CAMEL = Pattern.compile("[a-zA-Z]+\\d+");
    private static final List<String> SHARED = List.of("shared-errors-");
    /** Reached in processes of their own, which are not counted: a container stops, or is cut off from PostgreSQL, in the middle of its work, or
     * has a token store. */
    private static final Set<String> IN_PROCESSES = Set.of("rollback-run-stop", "rollback-verify-no-result", "rollback-pause-wait", "webhook-apply-failed", "webhook-apply-wait", "shared-due-wake-token");
    /** Not reached: a replica loses its lease in the middle of a rollback's step; a database fails under the notices as it does under other work; the check
     * of a token store takes longer than somebody waits for it (see StoreCheckTest). */
    private static final Set<String> NOT_REACHED = Set.of("gateway-token-store-not-ready", "rollback-platform-hold-refuse", "rollback-platform-resolve-refuse", "rollback-platform-watch-refuse",
            "rollback-run-begin-step-refuse", "rollback-run-lease-lost-refuse", "rollback-verify-lease-lost-refuse",
            "shared-leases-failed-ops-notices-ops", "shared-leases-failed-ops-notices-sales", "shared-leases-release-ops-notices-ops",
            "shared-leases-release-ops-notices-sales", "shared-leases-wait-ops-notices-ops", "shared-leases-wait-ops-notices-sales");

    @Test
    void everyStepWasReached() throws IOException {
        Map<String, Long> reached = new TreeMap<>();
        try (Stream<Path> notes = Files.list(RouteCoverage.DIRECTORY)) {
            for (Path note : notes.toList()) {
                count(note, reached);
            }
        }
        assertThat(reached).as("steps found in the notes of the route tests").hasSizeGreaterThan(400);
        assertThat(reached.entrySet().stream().filter(step -> step.getValue() == 0).map(Map.Entry::getKey)
                .filter(step -> SHARED.stream().noneMatch(step::startsWith) && !IN_PROCESSES.contains(step) && !NOT_REACHED.contains(step))).as("steps that no test has reached").isEmpty();
    }

    private static void count(Path note, Map<String, Long> reached) throws IOException {
        for (String line : Files.readAllLines(note)) {
            String[] step = line.split(" ", 2);
            if (!GIVEN_BY_CAMEL.matcher(step[1]).matches()) {
                reached.merge(step[1], Long.valueOf(step[0]), Long::sum);
            }
        }
    }
}
