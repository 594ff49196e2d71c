package integration.salesloft.idempotency;

import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;

/**
 * Remembers keys where a route stores them: {@code add} sends the exchange itself through the route, which claims the key for what the
 * exchange is about, in one statement, and leaves something in the header {@code added} when it is new. So there is no moment at which
 * the key is known and its owner is not. Nothing is ever forgotten: what is stored is true.
 */
public class RouteRepository extends StoredKeys {

    private static final String ADDED = "added";

    private final ProducerTemplate template;
    private final String uri;

    /** @param uri of the route, such as {@code direct:sync-push-write-remember} */
    public RouteRepository(ProducerTemplate template, String uri) {
        this.template = template;
        this.uri = uri;
    }

    /** @throws RuntimeException what the route failed with: the key may or may not be stored, and the exchange fails */
    @Override
    public boolean add(Exchange exchange, String key) {
        template.send(uri, exchange);
        Exception failure = exchange.getException();
        if (failure != null) {
            exchange.setException(null);
            throw failure instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(failure);
        }
        return exchange.getMessage().removeHeader(ADDED) != null;
    }
}
