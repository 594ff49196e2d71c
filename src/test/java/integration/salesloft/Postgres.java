package integration.salesloft;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** A real PostgreSQL that can be stopped and started again with its data, as one in production can. */
public final class Postgres implements AutoCloseable {

    private static final String LOG = "postgresql.log";

    private static final String TEMPLATE = "migrated";

    private final Path data;
    private final int port;
    private final String durable;
    private String template = "template1";
    private EmbeddedPostgres running;

    private Postgres(Path data, int port, String durable) {
        this.data = data;
        this.port = port;
        this.durable = durable;
    }

    /** The one that all tests of this JVM share, each in a database of its own. */
    public static Postgres shared() {
        return Shared.POSTGRES;
    }

    /** Started when it is first needed. */
    private static final class Shared {

        private static final Postgres POSTGRES = start();

        static {
            Runtime.getRuntime().addShutdownHook(new Thread(POSTGRES::close));
            POSTGRES.createDatabase(TEMPLATE);
            Flyway.configure().dataSource(POSTGRES.url(TEMPLATE), "postgres", "").load().migrate();
            POSTGRES.template = TEMPLATE;
        }
    }

    /** A new database: empty, or with all migrations behind it in the server that tests share, which saves each container some time. */
    void createDatabase(String name) {
        new JdbcTemplate(new DriverManagerDataSource(url("postgres"))).execute("create database " + name + " template " + template);
    }

    /** Starts one on any free port that does not wait for the disk: quick, and safe as long as the machine does not fail. */
    public static Postgres start() {
        return start("off");
    }

    /** Starts one on any free port that waits for the disk at each commit, as one in production does. */
    public static Postgres startDurable() {
        return start("on");
    }

    private static Postgres start(String durable) {
        try {
            return new Postgres(Files.createTempDirectory("postgres"), FreePort.find(), durable).up();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Postgres up() {
        try {
            running = EmbeddedPostgres.builder()
                    .setDataDirectory(data)
                    .setCleanDataDirectory(false)
                    .setPort(port)
                    .setServerConfig("max_connections", "400")
                    .setServerConfig("fsync", durable)
                    .setServerConfig("synchronous_commit", durable)
                    .setServerConfig("logging_collector", "on")
                    .setServerConfig("log_filename", LOG)
                    .setRegisterShutdownHook(false) // whoever starts it closes it, after what uses it
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .start();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void down() {
        try {
            running.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGSTOP for all of its processes: connections stay open, and nothing answers. The one that starts others is first. */
    public void freeze() {
        Signal.STOP.send(postmaster().pid());
        Signal.STOP.send(backends());
    }

    /** SIGCONT. */
    public void wake() {
        Signal.CONT.send(backends());
        Signal.CONT.send(postmaster().pid());
    }

    private ProcessHandle postmaster() {
        try {
            return ProcessHandle.of(Long.parseLong(Files.readAllLines(data.resolve("postmaster.pid")).get(0))).orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long[] backends() {
        return postmaster().children().mapToLong(ProcessHandle::pid).toArray();
    }

    /** All of its processes: those that serve connections, and those that do not. */
    public List<Long> processes() {
        return Stream.concat(Stream.of(postmaster()), postmaster().children()).map(ProcessHandle::pid).toList();
    }

    /** Where it writes its log. */
    public Path log() {
        return data.resolve("log").resolve(LOG);
    }

    /** JDBC URL of a database of this server. */
    public String url(String database) {
        return "jdbc:postgresql://localhost:" + port + "/" + database + "?user=postgres";
    }

    public int port() {
        return port;
    }

    @Override
    public void close() {
        down();
        org.springframework.util.FileSystemUtils.deleteRecursively(data.toFile());
    }
}
