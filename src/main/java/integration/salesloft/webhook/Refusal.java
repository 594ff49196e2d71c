package integration.salesloft.webhook;

import java.sql.SQLException;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Tells data that PostgreSQL does not take from a PostgreSQL that does not work, after a statement has failed: for the one the header
 * {@code refused} becomes the SQLSTATE; the other is thrown again.
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
        String state = state(failure);
        if (classes.stream().noneMatch(state::startsWith)) {
            throw failure;
        }
        exchange.getMessage().setHeader("refused", state);
    }

    private static String state(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException refused && refused.getSQLState() != null) {
                return refused.getSQLState();
            }
        }
        return "";
    }
}
