package integration.salesloft.http;

import integration.salesloft.start.FatalErrors;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Begins a request with the status 503, which stays until its route says otherwise. Camel by itself answers 200, with the request's own
 * headers, when a route ends before it has said anything.
 */
class Unanswered implements Processor {

    private static final int SERVICE_UNAVAILABLE = 503;

    private final Processor route;

    Unanswered(Processor route) {
        this.route = route;
    }

    @Override
    public void process(Exchange request) throws Exception {
        request.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, SERVICE_UNAVAILABLE);
        try {
            route.process(request);
        } catch (Error error) {
            FatalErrors.endOn(error);
            request.getMessage().removeHeaders("*");
            request.getMessage().setBody(null);
            request.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, SERVICE_UNAVAILABLE);
        }
    }
}
