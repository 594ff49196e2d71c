package integration.salesloft.batch;

import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;

/**
 * Has a route work on many records at once, and lets none of them stop the others. When PostgreSQL or Kafka refuses them for what is
 * in them ({@link Refusal}), half of them are tried, and so on, until the refused one is alone. It goes to a second route, and
 * the work goes on after it. Every other failure ends the work and is the caller's.
 *
 * <p>Both routes find the records in the exchange itself, and in the properties {@code from} (exclusive) and {@code to}
 * (inclusive) the positions they are to work on, counted from 1. The second route also finds the property {@code refusal}: why.
 */
public class Halving {

    private final ProducerTemplate template;
    private final Refusal refusal;

    public Halving(ProducerTemplate template, Refusal refusal) {
        this.template = template;
        this.refusal = refusal;
    }

    /**
     * Works on all records, at best with one call of the first route.
     *
     * @param count   how many records there are; with none nothing is called
     * @param work    endpoint of the route that works on records; what it has done before it fails must not count
     * @param refused endpoint of the route that keeps the one record that was refused
     * @throws RuntimeException what a route failed with, when that says nothing about a record
     */
    public void work(Exchange exchange, int count, String work, String refused) {
        int size = count;
        exchange.removeProperty("refusal"); // others may use this name
        for (int from = 0; from < count;) {
            int to = Math.min(from + size, count);
            exchange.setProperty("from", from);
            exchange.setProperty("to", to);
            RuntimeException failure = call(work, exchange);
            if (failure == null) {
                from = to;
                size *= 2; // after a refusal: as fast up as down
            } else if (refusal.of(failure) == null) {
                throw failure;
            } else if (to - from > 1) {
                size = (to - from + 1) / 2;
            } else {
                keep(refused, exchange, refusal.of(failure).getMessage());
                from = to;
            }
        }
    }

    private void keep(String refused, Exchange exchange, String reason) {
        exchange.setProperty("refusal", reason);
        RuntimeException failure = call(refused, exchange);
        exchange.removeProperty("refusal");
        if (failure != null) {
            throw failure;
        }
    }

    /** What the route failed with, or null. */
    private RuntimeException call(String route, Exchange exchange) {
        template.send(route, exchange);
        Exception failure = exchange.getException();
        exchange.setException(null);
        return failure == null ? null : failure instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(failure);
    }
}
