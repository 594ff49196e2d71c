package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import integration.salesloft.sandbox.Sandbox;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.jdbc.core.JdbcTemplate;

/** A SalesLoft team and a database of its own, for containers that are killed, frozen, or cut off from either. */
public final class Installation implements AutoCloseable {

    public static final String OPS_TOKEN = "ops-secret";
    static final String TOKEN_KEY = "c2FuZGJveC1zYW5kYm94LXNhbmRib3gtc2FuZGJveCE=";

    final Sandbox salesloft = Sandbox.start(0);
    final JdbcTemplate sql;
    private final HikariDataSource connections = new HikariDataSource();
    private final String database;
    private final List<Container> containers = new ArrayList<>();

    /**
     * @param name of the database, which is created
     * @param seed what the team holds and how it behaves; what is not given is small
     */
    Installation(Postgres postgres, String name, Map<String, Object> seed) {
        postgres.createDatabase(name);
        database = postgres.url(name);
        // Tests ask it many times a second, and a connection costs more than a question.
        connections.setJdbcUrl(database);
        connections.setMaximumPoolSize(4);
        connections.setMinimumIdle(0);
        sql = new JdbcTemplate(connections);
        Map<String, Object> all = new HashMap<>(Map.of("people", 120, "accounts", 10, "cadences", 3, "memberships", 20, "users", 5));
        all.putAll(seed);
        salesloft.seed(all);
    }

    /** The settings of a container with the sandbox's OAuth client. */
    public static Map<String, String> oauth(String databaseUrl, String salesloftUrl) {
        return Map.of(
                "DATABASE_URL", databaseUrl,
                "DATABASE_USER", "postgres",
                "DATABASE_PASSWORD", "postgres",
                "SALESLOFT_API_URL", salesloftUrl,
                "SALESLOFT_ACCOUNTS_URL", salesloftUrl,
                "SALESLOFT_CLIENT_ID", "sandbox-client",
                "SALESLOFT_CLIENT_SECRET", "sandbox-secret",
                "SALESLOFT_REFRESH_TOKEN", "sandbox-refresh-1",
                "TOKEN_KEY", TOKEN_KEY,
                "OPS_TOKEN", OPS_TOKEN);
    }

    /** Starts a container here and does not wait for it; an empty value takes a setting away. */
    Container launch(Map<String, String> changes) {
        Container container = Container.launch(settings(changes));
        containers.add(container);
        return container;
    }

    /** Starts a container here, in a process with others, and does not wait for it. */
    Container launch(SharedProcess process, Map<String, String> changes) {
        Container container = process.launch(settings(changes));
        containers.add(container);
        return container;
    }

    /** Starts one here, in the process of this JVM that goes on when it is closed, and does not wait for it. */
    Container lend(Map<String, String> changes) {
        Container container = SharedProcess.running().lend(settings(changes));
        containers.add(container);
        return container;
    }

    /** Starts one here that has these settings from elsewhere, such as files. */
    Container launchWithout(Set<String> elsewhere, Map<String, String> changes) {
        Map<String, String> settings = settings(changes);
        settings.keySet().removeAll(elsewhere);
        Container container = Container.launch(settings);
        containers.add(container);
        return container;
    }

    /** Starts the release before this one here, with its own routes, and does not wait for it. */
    Container launch(OldRelease release, Map<String, String> changes) {
        Map<String, String> settings = settings(changes);
        settings.remove("ROUTES_DIR");
        Container container = Container.launch(release, settings);
        containers.add(container);
        return container;
    }

    /** Starts one with so much heap, as {@link Container#launchSmall}. */
    Container launchSmall(String heap, Map<String, String> changes) {
        Container container = Container.launchSmall(heap, settings(changes));
        containers.add(container);
        return container;
    }

    Map<String, String> settings(Map<String, String> changes) {
        Map<String, String> settings = new HashMap<>(oauth(database, salesloft.url()));
        settings.put("ROUTES_DIR", ShortWaits.processRoutes().toString());
        settings.putAll(changes);
        return settings;
    }

    /** How many calls of this kind, such as {@code GET /v2/people}, the team has seen. */
    long calls(String endpoint) {
        return statuses(endpoint).values().stream().mapToLong(Long::longValue).sum();
    }

    /** How often the team gave each status, or {@code hang}, to calls of this kind. */
    Map<String, Long> statuses(String endpoint) {
        return salesloft.statuses(endpoint);
    }

    /** A number out of the team's statistics. */
    long seen(String statistic) {
        return (long) salesloft.stats().get(statistic);
    }

    int count(String query, Object... arguments) {
        return sql.queryForObject(query, Integer.class, arguments);
    }

    void awaitRow(int seconds, String condition) {
        await().atMost(Duration.ofSeconds(seconds)).ignoreExceptions().until(() -> count("select count(*) from " + condition) > 0);
    }

    /** Waits until a probe of SalesLoft that began after this call has succeeded. */
    void awaitConnected() {
        sql.update("update probe set at = null, connected = false, claimed_at = '-infinity'");
        awaitRow(60, "probe where connected and at is not null and claimed_at > '-infinity'");
    }

    /** Stops all of it. Whatever the test was about: no secret and no e-mail is in any log. */
    @Override
    public void close() {
        containers.forEach(Container::close);
        salesloft.close();
        connections.close();
        assertThat(salesloft.takeMisuses()).isEmpty();
        assertThat(containers).allSatisfy(container -> assertThat(container.log())
                .doesNotContain("sandbox-secret", Delivery.TOKEN, "ak_sandbox", "sandbox-refresh", "sandbox-access", OPS_TOKEN, TOKEN_KEY)
                .doesNotContainPattern("[\\w.]+@[\\w-]+\\.\\w"));
    }
}
