package integration.salesloft;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.springframework.util.FileSystemUtils;

/** Prometheus or its Alertmanager, as a process on a free port. */
final class Program implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process process;
    private final int port = FreePort.find();
    private final Path folder;

    /** @param configuration what is written to its configuration file, beside which it may find others */
    private Program(Path folder, String name, String configuration, String... options) {
        this.folder = folder;
        try {
            Files.writeString(folder.resolve("configuration.yaml"), configuration);
            List<String> command = new ArrayList<>(List.of(name, "--config.file=" + folder.resolve("configuration.yaml"), "--web.listen-address=127.0.0.1:" + port));
            command.addAll(List.of(options));
            process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile()).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Program prometheus(Path folder, String configuration) {
        return new Program(folder, "prometheus", configuration, "--storage.tsdb.path=" + folder.resolve("data")).awaitReady();
    }

    static Program alertmanager(Path folder, String configuration) {
        return new Program(folder, "prometheus-alertmanager", configuration, "--storage.path=" + folder.resolve("data"), "--cluster.listen-address=").awaitReady();
    }

    private Program awaitReady() {
        try {
            await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> !process.isAlive() || Container.send(request("/-/ready")).statusCode() == 200);
            if (!process.isAlive()) {
                throw new IllegalStateException("it has ended:\n" + Files.readString(folder.resolve("log")));
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** What a query of Prometheus' language answers now. */
    JsonNode query(String query) {
        return get("/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8));
    }

    JsonNode get(String path) {
        return read(Container.send(request(path)));
    }

    JsonNode post(String path, Object body) {
        try {
            return read(Container.send(request(path).header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).timeout(Duration.ofSeconds(10));
    }

    private static JsonNode read(HttpResponse<String> answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException(answer.body(), e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
        FileSystemUtils.deleteRecursively(folder.resolve("data").toFile());
    }
}
