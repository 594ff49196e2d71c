package integration.salesloft;

import integration.salesloft.sandbox.Sandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The container with all it needs on one machine, for looking around: {@code mvn spring-boot:test-run}. PostgreSQL and Kafka on any
 * free port, a SalesLoft of 5,000 people on port 8089, the container as a process of its own on 8080 and 8081, started again when
 * it is killed, and a page that shows what they do.
 */
public final class SandboxApplication {

    static final int SALESLOFT_PORT = 8089;
    static final Path LOG = Path.of("target", "sandbox", "container.log");

    private static final Path PID = Path.of("target", "sandbox", "container.pid");
    private static final int[] PORTS = {8080, 8081, SALESLOFT_PORT};

    private static volatile Container container;

    private SandboxApplication() {
    }

    public static void main(String[] args) {
        for (int port : PORTS) {
            if (taken(port)) {
                System.err.println("port " + port + " is taken; the sandbox needs 8080, 8081 and " + SALESLOFT_PORT);
                System.exit(1);
            }
        }
        System.out.println("Starting PostgreSQL, Kafka, a SalesLoft and the container (ten seconds or so) ...");
        Deque<AutoCloseable> running = new ConcurrentLinkedDeque<>();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> running.forEach(SandboxApplication::close)));
        Postgres postgres = Postgres.start();
        running.push(postgres);
        Kafka kafka = Kafka.start();
        running.push(kafka);
        Sandbox salesloft = Sandbox.start(SALESLOFT_PORT);
        running.push(salesloft);
        Map<String, String> settings = settings(postgres, kafka, salesloft);
        Container.newLog(LOG);
        launch(settings);
        running.push(() -> container.stop());
        try {
            container.awaitStarted();
        } catch (IllegalStateException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
        LivePage page = new LivePage(salesloft, postgres, kafka);
        page.header();
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        running.push(clock::shutdownNow);
        clock.scheduleAtFixedRate(() -> {
            if (!container.alive()) {
                // As whatever runs it in production would.
                page.say("the container is gone; starting it again");
                launch(settings);
            }
            page.tick();
        }, 0, 1, TimeUnit.SECONDS);
        // Somebody works in SalesLoft; the container has subscribed to hear of it.
        clock.scheduleAtFixedRate(() -> salesloft.webhooks(Map.of("event", "person_updated")), 20, 5, TimeUnit.SECONDS);
    }

    private static void launch(Map<String, String> settings) {
        container = Container.relaunch(LOG, settings);
        try {
            Files.writeString(PID, Long.toString(container.pid()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What was started last is stopped first. */
    private static void close(AutoCloseable running) {
        try {
            running.close();
        } catch (Exception e) {
            System.err.println(e);
        }
    }

    private static Map<String, String> settings(Postgres postgres, Kafka kafka, Sandbox salesloft) {
        Map<String, String> settings = new HashMap<>(Installation.oauth(postgres.url("postgres"), salesloft.url()));
        settings.put("OPS_TOKEN", LivePage.OPS_TOKEN);
        settings.put("KAFKA_BROKERS", kafka.brokers());
        settings.put("SALESLOFT_CALLBACK_TOKEN", "sandbox");
        settings.put("SALESLOFT_CALLBACK_URL", "http://localhost:8080/webhooks/salesloft");
        settings.put("SERVER_PORT", "8080");
        settings.put("MANAGEMENT_PORT", "8081");
        settings.put("CAMEL_MAIN_SHUTDOWNTIMEOUT", "3"); // Ctrl-C is answered soon
        return settings;
    }

    private static boolean taken(int port) {
        try (ServerSocket socket = new ServerSocket(port)) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
