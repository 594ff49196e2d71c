package integration.salesloft.batch;

import java.sql.SQLException;
import java.util.Set;
import org.apache.kafka.common.errors.RecordTooLargeException;

/** Tells a failure that a record is to blame for from one that says nothing about it, such as an outage. */
public final class Refusal {

    /** Classes of SQLSTATE: data exception, integrity constraint violation, program limit exceeded (such as an index entry's size). */
    private static final Set<String> ABOUT_DATA = Set.of("22", "23", "54");

    private Refusal() {
    }

    /** Why PostgreSQL or Kafka refused what was sent, in its own words; null when the failure is of another kind. */
    public static String of(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            boolean aboutData = cause instanceof SQLException refused && refused.getSQLState() != null
                    && refused.getSQLState().length() == 5 && ABOUT_DATA.contains(refused.getSQLState().substring(0, 2));
            if (aboutData || cause instanceof RecordTooLargeException) {
                return cause.getMessage();
            }
        }
        return null;
    }

    /** Throws a failure as the cause of another, for whoever decides by the type of what is thrown. */
    public static void rethrow(Throwable failure) {
        throw new IllegalStateException(failure.getMessage(), failure);
    }
}
