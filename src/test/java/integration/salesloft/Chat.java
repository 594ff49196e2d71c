package integration.salesloft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Takes messages over HTTP as a chat does, keeps them, and misbehaves when it is told to. */
final class Chat implements AutoCloseable {

    /** In place of a status: it keeps the connection, and does not answer. */
    static final int HANG = -1;

    private static final ObjectMapper JSON = new ObjectMapper();
    /** What a chat's address holds, and nobody else may know. */
    static final String SECRET = "T0chat/B0secret";

    /** A message as it came: whose it is, and what was sent with it. */
    record Message(String room, String method, Map<String, List<String>> headers, JsonNode body) {

        String id() {
            return body.path("id").asText();
        }

        String header(String name) {
            return headers.entrySet().stream().filter(header -> header.getKey().equalsIgnoreCase(name)).findFirst().map(header -> header.getValue().get(0)).orElse(null);
        }
    }

    private final int port;
    private final List<Message> messages = new CopyOnWriteArrayList<>();
    private final Map<String, Queue<Integer>> answers = new HashMap<>();
    private HttpServer server;
    private ExecutorService threads;

    private Chat(int port) {
        this.port = port;
    }

    static Chat start() {
        Chat chat = new Chat(FreePort.find());
        chat.open();
        return chat;
    }

    /** Takes messages again. */
    void open() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
            threads = Executors.newCachedThreadPool();
            server.setExecutor(threads);
            server.createContext("/", this::take);
            server.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Refuses connections from now on. */
    void shut() {
        server.stop(0);
        threads.shutdownNow();
    }

    /** The address of a room: with a secret in it, and a parameter. */
    String url(String room) {
        return "http://localhost:" + port + "/" + room + "/" + SECRET + "?wait=true";
    }

    /** What the next messages to a room are answered with; after that, 200. */
    synchronized void answer(String room, Integer... statuses) {
        answers.put(room, new ArrayDeque<>(List.of(statuses)));
    }

    /** Every message that came, also one that was not answered well, in order. */
    List<Message> messages(String room) {
        return messages.stream().filter(message -> message.room().equals(room)).toList();
    }

    void forget() {
        messages.clear();
        synchronized (this) {
            answers.clear();
        }
    }

    private void take(HttpExchange exchange) throws IOException {
        String[] path = exchange.getRequestURI().toString().substring(1).split("/", 2);
        messages.add(new Message(path[1].equals(SECRET + "?wait=true") ? path[0] : exchange.getRequestURI().toString(), exchange.getRequestMethod(),
                Map.copyOf(exchange.getRequestHeaders()), JSON.readTree(exchange.getRequestBody())));
        int status = next(path[0]);
        if (status == HANG) {
            return;
        }
        exchange.getResponseHeaders().set("Location", "http://localhost:" + port + "/elsewhere");
        exchange.getResponseHeaders().set("Retry-After", "1");
        byte[] body = (status == 200 ? "ok" : "no " + SECRET).getBytes();
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private synchronized int next(String room) {
        Queue<Integer> left = answers.get(room);
        return left == null || left.isEmpty() ? 200 : left.remove();
    }

    @Override
    public void close() {
        shut();
    }
}
