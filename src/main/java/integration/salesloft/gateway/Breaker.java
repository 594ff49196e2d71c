package integration.salesloft.gateway;

import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.component.resilience4j.ResilienceProcessor;

/** The state of the circuit breaker {@code gateway-http-breaker}, as the gateway asks it before a call is begun. */
public class Breaker implements CamelContextAware {

    private CamelContext context;

    @Override
    public void setCamelContext(CamelContext context) {
        this.context = context;
    }

    @Override
    public CamelContext getCamelContext() {
        return context;
    }

    /** One of {@code closed}, {@code open}, {@code half-open}. */
    public String state() {
        ResilienceProcessor breaker = context.getProcessor("gateway-http-breaker", ResilienceProcessor.class);
        return switch (breaker.getCircuitBreakerState()) {
            case "OPEN", "FORCED_OPEN" -> "open";
            case "HALF_OPEN" -> "half-open";
            default -> "closed";
        };
    }
}
