package integration.salesloft;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.springframework.util.FileSystemUtils;

/** A real Kafka of one broker, as a process that can be stopped and started again with its data. */
public final class Kafka implements AutoCloseable {

    private final Path directory;
    private final int port;
    private Process process;

    private Kafka(Path directory, int port) {
        this.directory = directory;
        this.port = port;
    }

    /** Starts one on free ports. */
    public static Kafka start() {
        try {
            Kafka kafka = new Kafka(Files.createTempDirectory("kafka"), freePort());
            kafka.format(freePort());
            return kafka.up();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void format(int controllerPort) throws Exception {
        Files.writeString(directory.resolve("server.properties"), """
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@localhost:%1$d
                listeners=PLAINTEXT://localhost:%2$d,CONTROLLER://localhost:%1$d
                advertised.listeners=PLAINTEXT://localhost:%2$d
                controller.listener.names=CONTROLLER
                inter.broker.listener.name=PLAINTEXT
                log.dirs=%3$s
                auto.create.topics.enable=false
                offsets.topic.replication.factor=1
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                transaction.state.log.num.partitions=1
                offsets.topic.num.partitions=1
                group.initial.rebalance.delay.ms=0
                """.formatted(controllerPort, port, directory.resolve("data")));
        Files.createDirectory(directory.resolve("data"));
        new Formatter().setPrintStream(new PrintStream(PrintStream.nullOutputStream())).setNodeId(1)
                .setClusterId(Uuid.randomUuid().toString()).addDirectory(directory.resolve("data").toString())
                .setMetadataLogDirectory(directory.resolve("data").toString()).setControllerListenerName("CONTROLLER")
                .setReleaseVersion(MetadataVersion.latestProduction()).run();
    }

    public Kafka up() {
        try {
            process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx384m", "-Dlogging.level=WARN",
                    "-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                    "kafka.Kafka", directory.resolve("server.properties").toString())
                    .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("log").toFile())).start();
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers()))) {
                await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> {
                    if (!process.isAlive()) {
                        throw new AssertionError("Kafka did not start:\n" + Files.readString(directory.resolve("log")));
                    }
                    return admin.describeCluster().nodes().get(2, TimeUnit.SECONDS).size() == 1;
                });
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGTERM, and waits until it is gone. */
    public void down() {
        process.destroy();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** SIGSTOP: connections stay open, and nothing answers. */
    public void freeze() {
        signal("-STOP");
    }

    /** SIGCONT. */
    public void wake() {
        signal("-CONT");
    }

    private void signal(String signal) {
        try {
            new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Where it is, for KAFKA_BROKERS. */
    public String brokers() {
        return "localhost:" + port;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        down();
        FileSystemUtils.deleteRecursively(directory.toFile());
    }
}
