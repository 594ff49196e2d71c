package integration.salesloft.store;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An HTTP server on a loopback port that plays the secret store of a cloud, and can be told to fail in every way that matters. */
public abstract class CloudStub implements TokenStoreStub {

    static final ObjectMapper JSON = new ObjectMapper();

    private final HttpServer server;
    private final ExecutorService threads;
    private final Queue<String> calls = new ConcurrentLinkedQueue<>();
    private final Map<String, Hang> hangs = new ConcurrentHashMap<>();
    private final Set<String> denied = ConcurrentHashMap.newKeySet();
    private volatile boolean deniedAll;
    private volatile boolean away;
    private volatile Duration delay = Duration.ZERO;

    /** Answers with this status, these headers and this text. */
    record Answer(int status, Map<String, String> headers, String body) {

        static Answer json(int status, Object body) {
            try {
                return new Answer(status, Map.of("Content-Type", "application/json; charset=UTF-8"), JSON.writeValueAsString(body));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    CloudStub() {
        threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, getClass().getSimpleName());
            thread.setDaemon(true);
            return thread;
        });
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    /** What the call is named in faults, counts and rights. */
    abstract String operation(HttpExchange exchange, String body);

    /** Whether the call needs a right that may be taken away. */
    abstract boolean needsRight(String operation);

    /** Does the work. */
    abstract Answer answer(HttpExchange exchange, String operation, String body) throws IOException;

    /** What one gets who has no right to this call. */
    abstract Answer denial(String operation);

    /** The calls that a write of the pair is made of, in their order. */
    public abstract List<String> writing();

    /** The call that a read of the pair is made of. */
    abstract String reading();

    public final String url() {
        return "http://localhost:" + server.getAddress().getPort();
    }

    @Override
    public final void away(boolean away) {
        this.away = away;
    }

    @Override
    public final void slow(Duration delay) {
        this.delay = delay;
    }

    @Override
    public final void deny(boolean denied) {
        deniedAll = denied;
    }

    /** These calls are refused from now on. */
    public final void deny(String... operations) {
        denied.addAll(List.of(operations));
    }

    @Override
    public final Hang hang(boolean afterWork) {
        return hang(writing().get(0), afterWork);
    }

    /** Has the next calls of this name stand still, before they have done their work, or when it is done and before they are answered. */
    public final Hang hang(String operation, boolean afterWork) {
        Hang hang = new Hang(afterWork);
        hangs.put(operation, hang);
        return hang;
    }

    @Override
    public final int writes() {
        return calls(writing().get(0));
    }

    @Override
    public final int reads() {
        return calls(reading());
    }

    /** How many calls of this name have arrived. */
    public final int calls(String operation) {
        return (int) calls.stream().filter(operation::equals).count();
    }

    @Override
    public void forgetAll() {
        hangs.values().forEach(Hang::release);
        hangs.clear();
        denied.clear();
        calls.clear();
        deniedAll = false;
        away = false;
        delay = Duration.ZERO;
    }

    @Override
    public final void close() {
        hangs.values().forEach(Hang::release);
        server.stop(0);
        threads.shutdownNow();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String operation = operation(exchange, body);
            calls.add(operation);
            if (away) {
                return;
            }
            Hang hang = hangs.get(operation);
            if (hang != null && !hang.afterWork()) {
                hang.reach();
            }
            Thread.sleep(delay.toMillis());
            boolean refused = denied.contains(operation) || deniedAll && needsRight(operation);
            Answer answer = refused ? denial(operation) : answer(exchange, operation, body);
            if (hang != null && hang.afterWork()) {
                hang.reach();
            }
            answer.headers().forEach(exchange.getResponseHeaders()::set);
            byte[] text = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), text.length == 0 ? -1 : text.length);
            exchange.getResponseBody().write(text);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
