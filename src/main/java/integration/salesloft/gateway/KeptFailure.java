package integration.salesloft.gateway;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Throws the failure that an exchange property keeps, which {@code throwException} cannot: it only throws new ones. */
public class KeptFailure implements Processor {

    private final String property;

    /** @param property the name of the property, which holds an exception */
    public KeptFailure(String property) {
        this.property = property;
    }

    @Override
    public void process(Exchange exchange) {
        exchange.setException(exchange.getProperty(property, Exception.class));
    }
}
