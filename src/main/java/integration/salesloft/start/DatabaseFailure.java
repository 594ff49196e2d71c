package integration.salesloft.start;

import java.util.Properties;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.postgresql.util.PSQLException;

/** Which setting is to blame when PostgreSQL cannot be used, by the SQL state. Never shows the URL itself: it may hold a password. */
class DatabaseFailure {

    private final Properties url;
    private final String user;

    DatabaseFailure(String url, String user) {
        this.url = Driver.parseURL(url, null);
        this.user = user;
    }

    /** The one line, or null for a failure that no setting explains. */
    String line(PSQLException failure) {
        String state = String.valueOf(failure.getSQLState());
        if (state.startsWith("08")) {
            return "DATABASE_URL: cannot connect to " + server();
        }
        return switch (state) {
            case "28P01" -> "DATABASE_PASSWORD: " + server() + " does not accept it for user " + user;
            case "28000" -> "DATABASE_USER: " + server() + " does not let user " + user + " in";
            case "3D000" -> "DATABASE_URL: " + server() + " has no database " + PGProperty.PG_DBNAME.getOrDefault(url);
            case "42501" -> "DATABASE_USER: user " + user + " lacks a right: " + failure.getServerErrorMessage().getMessage();
            default -> null;
        };
    }

    private String server() {
        return PGProperty.PG_HOST.getOrDefault(url) + ":" + PGProperty.PG_PORT.getOrDefault(url);
    }
}
