package integration.salesloft;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The container as a process of its own, so that it can be killed, frozen, and run beside another replica. */
public final class Container implements AutoCloseable {

    private static final AtomicInteger NUMBER = new AtomicInteger();
    /** A small young generation, whose pages the machine has to find only once. */
    private static final List<String> HEAP = List.of("-Xmx384m", "-Xmn40m");
    /** Its ports in the order in which they are opened, when it has started. */
    private static final Pattern ALONE = Pattern.compile("(?s)Tomcat started on port (\\d+).*?Tomcat started on port (\\d+)");
    private static final int FLOWS = 1;
    private static final int MANAGEMENT = 2;
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final Process process;
    private final Path log;
    /** Where in the file what it says begins, in bytes. */
    private final int from;
    private final Pattern ports;
    private final Runnable end;
    private volatile MatchResult opened;

    /** @param ports finds the port of the flows and the one of metrics and probes in the log */
    Container(Process process, Path log, Pattern ports) {
        this.process = process;
        this.log = log;
        from = 0;
        this.ports = ports;
        end = this::kill;
    }

    /**
     * One whose process goes on without it.
     *
     * @param ports as above
     * @param end   stops it, and waits until it has stopped
     */
    Container(Process process, Path log, int from, Pattern ports, Runnable end) {
        this.process = process;
        this.log = log;
        this.from = from;
        this.ports = ports;
        this.end = end;
    }

    /** Starts one with these environment variables on free ports, and does not wait for it. */
    public static Container launch(Map<String, String> settings, String... arguments) {
        return run(nextLog(), ClassArchive.trained(), HEAP, onFreePorts(settings), arguments);
    }

    /** Starts one with so much heap that ends when that is not enough, as the image does. */
    static Container launchSmall(String heap, Map<String, String> settings) {
        return run(nextLog(), ClassArchive.trained(), List.of("-Xmx" + heap, "-XX:+ExitOnOutOfMemoryError"), onFreePorts(settings));
    }

    /** Starts the release before this one, where its own files lie. */
    static Container launch(OldRelease release, Map<String, String> settings) {
        return run(release.folder(), nextLog(), List.of("-cp", release.classPath()), HEAP, onFreePorts(settings));
    }

    static Map<String, String> onFreePorts(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(Map.of("SERVER_PORT", "0", "MANAGEMENT_PORT", "0"));
        all.putAll(settings);
        return all;
    }

    static Path nextLog() {
        return newLog(Path.of("target", "containers", Fork.NAME + "-" + NUMBER.incrementAndGet() + ".log"));
    }

