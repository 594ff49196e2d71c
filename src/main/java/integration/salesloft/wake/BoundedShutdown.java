package integration.salesloft.wake;

import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.engine.DefaultShutdownStrategy;
import org.apache.camel.spi.RouteStartupOrder;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * Waits for what is in flight, and no longer than the time-out: what hangs then ends with the process. Camel would force its routes to
 * stop, and wait for the thread of each that a message wakes (seda) without a limit: until the call that hangs, or PostgreSQL, is given up.
 */
@Component
class BoundedShutdown extends DefaultShutdownStrategy {

    /** @param seconds the time-out, for all routes together */
    BoundedShutdown(@Value("${camel.main.shutdown-timeout}") long seconds) {
        setTimeout(seconds);
        setShutdownNowOnTimeout(false);
    }

    @Override
    public void shutdownForced(CamelContext context, List<RouteStartupOrder> routes) throws Exception {
        shutdown(context, routes);
    }
}
