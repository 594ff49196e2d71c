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
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A process with several containers, each with settings of its own, so that one signal kills them all: a start in a JVM that has started
 * another container before takes less than a third of the CPU. Their log is one.
 */
final class SharedProcess implements AutoCloseable {

    /** The lock of those tests that use {@link #running}. */
    static final String RUNNING = "the running process";
    /** The setting for a database that is empty. */
    static final String MIGRATES = "SPRING_FLYWAY_ENABLED";

    private static final ObjectMapper JSON = new ObjectMapper();
    /**
     * Each keeps a few connections only, because all share what PostgreSQL has; looks for no migrations, which databases here have behind them;
     * and names none of its routes as it starts.
     */
    private static final Map<String, String> SPARING = Map.of("SPRING_DATASOURCE_HIKARI_MINIMUMIDLE", "1", "SALESLOFT_INTAKEPOOL_MINIMUMIDLE", "1",
            MIGRATES, "false", "LOGGING_LEVEL_ORG_APACHE_CAMEL_IMPL_ENGINE_ABSTRACTCAMELCONTEXT", "WARN");

    /** The setting that says which routes it goes without. */
    static final String WITHOUT = "CAMEL_MAIN_ROUTESEXCLUDEPATTERN";

    /** What a start needs memory for is soon needed no more: with room for much of it, it is rarely looked through. */
    private static final List<String> HEAP = List.of("-Xmx1300m", "-Xmn512m", "-XX:MetaspaceSize=256m");

    private static SharedProcess running;

    private final AtomicInteger started = new AtomicInteger();
    private final Path log = Container.nextLog();
    private Process process;

    /** Goes without these files of routes, or all of a folder, too: a third of a start is for its routes. */
    static String without(String... files) {
        return Stream.concat(Stream.of("exercises/*", "checklist/*", "console/*", "rollback/**/*"), Stream.of(files)).map(file -> "**/" + file + ".camel.yaml").collect(Collectors.joining(","));
    }

    /**
     * The one of this JVM for containers that are neither killed nor frozen, of one test after the other: each is stopped before the next
     * starts, and what it says is its own.
     */
    static synchronized SharedProcess running() {
        if (running == null || !running.alive()) {
            running = new SharedProcess();
        }
        return running;
    }

    /** Starts a container in it with these environment variables on free ports, and does not wait for it. The process begins with its first container. */
    Container launch(Map<String, String> settings) {
        String name = start(settings);
        return new Container(process, log, ports(name));
    }

    /** As {@link #launch}, but when this container is closed nothing but it ends, as a container does that is replaced. */
    Container lend(Map<String, String> settings) {
        int from = said();
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
        int from = said();
        Map<String, String> mayFail = new HashMap<>(settings);
        mayFail.put(ContainersMain.MAY_FAIL, "true");
        String last = failed(start(mayFail)) + "\n";
        await().atMost(Duration.ofSeconds(60)).until(() -> said(from).endsWith(last) || !process.isAlive());
        return said(from).replace(last, "").lines().toList();
    }

    /** Starts a command of the container in it, such as {@code rollback}, with its argument, and does not wait for it; it says when it has ended. */
    Container command(Map<String, String> settings, String command, String argument) {
        Map<String, String> order = new HashMap<>(settings);
        order.put(ContainersMain.COMMAND, command);
        order.put(ContainersMain.ARGUMENT, argument);
        String name = begin(order);
        return new Container(process, log, ports(name));
    }

    private String start(Map<String, String> settings) {
        Map<String, String> order = new HashMap<>(Container.onFreePorts(settings));
        order.putIfAbsent(WITHOUT, without());
        return begin(order);
    }

    private synchronized String begin(Map<String, String> order) {
        if (process == null) {
            process = Container.process(Path.of("").toAbsolutePath(), log, ClassArchive.trained().options(), HEAP, Map.of(), ContainersMain.class.getName());
        }
        String name = Integer.toString(started.incrementAndGet());
        SPARING.forEach(order::putIfAbsent);
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

    private synchronized boolean alive() {
        return process == null || process.isAlive();
    }

    /** How many bytes the log has. */
    private int said() {
        return Math.toIntExact(log.toFile().length());
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

    /** What is said of a command that has ended, with its exit code. */
    static String ended(String name, int code) {
        return "container " + name + " has ended: " + code;
    }

    /** SIGKILL: nothing of them runs any more when this returns. */
    synchronized void kill() {
        if (process != null) {
            new Container(process, log, null).kill();
        }
    }

    /** SIGSTOP: all of them stand still, and keep their connections. */
    synchronized void freeze() {
        new Container(process, log, null).freeze();
    }

    /** SIGCONT. */
    synchronized void wake() {
        new Container(process, log, null).wake();
    }

    @Override
    public void close() {
        kill();
    }
}
