package integration.salesloft.webhook;

import integration.salesloft.ops.Unanswered;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.concurrent.CompletableFuture;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;
import org.apache.camel.component.platform.http.springboot.SpringBootPlatformHttpConsumer;

/**
 * Has a platform-http route run on the thread that has read the request, and the request end with it. Camel's own engine hands it
 * to another thread, waits for that asynchronously, and has Spring dispatch it a second time: half of the CPU of a small request.
 */
public class RequestThread implements PlatformHttpEngine {

    private final int port;

    /** @param port of the server, for what Camel says about itself */
    public RequestThread(int port) {
        this.port = port;
    }

    @Override
    public PlatformHttpConsumer createConsumer(PlatformHttpEndpoint endpoint, Processor processor) {
        return new SpringBootPlatformHttpConsumer(endpoint, new Unanswered(processor), Runnable::run) {

            /** @return null, which tells Spring that the request was answered */
            @Override
            public CompletableFuture<Void> service(HttpServletRequest request, HttpServletResponse response) {
                super.service(request, response).join();
                return null;
            }
        };
    }

    @Override
    public int getServerPort() {
        return port;
    }
}
