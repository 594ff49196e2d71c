package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import integration.salesloft.rollback.PretendCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.FileSystemUtils;

/** The sandbox runs the release that its Deployment has, whatever becomes of the process. */
class KubeletProcessTest {

    @TempDir
    private Path folder;

    @Test
    void runsWhatTheDeploymentHasUntilItIsClosed() throws Exception {
        Path other = folder.resolve("routes");
        FileSystemUtils.copyRecursively(Path.of("routes"), other);
        Files.writeString(other.resolve("sync/plan-rows.sql"), "-- Another release.\n", StandardOpenOption.APPEND);
        List<String> told = new ArrayList<>();
        try (PretendCluster cluster = new PretendCluster("kubelet"); Installation here = new Installation(Postgres.shared(), "kubelet", Map.of());
                Kubelet kubelet = new Kubelet(cluster, folder.resolve("log"), folder.resolve("pid"), here.settings(Map.of("SYNC_RESOURCES", "users", "SYNC_INTERVAL", "1h", "SERVER_PORT", "0", "MANAGEMENT_PORT", "0")), told::add)) {
            kubelet.deploy(ShortWaits.processRoutes());
            ProcessHandle first = next(kubelet, 1);
            kubelet.reconcile();
            assertThat(first.isAlive()).isTrue();
            assertThat(told).isEmpty();

            first.destroyForcibly();
            await().until(() -> {
                kubelet.reconcile();
                return !told.isEmpty();
            });
            ProcessHandle second = next(kubelet, 1);
            assertThat(told).containsExactly("the container is gone; starting it again");

            kubelet.deploy(other);
            ProcessHandle third = next(kubelet, 2);
            assertThat(second.isAlive()).isFalse();
            assertThat(told).hasSize(2).last().asString().contains(other.toString());

            takesWhatIsSaved(kubelet, other, told);
            assertThat(third.isAlive()).isTrue();

            kubelet.close();
            assertThat(third.isAlive()).isFalse();
            kubelet.reconcile();
            assertThat(Files.readString(folder.resolve("pid"))).isEqualTo(Long.toString(third.pid()));
        }
    }

    /** Good routes are live some seconds later; of others file, line and reason are told, and the container goes on with those before. */
    private void takesWhatIsSaved(Kubelet kubelet, Path routes, List<String> told) throws IOException {
        kubelet.awaitStarted();
        int before = told.size();
        Path health = routes.resolve("health/health.camel.yaml");
        String good = Files.readString(health);
        Files.writeString(routes.resolve("health/read-health.sql"), "-- Saved.\n", StandardOpenOption.APPEND);
        assertThat(next(kubelet, told, "live")).matches("workbench: the routes that were saved are live, \\d+\\.\\d s after it was seen");
        assertThat(releases()).isEqualTo(3);
        awaitHealthy();

        Files.writeString(health, good.replace("direct:health-read\"}", "direct:health-raed\"}"));
        next(kubelet, told, "not taken");
        assertThat(told.subList(before + 1, told.size())).anySatisfy(line -> assertThat(line).matches("workbench: .*health/health\\.camel\\.yaml:\\d+: no route consumes direct:health-raed"));
        awaitHealthy();

        // What no lint can see: that Camel has no such option.
        Files.writeString(health, good.replace("httpMethodRestrict: GET", "httpMethodRestrict: GET, restrikt: GET"));
        next(kubelet, told, "run on");
        assertThat(told.get(told.size() - 3)).contains("restrikt");
        awaitHealthy();

        Files.writeString(health, good);
        next(kubelet, told, "live");
        awaitHealthy();
        assertThat(releases()).as("with the one that did not start; the last is the one that was saved first").isEqualTo(4);
    }

    /** The next line that is told and holds this text. */
    private static String next(Kubelet kubelet, List<String> told, String text) {
        int from = told.size();
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            kubelet.reconcile();
            return told.stream().skip(from).anyMatch(line -> line.contains(text));
        });
        return told.get(told.size() - 1);
    }

    /** A container that has just started does not know at once whether SalesLoft answers. */
    private void awaitHealthy() {
        await().until(() -> health() == 200);
    }

    private int health() throws IOException {
        List<MatchResult> ports = Pattern.compile("Tomcat started on port (\\d+)").matcher(Files.readString(folder.resolve("log"))).results().toList();
        return Container.send(HttpRequest.newBuilder(URI.create("http://localhost:" + ports.get(ports.size() - 2).group(1) + "/health"))).statusCode();
    }

    /** The process that runs once so many releases have. */
    private ProcessHandle next(Kubelet kubelet, int releases) throws IOException {
        kubelet.reconcile();
        ProcessHandle process = process();
        await().atMost(Duration.ofSeconds(60)).until(() -> releases() == releases);
        assertThat(process.isAlive()).isTrue();
        return process;
    }

    private ProcessHandle process() throws IOException {
        return ProcessHandle.of(Long.parseLong(Files.readString(folder.resolve("pid")))).orElse(null);
    }

    private long releases() {
        try (var lines = Files.lines(folder.resolve("log"))) {
            return lines.filter(line -> line.contains(": release ")).map(line -> line.replaceFirst(".*: release ", "")).collect(Collectors.toSet()).size();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
