package integration.salesloft.gateway;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.http.io.HttpResponseInformationCallback;
import org.apache.hc.core5.http.io.entity.HttpEntityWrapper;
import org.apache.hc.core5.http.protocol.HttpContext;

/**
 * Keeps the body of a request from being written after the instant in its header {@code Send-Before} (milliseconds since 1970, this
 * machine's clock), and that header from being sent. Asked last of all, when the bytes only have to be handed to the socket: a
 * process that is frozen before that does not send it when it wakes. Nobody can do more than that on this side; what is frozen
 * in the microseconds between is sent.
 */
public class SendBefore implements HttpClientConfigurer {

    private static final String HEADER = "Send-Before";

    @Override
    public void configureHttpClient(HttpClientBuilder client) {
        client.setRequestExecutor(new HttpRequestExecutor() {
            @Override
            public ClassicHttpResponse execute(ClassicHttpRequest request, HttpClientConnection connection,
                    HttpResponseInformationCallback informed, HttpContext context) throws IOException, HttpException {
                Header before = request.getFirstHeader(HEADER);
                request.removeHeaders(HEADER);
                if (before != null && request.getEntity() != null) {
                    request.setEntity(new Until(request.getEntity(), Long.parseLong(before.getValue())));
                }
                return super.execute(request, connection, informed, context);
            }
        });
    }

    private static final class Until extends HttpEntityWrapper {

        private final byte[] bytes;
        private final long before;

        Until(HttpEntity entity, long before) throws IOException {
            super(entity);
            this.before = before;
            ByteArrayOutputStream copy = new ByteArrayOutputStream();
            entity.writeTo(copy);
            bytes = copy.toByteArray();
        }

        /** Without a body the request is none, and the connection is given up. */
        @Override
        public void writeTo(OutputStream out) throws IOException {
            if (System.currentTimeMillis() > before) {
                throw new InterruptedIOException("held up before it was sent");
            }
            out.write(bytes);
        }
    }
}