    /** An empty log in place of the one of an earlier build. */
    static Path newLog(Path log) {
        try {
            Files.createDirectories(log.getParent());
            return Files.write(log, new byte[0]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts one with these environment variables that continues the log of the one before. */
    static Container relaunch(Path log, Map<String, String> settings, String... arguments) {
        return run(log, ClassArchive.asItIs(), HEAP, settings, arguments);
    }

    static Container run(Path log, ClassArchive classes, List<String> options, Map<String, String> settings, String... arguments) {
        return run(Path.of("").toAbsolutePath(), log, classes.options(), options, settings, arguments);
    }

    private static Container run(Path folder, Path log, List<String> classes, List<String> options, Map<String, String> settings, String... arguments) {
        List<String> command = new ArrayList<>(List.of(Application.class.getName()));
        command.addAll(List.of(arguments));
        return new Container(process(folder, log, classes, options, settings, command.toArray(String[]::new)), log, ALONE);
    }

    /** Starts a JVM as containers have it, for this class and its arguments. */
    static Process process(Path folder, Path log, List<String> classes, List<String> options, Map<String, String> settings, String... main) {
        try {
            List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1", "-XX:+UnlockDiagnosticVMOptions", "-XX:-BytecodeVerificationRemote", "-XX:+UseSerialGC"));
            command.addAll(options);
            command.addAll(classes);
            command.addAll(List.of(main));
            ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            builder.environment().keySet().removeIf(name -> name.matches("(SALESLOFT|DATABASE|SYNC|TOKEN|OPS|OAUTH|EXTRA|KAFKA|ROUTES|NOTIFY|RUNBOOK|ROLLBACK)_.*|KUBECONFIG"));
            builder.environment().putAll(settings);
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until its routes are up and it takes requests. */
    public Container awaitStarted() {
        await().atMost(Duration.ofSeconds(90)).ignoreExceptions().until(() -> !process.isAlive()
                || started() && get(MANAGEMENT, "/actuator/health/readiness", Duration.ofSeconds(10)).statusCode() == 200);
        if (!process.isAlive()) {
            throw new IllegalStateException("container did not start:\n" + log());
        }
        return this;
    }

    private boolean started() {
        String log = log();
        return log.contains("Started Application in") && ports.matcher(log).find();
    }

    /** SIGKILL: nothing of it runs any more when this returns. */
    public void kill() {
        process.destroyForcibly();
        exit();
    }

    /** SIGTERM, and waits until it is gone. */
    public int stop() {
        process.toHandle().destroy(); // its standard input stays open, the end of which has a process with several containers end at once
        return exit();
    }

    /** SIGSTOP: it stands still, and keeps its connections. */
    public void freeze() {
        Signal.STOP.send(process.pid());
    }

    /** SIGCONT. */
    public void wake() {
        Signal.CONT.send(process.pid());
    }

    /** Waits for its end and answers the exit status. */
    public int exit() {
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("container does not end:\n" + log());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    public boolean alive() {
        return process.isAlive();
    }

    public String log() {
        try {
            byte[] all = Files.readAllBytes(log);
            return new String(all, from, all.length - from, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The port of the flows. */
    int port() {
        return port(FLOWS);
    }

    /** The port of metrics and probes. */
    int managementPort() {
        return port(MANAGEMENT);
    }

    /** GET on the port of the flows. */
    public HttpResponse<String> get(String path) {
        return get(path, Duration.ofSeconds(10));
    }

    /** GET on the port of the flows with this bearer token. */
    HttpResponse<String> getAs(String token, String path) {
        return send(request(FLOWS, path, Duration.ofSeconds(10)).setHeader("Authorization", "Bearer " + token));
    }

    /** POST on the port of the flows, as ops. */
    HttpResponse<String> post(String path, String body) {
        return send(request(FLOWS, path, Duration.ofSeconds(10)).POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    /** Hands over people to write; the answer's body. */
    public String push(String contentType, String rows, String key) {
        return send(request(FLOWS, "/sync/people", Duration.ofMinutes(5)).headers("Content-Type", contentType, "Idempotency-Key", key)
                .POST(HttpRequest.BodyPublishers.ofString(rows))).body();
    }

    /** The status of {@code /health}, which must come within the two seconds it promises. */
    public int health() {
        return get("/health", Duration.ofSeconds(2)).statusCode();
    }

    /** The value of a metric as Prometheus reads it; labels are those that the line must have, each as {@code name=value}. */
    public double metric(String name, String... labels) {
        return Scrape.value(get(MANAGEMENT, "/actuator/prometheus", Duration.ofSeconds(10)).body(), name, labels);
    }

    private HttpResponse<String> get(String path, Duration patience) {
        return get(FLOWS, path, patience);
    }

    private HttpResponse<String> get(int port, String path, Duration patience) {
        return send(request(port, path, patience));
    }

    private int port(int which) {
        if (opened == null) {
            Matcher found = ports.matcher(log());
            if (!found.find()) {
                throw new IllegalStateException("no port yet:\n" + log());
            }
            opened = found.toMatchResult();
        }
        return Integer.parseInt(opened.group(which));
    }

    private HttpRequest.Builder request(int port, String path, Duration patience) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + port(port) + path))
                .header("Authorization", "Bearer " + Installation.OPS_TOKEN).timeout(patience);
    }

    static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        end.run();
    }
}
