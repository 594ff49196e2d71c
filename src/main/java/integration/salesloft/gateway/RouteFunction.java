package integration.salesloft.gateway;

import integration.salesloft.trace.Traces;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePropertyKey;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.support.DefaultExchange;

/**
 * Calls a route as a function: the entries of the body, a map, are its arguments, and its body is the result. The route has an
 * exchange of its own with an argument in each property, so nothing else of it reaches the caller, and nothing of the caller's
 * but its trace reaches it. Camel's {@code enrich} hands on all properties and headers of the caller.
 */
public class RouteFunction implements Processor {

    private final ProducerTemplate template;
    private final String endpoint;
    private final Set<String> parameters;

    /**
     * @param endpoint   where the route begins
     * @param parameters the names of its parameters with commas between; an argument of another name is refused, one that is null
     *                   counts as not given
     */
    public RouteFunction(ProducerTemplate template, String endpoint, String parameters) {
        this.template = template;
        this.endpoint = endpoint;
        this.parameters = Set.of(parameters.split(","));
    }

    /** @throws IllegalArgumentException when the body is no map of such arguments; what fails in the route is the caller's exception */
    @Override
    public void process(Exchange caller) {
        Exchange call = new DefaultExchange(caller.getContext());
        call.getExchangeExtension().setFromRouteId(caller.getFromRouteId());
        call.setProperty(Traces.TRACEPARENT, caller.getProperty(Traces.TRACEPARENT));
        call.setProperty(ExchangePropertyKey.STEP_ID, caller.getProperty(ExchangePropertyKey.STEP_ID));
        arguments(caller).forEach((name, argument) -> set(call, name.toString(), argument));
        template.send(endpoint, call);
        if (call.getException() != null) {
            caller.setException(call.getException());
        } else {
            caller.getMessage().setBody(call.getMessage().getBody());
        }
    }

    private Map<?, ?> arguments(Exchange caller) {
        if (caller.getMessage().getBody() instanceof Map<?, ?> arguments) {
            return arguments;
        }
        throw new IllegalArgumentException("the body must be a map of arguments for " + endpoint + ": " + parameters);
    }

    private void set(Exchange call, String name, Object argument) {
        if (!parameters.contains(name)) {
            throw new IllegalArgumentException(endpoint + " has no parameter " + name + ", but " + parameters);
        }
        if (argument != null) {
            call.setProperty(name, argument);
        }
    }
}
