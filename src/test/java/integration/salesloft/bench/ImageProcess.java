package integration.salesloft.bench;

import static org.awaitility.Awaitility.await;

import integration.salesloft.FreePort;
import integration.salesloft.Installation;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A started image. */
final class ImageProcess implements AutoCloseable {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final Process process;
    private final int port;
    private final int managementPort;

    private ImageProcess(Process process, int port, int managementPort) {
        this.process = process;
        this.port = port;
        this.managementPort = managementPort;
    }

    static ImageProcess exec(List<String> command, Map<String, String> settings, Path log) throws IOException {
        int port = FreePort.find();
        int managementPort = FreePort.find();
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().keySet().removeIf(name -> name.matches("(SALESLOFT|DATABASE|SYNC|TOKEN|OPS|KAFKA|ROUTES)_.*"));
        builder.environment().putAll(settings);
        builder.environment().put("SERVER_PORT", Integer.toString(port));
        builder.environment().put("MANAGEMENT_PORT", Integer.toString(managementPort));
        return new ImageProcess(builder.start(), port, managementPort);
    }

    /** Waits until the readiness probe answers 200, as Kubernetes would, only more often. */
    void awaitReady() {
        await().atMost(Duration.ofSeconds(90)).pollDelay(Duration.ofMillis(500)).pollInterval(Duration.ofMillis(20)).until(this::ready);
    }

    /** Waits until something answers on the port of the flows. */
    void awaitPort() {
        await().atMost(Duration.ofSeconds(90)).until(this::listening);
    }

    private boolean listening() {
        if (!process.isAlive()) {
            throw new IllegalStateException("it ended while it started: " + process.exitValue());
        }
        try (Socket socket = new Socket("localhost", port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private boolean ready() throws InterruptedException {
        if (!process.isAlive()) {
            throw new IllegalStateException("the container ended while it started: " + process.exitValue());
        }
        try {
            return HTTP.send(HttpRequest.newBuilder(URI.create("http://localhost:" + managementPort + "/actuator/health/readiness")).build(),
                    BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** POST to a flow as its operator; the status. */
    int post(String path, String json) throws IOException, InterruptedException {
        return HTTP.send(request(path).header("Content-Type", "application/json").POST(BodyPublishers.ofString(json)).build(), BodyHandlers.discarding()).statusCode();
    }

    /** GET as the operator, with all of the answer; the status. */
    int get(String path) throws IOException, InterruptedException {
        return HTTP.send(request(path).build(), BodyHandlers.ofByteArray()).statusCode();
    }

    /** POST of a file; the answer. */
    String upload(String path, String type, Path file) throws IOException, InterruptedException {
        return HTTP.send(request(path).header("Content-Type", type).POST(BodyPublishers.ofFile(file)).build(), BodyHandlers.ofString()).body();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path)).header("Authorization", "Bearer " + Installation.OPS_TOKEN);
    }

    long pid() {
        return process.pid();
    }

    /** The port of the flows. */
    int port() {
        return port;
    }

    void stop() throws InterruptedException {
        process.destroy();
        process.waitFor(60, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
}
