package integration.salesloft.batch;

import java.sql.SQLException;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.kafka.common.errors.RecordTooLargeException;

/**
 * Tells a failure that a record is to blame for from one that says nothing about it, such as an outage. As a processor, after a
 * statement has failed: when PostgreSQL refused a record, the header {@code refused} becomes the SQLSTATE; any other failure is
 * thrown again.
 */
public class Refusal implements Processor {

    private final List<String> classes;

    /** @param classes of SQLSTATE, two characters each, comma between, that say that the data was refused */
    public Refusal(String classes) {
        this.classes = List.of(classes.split(","));
    }

    @Override
    public void process(Exchange exchange) throws Exception {
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        if (!(of(failure) instanceof SQLException refused)) {
            throw failure;
        }
        exchange.getMessage().setHeader("refused", refused.getSQLState());
    }

    /** What PostgreSQL or Kafka refused a record with; null when the failure is of another kind. */
    Exception of(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException refused && refused.getSQLState() != null && classes.stream().anyMatch(refused.getSQLState()::startsWith)) {
                return refused;
            }
            if (cause instanceof RecordTooLargeException refused) {
                return refused;
            }
        }
        return null;
    }

    /** Throws a failure as the cause of another, for whoever decides by the type of what is thrown. */
    public void rethrow(Throwable failure) {
        throw new IllegalStateException(failure.getMessage(), failure);
    }
}
