package integration.salesloft.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.junit.jupiter.api.Test;

/** What a server can do that lets every read succeed. */
class CallLimitsTest {

    private static final String FOREVER = "x".repeat(10_000);

    /** Sends its answer byte by byte; what comes of it when the other side has had enough. */
    private record Dripping(ServerSocket socket, CompletableFuture<Void> cut) implements AutoCloseable {

        static Dripping serve(String answer, long millis) throws IOException {
            Dripping server = new Dripping(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()), new CompletableFuture<>());
            Thread thread = new Thread(() -> server.drip(answer, millis));
            thread.setDaemon(true);
            thread.start();
            return server;
        }

        private void drip(String answer, long millis) {
            try (Socket caller = socket.accept(); OutputStream out = caller.getOutputStream()) {
                for (byte next : answer.getBytes()) {
                    out.write(next);
                    TimeUnit.MILLISECONDS.sleep(millis);
                }
            } catch (SocketException e) {
                cut.complete(null);
            } catch (IOException | InterruptedException e) {
                cut.completeExceptionally(e);
            }
        }

        String url() {
            return "http://localhost:" + socket.getLocalPort() + "/";
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static String get(String url, long millis, int bytes) throws IOException {
        HttpClientBuilder builder = HttpClientBuilder.create().disableAutomaticRetries();
        CallLimits limits = new CallLimits(millis, bytes);
        limits.configureHttpClient(builder);
        try (CloseableHttpClient client = builder.build()) {
            return client.execute(new HttpGet(url), answer -> answer.containsHeader(CallLimits.TOO_LONG) ? "too long" : EntityUtils.toString(answer.getEntity()));
        } finally {
            limits.close();
        }
    }

    @Test
    void cutsOffHeadersThatDrip() throws Exception {
        try (Dripping server = Dripping.serve("HTTP/1.1 200 OK\r\nX-Long: " + FOREVER, 20)) {
            assertThatThrownBy(() -> get(server.url(), 300, 1000)).isInstanceOf(InterruptedIOException.class).hasMessage("no whole answer within 300 ms");
            server.cut.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void cutsOffABodyThatDrips() throws Exception {
        try (Dripping server = Dripping.serve("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + FOREVER, 5)) {
            assertThatThrownBy(() -> get(server.url(), 500, 20_000)).isInstanceOf(InterruptedIOException.class).hasMessage("no whole answer within 500 ms");
            server.cut.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void readsNoMoreThanItMay() throws Exception {
        try (Dripping server = Dripping.serve("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + FOREVER, 1)) {
            assertThat(get(server.url(), 30_000, 100)).isEqualTo("too long");
            server.cut.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void letsThroughWhatIsJustShortEnough() throws Exception {
        try (Dripping server = Dripping.serve("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour", 0)) {
            assertThat(get(server.url(), 30_000, 4)).isEqualTo("four");
        }
    }
}
