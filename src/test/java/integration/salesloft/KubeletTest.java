package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import integration.salesloft.rollback.PretendCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.FileSystemUtils;

/** The sandbox runs the release that its Deployment has, whatever becomes of the process. */
class KubeletTest {

    @TempDir
    private Path folder;

    @Test
    void runsWhatTheDeploymentHasUntilItIsClosed() throws Exception {
        Path other = folder.resolve("routes");
        FileSystemUtils.copyRecursively(ShortWaits.processRoutes(), other);
        Files.writeString(other.resolve("sync/plan-rows.sql"), "-- Another release.\n", StandardOpenOption.APPEND);
        List<String> told = new ArrayList<>();
        try (PretendCluster cluster = new PretendCluster("kubelet"); Installation here = new Installation(Postgres.shared(), "kubelet", Map.of());
                Kubelet kubelet = new Kubelet(cluster, folder.resolve("log"), folder.resolve("pid"), here.settings(Map.of("SERVER_PORT", "0", "MANAGEMENT_PORT", "0")), told::add)) {
            kubelet.deploy(ShortWaits.processRoutes());
            ProcessHandle first = next(kubelet, 1);
            kubelet.reconcile();
            assertThat(first.isAlive()).isTrue();
            assertThat(told).isEmpty();

            first.destroyForcibly();
            first.onExit().get();
            ProcessHandle second = next(kubelet, 1);
            assertThat(told).containsExactly("the container is gone; starting it again");

            kubelet.deploy(other);
            ProcessHandle third = next(kubelet, 2);
            assertThat(second.isAlive()).isFalse();
            assertThat(told).hasSize(2).last().asString().contains(other.toString());

            kubelet.close();
            assertThat(third.isAlive()).isFalse();
            kubelet.reconcile();
            assertThat(Files.readString(folder.resolve("pid"))).isEqualTo(Long.toString(third.pid()));
        }
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
