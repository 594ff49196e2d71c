package integration.salesloft.bench;

import integration.salesloft.Installation;
import integration.salesloft.Postgres;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** What a measured container needs around it: one PostgreSQL with a database of its own, and one sandbox. */
final class Surroundings implements AutoCloseable {

    private static final String DATABASE = "bench";

    final SandboxProcess salesloft;
    private final Postgres postgres;

    private Surroundings(SandboxProcess salesloft, Postgres postgres) {
        this.salesloft = salesloft;
        this.postgres = postgres;
    }

    static Surroundings start(int people) throws Exception {
        return start(people, Postgres.start());
    }

    /** With a PostgreSQL that writes each commit to the disk. */
    static Surroundings startDurable(int people) throws Exception {
        return start(people, Postgres.startDurable());
    }

    private static Surroundings start(int people, Postgres postgres) throws Exception {
        Surroundings started = new Surroundings(SandboxProcess.start(), postgres);
        started.salesloft.seed(people);
        started.connect("postgres").execute("create database " + DATABASE);
        return started;
    }

    JdbcTemplate sql() {
        return connect(DATABASE);
    }

    /** PostgreSQL's processes as they are now. */
    List<Long> postgresProcesses() {
        return postgres.processes();
    }

    /** What PostgreSQL writes about its statements, when it is told to. */
    Path postgresLog() {
        return postgres.log();
    }

    /** How durable the numbers are: what PostgreSQL was told about writing to disk. */
    String durability() {
        return sql().queryForObject("""
                select 'PostgreSQL ' || current_setting('server_version') || ', fsync ' || current_setting('fsync')
                    || ', synchronous_commit ' || current_setting('synchronous_commit')""", String.class);
    }

    /** The settings of a container here: OAuth, no limit. */
    Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>(Installation.oauth(postgres.url(DATABASE), salesloft.url()));
        settings.put("SALESLOFT_RATE_LIMIT", "0");
        settings.put("SYNC_RESOURCES", "people");
        settings.put("SYNC_INTERVAL", "1h");
        return settings;
    }

    private JdbcTemplate connect(String database) {
        return new JdbcTemplate(new DriverManagerDataSource(postgres.url(database), "postgres", "postgres"));
    }

    @Override
    public void close() {
        salesloft.close();
        postgres.close();
    }
}
