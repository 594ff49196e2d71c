package integration.salesloft.gateway;

import java.io.InterruptedIOException;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.Header;

/**
 * Keeps a request from being written after the instant in its header {@code Send-Before} (milliseconds since 1970, this machine's
 * clock), and that header from being sent. Asked last of all, when there is a connection: what comes after it takes no time in which
 * a process could be frozen unnoticed.
 */
public class SendBefore implements HttpClientConfigurer {

    private static final String HEADER = "Send-Before";

    @Override
    public void configureHttpClient(HttpClientBuilder client) {
        client.addRequestInterceptorLast((request, entity, context) -> {
            Header before = request.getFirstHeader(HEADER);
            request.removeHeaders(HEADER);
            if (before != null && System.currentTimeMillis() > Long.parseLong(before.getValue())) {
                throw new InterruptedIOException("held up before it was sent");
            }
        });
    }
}
