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
 * a route has none ({@code wake}).
 *
 * <p>Done once for each unit of work. Camel's own ({@code use-mdc-logging}) writes eight entries before each step of each route, and
 * takes them away after it.
 */
@Component("traces")
public class Traces implements UnitOfWorkFactory {

    /** The property, the header of requests and records, and the column of what is done later. */
    public static final String TRACEPARENT = "traceparent";

    /** As the Elastic Common Schema names it. */
    private static final String LOGGED = "trace.id";

    @Override
    public UnitOfWork createUnitOfWork(Exchange exchange) {
        String traceparent = exchange.getProperty(TRACEPARENT, String.class);
        boolean begins = traceparent == null;
        if (begins) {
            String sent = Traceparent.read(exchange.getMessage().getHeader(TRACEPARENT, String.class));
            traceparent = sent == null ? Traceparent.begin() : sent;
            exchange.setProperty(TRACEPARENT, traceparent);
        }
        return new Traced(exchange, Traceparent.traceId(traceparent), begins ? null : MDC.get(LOGGED));
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

    private static final class Traced extends DefaultUnitOfWork {

        private final Thread thread = Thread.currentThread();
        private final String before;

        /** @param before the trace that its thread was in, or null */
        Traced(Exchange exchange, String trace, String before) {
            super(exchange);
            this.before = before;
            MDC.put(LOGGED, trace);
        }

        @Override
        protected void onDone() {
            super.onDone();
            if (before != null && thread == Thread.currentThread()) {
                MDC.put(LOGGED, before);
            } else {
                MDC.remove(LOGGED);
            }
        }
    }
}
