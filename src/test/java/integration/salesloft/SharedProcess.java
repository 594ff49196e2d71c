package integration.salesloft;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/**
 * A process with several containers, each with settings of its own, so that one signal kills them all: a start in a JVM that has started
 * another container before takes less than a third of the CPU. They must agree about the pace of calls (SALESLOFT_RATE_LIMIT and its
 * window), which Camel's beans read once in a JVM; and their log is one.
 */
final class SharedProcess implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    /** Each keeps a few connections only, because PostgreSQL has 200 for all; and names none of its routes as it starts. */
    private static final Map<String, String> SPARING = Map.of("SPRING_DATASOURCE_HIKARI_MINIMUMIDLE", "1", "SALESLOFT_INTAKEPOOL_MINIMUMIDLE", "1",
            "LOGGING_LEVEL_ORG_APACHE_CAMEL_IMPL_ENGINE_ABSTRACTCAMELCONTEXT", "WARN");

    /** What a start needs memory for is soon needed no more; but each page that is used for the first time costs more than to look through a few. */
    private static final List<String> HEAP = List.of("-Xmx1g", "-Xmn64m");

    private static SharedProcess running;

    private final AtomicInteger started = new AtomicInteger();
    private final Process process;
    private final Path log;

    /** Starts it, with nothing in it. */
    SharedProcess() {
        log = Container.nextLog();
        process = Container.process(Path.of("").toAbsolutePath(), log, ClassArchive.trained().options(), HEAP, Map.of(), ContainersMain.class.getName());
    }

    /**
     * The one of this JVM for containers that are neither killed nor frozen, of one test after the other: each is stopped before the next
     * starts, and what it says is its own.
     */
    static synchronized SharedProcess running() {
        if (running == null || !running.process.isAlive()) {
            running = new SharedProcess();
        }
        return running;
    }

    /** Starts a container in it with these environment variables on free ports, and does not wait for it. */
    Container launch(Map<String, String> settings) {
        return new Container(process, log, ports(start(settings)));
    }

    /** As {@link #launch}, but when this container is closed nothing but it ends, as a container does that is replaced. */
    Container lend(Map<String, String> settings) {
        int from = Math.toIntExact(log.toFile().length());
        String name = start(settings);
        return new Container(process, log, from, ports(name), () -> {
            if (process.isAlive() && !said(from).contains(stopped(name))) {
                order(Map.of(ContainersMain.NAME, name));
                await().atMost(Duration.ofSeconds(60)).until(() -> said(from).contains(stopped(name)) || !process.isAlive());
            }
        });
    }

    /** The lines that a container says which does not start with these environment variables. */
    List<String> refused(Map<String, String> settings) {
        int from = Math.toIntExact(log.toFile().length());
        Map<String, String> mayFail = new HashMap<>(settings);
        mayFail.put(ContainersMain.MAY_FAIL, "true");
        String last = failed(start(mayFail)) + "\n";
        await().atMost(Duration.ofSeconds(60)).until(() -> said(from).endsWith(last) || !process.isAlive());
        return said(from).replace(last, "").lines().toList();
    }

    private String start(Map<String, String> settings) {
        String name = Integer.toString(started.incrementAndGet());
        Map<String, String> order = new HashMap<>(Container.onFreePorts(settings));
        order.putAll(SPARING);
        order.put(ContainersMain.NAME, name);
        order(order);
        return name;
    }

    private void order(Map<String, String> order) {
        try {
            OutputStream orders = process.getOutputStream();
            orders.write((JSON.writeValueAsString(order) + "\n").getBytes(StandardCharsets.UTF_8));
            orders.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String said(int from) {
        return new Container(process, log, from, null, null).log();
    }

    private static Pattern ports(String name) {
        return Pattern.compile(ports(name, "(\\d+)", "(\\d+)"));
    }

    /** What a container says when it takes requests. */
    static String ports(String name, String flows, String management) {
        return "container " + name + " has started: ports " + flows + " and " + management + " are open";
    }

    /** What is said of a container that does not start. */
    static String failed(String name) {
        return "container " + name + " does not start";
    }

    /** What is said of a container that has stopped. */
    static String stopped(String name) {
        return "container " + name + " has stopped";
    }

    /** SIGKILL: nothing of them runs any more when this returns. */
    void kill() {
        new Container(process, log, null).kill();
    }

    @Override
    public void close() {
        kill();
    }
}
