package integration.salesloft.rollback;

import static integration.salesloft.Quotes.quoted;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;

/** What answers behind the Service: the /health of a release, or nothing. */
public final class PretendService implements AutoCloseable {

    private final AtomicInteger asked = new AtomicInteger();
    private final HttpServer server;
    private volatile int status = 200;
    private volatile String body = "";

    public PretendService(int port) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/health", exchange -> {
            asked.incrementAndGet();
            byte[] bytes = body.getBytes();
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
    }

    /** This release runs, and is well. */
    public void healthy(String release) {
        answers(200, quoted("{'status':'healthy','salesloft':{'connected':true},'release':'%s','paused':true,'database':'up'}", release));
    }

    /** This release runs, and SalesLoft does not answer. */
    public void withoutSalesLoft(String release) {
        answers(503, quoted("{'status':'degraded','salesloft':{'connected':false},'release':'%s','paused':true,'database':'up'}", release));
    }

    public void answers(int newStatus, String newBody) {
        status = newStatus;
        body = newBody;
    }

    public int asked() {
        return asked.get();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
