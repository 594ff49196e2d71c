package integration.salesloft;

import integration.salesloft.sandbox.Sandbox;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The container with all it needs on one machine, for looking around: {@code mvn spring-boot:test-run}. PostgreSQL on any free
 * port, a SalesLoft of 5,000 people on port 8089, the container on 8080 and 8081, and a page that shows what they do.
 */
public final class SandboxApplication {

    static final int SALESLOFT_PORT = 8089;
    static final String LOG = "target/sandbox/container.log";

    private static final int[] PORTS = {8080, 8081, SALESLOFT_PORT};

    private SandboxApplication() {
    }

    public static void main(String[] args) {
        for (int port : PORTS) {
            if (taken(port)) {
                System.err.println("port " + port + " is taken; the sandbox needs 8080, 8081 and " + SALESLOFT_PORT);
                System.exit(1);
            }
        }
        System.out.println("Starting PostgreSQL, a SalesLoft and the container (ten seconds or so) ...");
        Deque<AutoCloseable> running = new ConcurrentLinkedDeque<>();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> running.forEach(SandboxApplication::close)));
        Postgres postgres = Postgres.start();
        running.push(postgres);
        Sandbox salesloft = Sandbox.start(SALESLOFT_PORT);
        running.push(salesloft);
        settings(postgres, salesloft).forEach(System::setProperty);
        ConfigurableApplicationContext container = container();
        running.push(container);
        LivePage page = new LivePage(container, salesloft, postgres);
        page.header();
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        running.push(clock::shutdownNow);
        clock.scheduleAtFixedRate(page::tick, 0, 1, TimeUnit.SECONDS);
    }

    private static ConfigurableApplicationContext container() {
        SpringApplication application = new SpringApplication(Application.class);
        // Stopped by the hook of this class, before the PostgreSQL it writes to.
        application.setRegisterShutdownHook(false);
        try {
            return application.run();
        } catch (RuntimeException e) {
            System.err.println("the container does not start; " + LOG + " may say more");
            System.exit(1);
            throw e;
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

    private static Map<String, String> settings(Postgres postgres, Sandbox salesloft) {
        return Map.ofEntries(
                Map.entry("DATABASE_URL", postgres.url("postgres")),
                Map.entry("DATABASE_USER", "postgres"),
                Map.entry("SALESLOFT_API_URL", salesloft.url()),
                Map.entry("SALESLOFT_ACCOUNTS_URL", salesloft.url()),
                Map.entry("SALESLOFT_CLIENT_ID", "sandbox"),
                Map.entry("SALESLOFT_CLIENT_SECRET", "sandbox-secret"),
                Map.entry("SALESLOFT_REFRESH_TOKEN", "sandbox-refresh-1"),
                Map.entry("TOKEN_KEY", "c2FuZGJveC1zYW5kYm94LXNhbmRib3gtc2FuZGJveCE="),
                Map.entry("OPS_TOKEN", LivePage.OPS_TOKEN),
                Map.entry("SERVER_PORT", "8080"),
                Map.entry("MANAGEMENT_PORT", "8081"),
                // The log has a file, so that the page can be read; and Ctrl-C is answered soon.
                Map.entry("logging.config", "classpath:logback-sandbox.xml"),
                Map.entry("logging.file.name", LOG),
                Map.entry("camel.main.shutdown-timeout", "3"));
    }

    private static boolean taken(int port) {
        try (ServerSocket socket = new ServerSocket(port)) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
