package integration.salesloft.webhook;

import integration.salesloft.http.Gate;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Collections;
import java.util.concurrent.CompletableFuture;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;
import org.apache.camel.component.platform.http.springboot.SpringBootPlatformHttpConsumer;
import org.apache.camel.spi.HeaderFilterStrategy;

/**
 * Has a platform-http route run on the thread that has read the request, and the request end with it. Camel's own engine hands it
 * to another thread, waits for that asynchronously, and has Spring dispatch it a second time: half of the CPU of a small request.
 * The route's message is the body as bytes, and the headers that the endpoint's filter lets in; the answer is the status that the
 * route leaves, without a body.
 */
public class RequestThread implements PlatformHttpEngine {

    private final int port;

    /** @param port of the server, for what Camel says about itself */
    public RequestThread(int port) {
        this.port = port;
    }

    @Override
    public PlatformHttpConsumer createConsumer(PlatformHttpEndpoint endpoint, Processor processor) {
        return new Consumer(endpoint, processor);
    }

    @Override
    public int getServerPort() {
        return port;
    }

    private static final class Consumer extends SpringBootPlatformHttpConsumer {

        private final HeaderFilterStrategy filter;

        Consumer(PlatformHttpEndpoint endpoint, Processor processor) {
            super(endpoint, Gate.guard(processor, endpoint), Runnable::run);
            filter = endpoint.getHeaderFilterStrategy();
        }

        /** @return null, which tells Spring that the request was answered */
        @Override
        public CompletableFuture<Void> service(HttpServletRequest request, HttpServletResponse response) {
            super.service(request, response).join();
            return null;
        }

        @Override
        protected void handleService(HttpServletRequest request, HttpServletResponse response) throws Exception {
            Exchange exchange = createExchange(true);
            exchange.setPattern(ExchangePattern.InOut);
            Message delivery = exchange.getMessage();
            delivery.setBody(request.getInputStream().readAllBytes());
            for (String name : Collections.list(request.getHeaderNames())) {
                String value = request.getHeader(name);
                if (!filter.applyFilterToExternalHeaders(name, value, exchange)) {
                    delivery.setHeader(name, value);
                }
            }
            createUoW(exchange);
            try {
                getProcessor().process(exchange);
                response.setStatus(exchange.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class));
            } finally {
                doneUoW(exchange);
                releaseExchange(exchange, false);
            }
        }
    }
}
