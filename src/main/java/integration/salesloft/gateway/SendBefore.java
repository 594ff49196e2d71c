package integration.salesloft.gateway;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Set;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.http.io.HttpResponseInformationCallback;
import org.apache.hc.core5.http.protocol.HttpContext;

/**
 * Keeps a request from being written after the instant in its header {@code Send-Before} (milliseconds since 1970, this machine's
 * clock), and that header from being sent. Asked last of all, when what is to be sent is put together and only has to be written: a
 * process that is frozen before that does not send it when it wakes.
 */
public class SendBefore implements HttpClientConfigurer {

    private static final String HEADER = "Send-Before";
    /** What may write to the socket. */
    private static final Set<String> WRITES = Set.of("sendRequestHeader", "sendRequestEntity", "flush");

    @Override
    public void configureHttpClient(HttpClientBuilder client) {
        client.setRequestExecutor(new HttpRequestExecutor() {
            @Override
            public ClassicHttpResponse execute(ClassicHttpRequest request, HttpClientConnection connection,
                    HttpResponseInformationCallback informed, HttpContext context) throws IOException, HttpException {
                Header before = request.getFirstHeader(HEADER);
                request.removeHeaders(HEADER);
                return super.execute(request, before == null ? connection : until(Long.parseLong(before.getValue()), connection), informed, context);
            }
        });
    }

    /** The connection, but that nothing is written any more after this instant. */
    private static HttpClientConnection until(long before, HttpClientConnection connection) {
        return (HttpClientConnection) Proxy.newProxyInstance(HttpClientConnection.class.getClassLoader(), new Class<?>[] {HttpClientConnection.class},
                (proxy, method, arguments) -> {
                    if (WRITES.contains(method.getName()) && System.currentTimeMillis() > before) {
                        throw new InterruptedIOException("held up before it was sent");
                    }
                    try {
                        return method.invoke(connection, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
