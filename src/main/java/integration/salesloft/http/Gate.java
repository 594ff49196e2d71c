package integration.salesloft.http;

import jakarta.servlet.http.HttpServletRequest;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;

/**
 * Stands before the route of every endpoint that is called over HTTP, whichever engine serves it. It is asked about the endpoint that a request
 * has reached, not about the path that was sent: so whatever a path looks like, it opens no more than what it leads to.
 */
public interface Gate {

    /**
     * What serves an endpoint: its route for those who may call it, and a problem for all others.
     *
     * @throws IllegalStateException when that cannot be told apart at this endpoint, so that it must not be served
     */
    Processor before(Processor route, PlatformHttpEndpoint endpoint);

    /**
     * Whether a request that reaches no route may be told what there is at its path: where anyone may call something, and to a token that opens
     * anything here. One that does not is an attempt like others.
     */
    boolean mayAsk(HttpServletRequest request);

    /**
     * The route of an endpoint behind the gate, with 503 as the answer until it has said otherwise.
     *
     * @throws IllegalStateException without a gate, because then nothing says who may call
     */
    static Processor guard(Processor route, PlatformHttpEndpoint endpoint) {
        Gate gate = endpoint.getCamelContext().getRegistry().findSingleByType(Gate.class);
        if (gate == null) {
            throw new IllegalStateException("nothing says who may call " + endpoint.getPath() + ": there is no bean that is a " + Gate.class.getName());
        }
        return new Unanswered(gate.before(route, endpoint));
    }
}
