package integration.salesloft.store;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
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
import javax.net.ssl.SSLContext;

/** A token store that tests run, on a port of this machine: speaks the protocol of the real one, and can be told to fail in every way that matters. */
public abstract class TokenStoreStub implements AutoCloseable {

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
            return json(status, "application/json", body);
        }

        static Answer json(int status, String type, Object body) {
            try {
                return new Answer(status, Map.of("Content-Type", type), JSON.writeValueAsString(body));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    TokenStoreStub() {
        this(null);
    }

    /** @param tls null: it speaks HTTP in clear */
    TokenStoreStub(SSLContext tls) {
        threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, getClass().getSimpleName());
            thread.setDaemon(true);
            return thread;
        });
        try {
            InetSocketAddress port = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            if (tls == null) {
                server = HttpServer.create(port, 0);
            } else {
                HttpsServer encrypted = HttpsServer.create(port, 0);
                encrypted.setHttpsConfigurator(new HttpsConfigurator(tls));
                server = encrypted;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    /** The settings of a container that keeps its pair here, as environment variables. */
    public abstract Map<String, String> settings();

    /** The pair that the store holds, its newest, as JSON; null when there is none. */
    public abstract String pair();

    /** Writes something there, as somebody else would: over the newest, whatever that is. */
    public abstract void put(String json);

    /** The secret is gone, as if somebody had deleted it. */
    public abstract void lose();

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
        return (server instanceof HttpsServer ? "https" : "http") + "://localhost:" + server.getAddress().getPort();
    }

    /** Not reached: connections end without an answer. */
    public final void away(boolean away) {
        this.away = away;
    }

    /** Each call takes so much longer. */
    public final void slow(Duration delay) {
        this.delay = delay;
    }

    /** Refuses every call by who calls. */
    public final void deny(boolean denied) {
        deniedAll = denied;
    }

    /** Whether every call is refused by who calls. */
    final boolean isDenied() {
        return deniedAll;
    }

    /** These calls are refused from now on. */
    public final void deny(String... operations) {
        denied.addAll(List.of(operations));
    }

    /** Has the next writes stand still, before they have done their work, or when it is done and before they are answered. */
    public final Hang hang(boolean afterWork) {
        return hang(writing().get(0), afterWork);
    }

    /** Has the next calls of this name stand still, before they have done their work, or when it is done and before they are answered. */
    public final Hang hang(String operation, boolean afterWork) {
        return hang(operation, new Hang(afterWork, false));
    }

    /** The same, and when such a call stands there nothing else is answered either, so that whoever made it gets no further. */
    public final Hang standStill(String operation, boolean afterWork) {
        return hang(operation, new Hang(afterWork, true));
    }

    private Hang hang(String operation, Hang hang) {
        hangs.put(operation, hang);
        return hang;
    }

    /** How many writes of the pair have arrived. */
    public final int writes() {
        return calls(writing().get(0));
    }

    /** How many reads of the pair have arrived. */
    public final int reads() {
        return calls(reading());
    }

    /** How many calls of this name have arrived. */
    public final int calls(String operation) {
        return (int) calls.stream().filter(operation::equals).count();
    }

    /** Begins anew, without a secret, faults, and counted calls. */
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
            hangs.values().stream().filter(Hang::stopsEverything).forEach(Hang::await);
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
