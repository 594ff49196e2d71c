package integration.salesloft.gateway;

import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.component.resilience4j.ResilienceProcessor;

/** The state of a circuit breaker, as the gateway asks it before a call is begun. */
public class Breaker implements CamelContextAware {

    private final String step;
    private CamelContext context;
    /** Looked for at the first question, because the routes come after the beans. */
    private volatile ResilienceProcessor breaker;

    /** @param step the id of the breaker's step */
    public Breaker(String step) {
        this.step = step;
    }

    @Override
    public void setCamelContext(CamelContext context) {
        this.context = context;
    }

    @Override
    public CamelContext getCamelContext() {
        return context;
    }

    /** One of {@code closed}, {@code open}, {@code half-open}, or {@code none} where the routes have no such step. */
    public String state() {
        if (breaker == null) {
            if (!(context.getProcessor(step) instanceof ResilienceProcessor found)) {
                return "none";
            }
            breaker = found;
        }
        return switch (breaker.getCircuitBreakerState()) {
            case "OPEN", "FORCED_OPEN" -> "open";
            case "HALF_OPEN" -> "half-open";
            default -> "closed";
        };
    }
}
