package integration.salesloft.gateway;

import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;

/**
 * For a call within a call ({@code enrich}): takes over the inner one's body, or its failure, and none of its properties,
 * which are the inner call's method, path and counts. Camel's own strategies copy them all.
 */
public class AnswerOnly implements AggregationStrategy {

    @Override
    public Exchange aggregate(Exchange call, Exchange inner) {
        if (inner.getException() != null) {
            call.setException(inner.getException());
        }
        call.getMessage().setBody(inner.getMessage().getBody());
        return call;
    }
}
