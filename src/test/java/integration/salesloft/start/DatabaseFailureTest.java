package integration.salesloft.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import integration.salesloft.Postgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;

/** What a real PostgreSQL, or none, answers to wrong settings. */
class DatabaseFailureTest {

    private static final String URL = Postgres.shared().url("postgres").replaceFirst("\\?.*", "");

    @Test
    void namesTheSettingToBlame() throws Exception {
        String server = URL.replaceFirst("jdbc:postgresql://(.*)/.*", "$1");
        assertThat(line("jdbc:postgresql://localhost:1/postgres?password=geheim", "postgres", "geheim"))
                .isEqualTo("DATABASE_URL: cannot connect to localhost:1");
        assertThat(line(URL.replace("/postgres", "/nowhere"), "postgres", "")).isEqualTo("DATABASE_URL: " + server + " has no database nowhere");
        assertThat(line(URL, "nobody", "")).isEqualTo("DATABASE_USER: " + server + " does not let user nobody in");

        guarded();
        assertThat(line(URL, "guarded", "wrong")).isEqualTo("DATABASE_PASSWORD: " + server + " does not accept it for user guarded");
        try (Connection right = DriverManager.getConnection(URL, "guarded", "geheim"); Statement statement = right.createStatement()) {
            PSQLException failure = catchThrowableOfType(PSQLException.class, () -> statement.execute("create table public.mine (id int)"));
            assertThat(new DatabaseFailure(URL, "guarded").line(failure))
                    .isEqualTo("DATABASE_USER: user guarded lacks a right: permission denied for schema public");
        }
    }

    private static String line(String url, String user, String password) {
        return new DatabaseFailure(url, user).line(
                catchThrowableOfType(PSQLException.class, () -> DriverManager.getConnection(url, user, password).close()));
    }

    /** A user whose password is asked for; the embedded server trusts all others. */
    private static void guarded() throws Exception {
        try (Connection all = DriverManager.getConnection(URL, "postgres", ""); Statement statement = all.createStatement()) {
            statement.execute("create role guarded login password 'geheim'");
            Path rules;
            try (ResultSet file = statement.executeQuery("show hba_file")) {
                file.next();
                rules = Path.of(file.getString(1));
            }
            Files.writeString(rules, "host all guarded all scram-sha-256\n" + Files.readString(rules));
            statement.execute("select pg_reload_conf()");
            // The server takes the rules up a moment later.
            await().until(() -> catchThrowable(() -> DriverManager.getConnection(URL, "guarded", "wrong").close()) != null);
        }
    }
}
