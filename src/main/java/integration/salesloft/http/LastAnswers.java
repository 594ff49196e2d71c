package integration.salesloft.http;

import java.time.Duration;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.web.context.WebServerApplicationContext;
import org.springframework.boot.web.embedded.tomcat.TomcatWebServer;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

/**
 * When the container stops, each connection is closed with its next answer, before anything else ends. A client that sends a request into
 * a connection just as the server closes it gets no answer, and cannot know whether its request was taken.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class LastAnswers implements ApplicationListener<ContextClosedEvent> {

    private static final long LOOK_MS = 20;
    /** Tomcat counts the connection that it waits for. */
    private static final int NONE = 1;

    private final ApplicationContext container;
    private final Duration most;

    /** @param most clients that send nothing for so long are not waited for */
    LastAnswers(ApplicationContext container, @Value("${salesloft.last-answers}") Duration most) {
        this.container = container;
        this.most = most;
    }

    @Override
    public void onApplicationEvent(ContextClosedEvent stop) {
        // The server of metrics has a context of its own, which ends with this one; a command has no server.
        if (stop.getApplicationContext() == container && container instanceof WebServerApplicationContext web
                && web.getWebServer() instanceof TomcatWebServer server
                && server.getTomcat().getConnector().getProtocolHandler() instanceof AbstractHttp11Protocol<?> http) {
            http.setMaxKeepAliveRequests(1);
            long until = System.nanoTime() + most.toNanos();
            try {
                while (http.getConnectionCount() > NONE && System.nanoTime() < until) {
                    Thread.sleep(LOOK_MS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
