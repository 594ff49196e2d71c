package integration.salesloft.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecRuntime;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;

/**
 * What one call may take in all: time, from the wait for a connection to the last byte of the answer, and bytes of the answer,
 * counted after it was unpacked. The time-outs of an HTTP client are for each read, and a server that sends a byte now and then
 * never meets them.
 *
 * <p>A call that is out of time ends in an {@link InterruptedIOException}, and its connection is closed. An answer that is too
 * long is not read on: the caller gets its status, no body, and the header {@code Answer-Too-Long}.
 */
public class CallLimits implements HttpClientConfigurer {

    static final String TOO_LONG = "Answer-Too-Long";

    private final long millis;
    private final int bytes;
    private final ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(1, task -> {
        Thread thread = new Thread(task, "call-limits");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * @param millis how long a call may take
     * @param bytes  how long an answer may be
     */
    public CallLimits(long millis, int bytes) {
        this.millis = millis;
        this.bytes = bytes;
        clock.setRemoveOnCancelPolicy(true);
    }

    /** How long a call may take, in milliseconds. */
    public long getMillis() {
        return millis;
    }

    /** As destroy method: nothing is called any more. */
    public void close() {
        clock.shutdownNow();
    }

    @Override
    public void configureHttpClient(HttpClientBuilder client) {
        // First, so that everything else is inside: connections, redirects, and the unpacking of the answer.
        client.addExecInterceptorFirst("call-limits", this::execute);
    }

    private ClassicHttpResponse execute(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain) throws IOException, HttpException {
        AtomicBoolean late = new AtomicBoolean();
        Future<?> deadline = clock.schedule(() -> {
            late.set(true);
            ((Cancellable) scope.originalRequest).cancel();
        }, millis, TimeUnit.MILLISECONDS);
        try {
            return read(chain.proceed(request, scope), scope.execRuntime);
        } catch (IOException | HttpException | RuntimeException e) {
            scope.execRuntime.discardEndpoint();
            if (late.get()) {
                throw (IOException) new InterruptedIOException("no whole answer within " + millis + " ms").initCause(e);
            }
            throw e;
        } finally {
            deadline.cancel(false);
        }
    }

    /** The same answer with its body in memory, for which the connection is not needed any more. */
    private ClassicHttpResponse read(ClassicHttpResponse answer, ExecRuntime connection) throws IOException {
        HttpEntity entity = answer.getEntity();
        if (entity == null) {
            return answer;
        }
        ContentType type = ContentType.parseLenient(entity.getContentType());
        InputStream in = entity.getContent();
        byte[] body = in.readNBytes(bytes);
        if (body.length == bytes && in.read() >= 0) {
            // Not closed but cut off: closing would read on to the end.
            connection.discardEndpoint();
            answer.setHeader(TOO_LONG, "more than " + bytes + " bytes");
            body = new byte[0];
        }
        answer.setEntity(new ByteArrayEntity(body, type));
        return answer;
    }
}
