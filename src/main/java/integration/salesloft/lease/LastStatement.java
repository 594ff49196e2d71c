package integration.salesloft.lease;

import org.apache.camel.Exchange;
import org.apache.camel.Producer;
import org.apache.camel.Route;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.RoutePolicySupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Of the route that has this policy: when the container stops, calls an endpoint. Routes are stopped after whatever was in flight has come
 * to its end, or was cut off; a step of a route could not be reached any more then.
 */
public class LastStatement extends RoutePolicySupport {

    private static final Logger LOG = LoggerFactory.getLogger("stop");

    private final String endpoint;
    private Producer producer;

    /** @param endpoint of a component that needs no route; what fails there is said in the log, and stops nothing */
    public LastStatement(String endpoint) {
        this.endpoint = endpoint;
    }

    /** Made ready here, because a context that stops makes nothing ready. */
    @Override
    public void onStart(Route route) {
        try {
            producer = route.getCamelContext().getEndpoint(endpoint).createProducer();
            producer.start();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void onStop(Route route) {
        Exchange call = new DefaultExchange(route.getCamelContext());
        try {
            producer.process(call);
        } catch (Exception e) {
            call.setException(e);
        }
        if (call.getException() != null) {
            LOG.warn("{}: the last statement failed: {}", route.getRouteId(), call.getException().getClass().getSimpleName());
        }
        producer.stop();
    }
}
