package integration.salesloft.trace;

import org.apache.camel.Exchange;
import org.apache.camel.impl.engine.DefaultUnitOfWork;
import org.apache.camel.spi.UnitOfWork;
import org.apache.camel.spi.UnitOfWorkFactory;
import org.slf4j.MDC;
import org.springframework.stereotype.Component;

/**
 * Gives every exchange a trace, in its property {@value #TRACEPARENT}, and has all that is logged meanwhile carry the id of it. An
 * exchange that has none goes on with what its caller sent in a header of that name, or begins one. Whatever is made from an exchange (a tap,
 * a part of a split, a call within a call) has its properties, and so its trace, on whichever thread it runs; a message that only wakes
 * a route has none ({@code wake}). So it is with the name of whoever asks, where a token says it.
 *
 * <p>Done once for each unit of work. Camel's own ({@code use-mdc-logging}) writes eight entries before each step of each route, and
 * takes them away after it.
 */
@Component("traces")
public class Traces implements UnitOfWorkFactory {

    /** The property, the header of requests and records, and the column of what is done later. */
    public static final String TRACEPARENT = "traceparent";

    /** The property with the name of whoever has asked for it over HTTP, with a token. */
    public static final String CALLER = "caller";

    /** As the Elastic Common Schema names them. */
    private static final String LOGGED = "trace.id";
    private static final String LOGGED_CALLER = "user.name";

    @Override
    public UnitOfWork createUnitOfWork(Exchange exchange) {
        String traceparent = exchange.getProperty(TRACEPARENT, String.class);
        boolean begins = traceparent == null;
        if (begins) {
            String sent = Traceparent.read(exchange.getMessage().getHeader(TRACEPARENT, String.class));
            traceparent = sent == null ? Traceparent.begin() : sent;
            exchange.setProperty(TRACEPARENT, traceparent);
        }
        Traced traced = new Traced(exchange, begins ? null : MDC.get(LOGGED), begins ? null : MDC.get(LOGGED_CALLER));
        log(LOGGED, Traceparent.traceId(traceparent));
        log(LOGGED_CALLER, exchange.getProperty(CALLER, String.class));
        return traced;
    }

    /**
     * Goes on with the trace that what is now done was asked for in, to the end of this exchange, or until the next call.
     *
     * @param traceparent null, for what an older release has stored, changes nothing
     */
    public void goOn(Exchange exchange, String traceparent) {
        if (traceparent != null) {
            exchange.setProperty(TRACEPARENT, traceparent);
            MDC.put(LOGGED, Traceparent.traceId(traceparent));
        }
    }

    /** Says who has asked for what is done in this exchange, and has what is logged meanwhile carry it. */
    public static void name(Exchange exchange, String caller) {
        exchange.setProperty(CALLER, caller);
        MDC.put(LOGGED_CALLER, caller);
    }

    private static void log(String key, String value) {
        if (value == null) {
            MDC.remove(key);
        } else {
            MDC.put(key, value);
        }
    }

    private static final class Traced extends DefaultUnitOfWork {

        private final Thread thread = Thread.currentThread();
        private final String trace;
        private final String caller;

        /** @param trace that its thread was in before, or null, and so with the caller */
        Traced(Exchange exchange, String trace, String caller) {
            super(exchange);
            this.trace = trace;
            this.caller = caller;
        }

        @Override
        protected void onDone() {
            super.onDone();
            boolean here = thread == Thread.currentThread();
            log(LOGGED, here ? trace : null);
            log(LOGGED_CALLER, here ? caller : null);
        }
    }
}
