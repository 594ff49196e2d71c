package integration.salesloft;

import integration.salesloft.rollback.PretendCluster;
import integration.salesloft.sandbox.Sandbox;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.springframework.util.FileSystemUtils;

/**
 * The container with all it needs on one machine, for looking around: {@code mvn spring-boot:test-run}. PostgreSQL and Kafka on any
 * free port, a SalesLoft of 5,000 people on port 8089, the container as a process of its own on 8080 and 8081, started again when
 * it is killed, a pretend Kubernetes whose Deployment has an earlier release of it, and a page that shows what they do.
 */
public final class SandboxApplication {

    static final int SALESLOFT_PORT = 8089;
    static final Path LOG = Path.of("target", "sandbox", "container.log");

    private static final Path PID = Path.of("target", "sandbox", "container.pid");
    private static final Path KUBECONFIG = Path.of("target", "sandbox", "kubeconfig");
    private static final Path EARLIER = Path.of("target", "sandbox", "release-1");
    private static final int[] PORTS = {8080, 8081, SALESLOFT_PORT};

    private SandboxApplication() {
    }

    public static void main(String[] args) throws IOException {
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
        PretendCluster cluster = new PretendCluster("sandbox");
        running.push(cluster);
        LivePage page = new LivePage(salesloft, postgres, kafka);
        Kubelet kubelet = new Kubelet(cluster, LOG, PID, settings(postgres, kafka, salesloft), page::say);
        cluster.kubeconfig(KUBECONFIG);
        kubelet.deploy(earlierRelease());
        kubelet.deploy(Path.of("routes"));
        kubelet.reconcile();
        running.push(kubelet);
        try {
            kubelet.awaitStarted();
        } catch (IllegalStateException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
        page.header();
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        running.push(clock::shutdownNow);
        clock.scheduleAtFixedRate(() -> {
            page.rollback();
            kubelet.reconcile();
            page.tick();
        }, 0, 1, TimeUnit.SECONDS);
        // Somebody works in SalesLoft; the container has subscribed to hear of it.
        clock.scheduleAtFixedRate(() -> salesloft.webhooks(Map.of("event", "person_updated")), 20, 5, TimeUnit.SECONDS);
    }

    /** The routes as they are, and one line more: another release, which does the same. */
    private static Path earlierRelease() throws IOException {
        FileSystemUtils.deleteRecursively(EARLIER);
        FileSystemUtils.copyRecursively(Path.of("routes"), EARLIER);
        Files.writeString(EARLIER.resolve("sync/pull.camel.yaml"), "# The release before.\n", StandardOpenOption.APPEND);
        return EARLIER;
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
        settings.put("OAUTH_REDIRECT_URL", "http://localhost:8080/oauth/callback");
        settings.put("OAUTH_PKCE", "S256");
        settings.put("KUBECONFIG", KUBECONFIG.toString());
        settings.put("ROLLBACK_PLATFORM", "kubernetes");
        settings.put("ROLLBACK_VERIFY_URL", "http://localhost:8080/health");
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
