package integration.salesloft.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * What the container uses of an API server of Kubernetes: the Secrets of the namespace {@code sales}, each with a resource version that
 * must be the present one when it is replaced, and reviews of what we may do. Errors are a Status, in the API server's words.
 */
public final class KubernetesSecrets implements TokenStoreStub {

    private static final String NAME = "salesloft-token-pair";
    private static final String SECRETS = "/api/v1/namespaces/sales/secrets";
    private static final ObjectMapper JSON = new ObjectMapper();

    private record Answer(int status, JsonNode body) {
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, ObjectNode> secrets = new ConcurrentHashMap<>();
    private final Map<String, Integer> calls = new ConcurrentHashMap<>();
    private final Set<String> forbidden = new TreeSet<>();
    private volatile boolean away;
    private volatile boolean denied;
    private volatile Duration delay = Duration.ZERO;
    private volatile Hang hang;
    private long version = 4711;

    private KubernetesSecrets(HttpServer server) {
        this.server = server;
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    /** One on a free port of this machine. */
    public static KubernetesSecrets start() {
        try {
            return new KubernetesSecrets(HttpServer.create(new InetSocketAddress("localhost", 0), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String url() {
        return "http://localhost:" + server.getAddress().getPort();
    }

    /** What KUBECONFIG is to name, for the container as for kubectl. */
    public Path kubeconfig(Path file) {
        try {
            return Files.writeString(file, """
                    apiVersion: v1
                    kind: Config
                    current-context: stub
                    contexts: [{name: stub, context: {cluster: stub, namespace: sales, user: stub}}]
                    clusters: [{name: stub, cluster: {server: "%s"}}]
                    users: [{name: stub, user: {token: stub}}]
                    """.formatted(url()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Map<String, String> settings() {
        return Map.of("TOKEN_STORE", "kubernetes", "TOKEN_SECRET_NAMESPACE", "sales", "KUBERNETES_MASTER", url());
    }

    @Override
    public String pair() {
        ObjectNode secret = secrets.get(NAME);
        return secret == null || !secret.at("/data/pair").isTextual() ? null : new String(Base64.getDecoder().decode(secret.at("/data/pair").asText()), StandardCharsets.UTF_8);
    }

    /** As the manifests make it: without anything in it. */
    public void makeEmpty() {
        store(NAME, secret(JSON.createObjectNode()));
    }

    @Override
    public void put(String json) {
        store(NAME, secret(JSON.createObjectNode().put("pair", Base64.getEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8)))));
    }

    /** Somebody adds a label, or a key: another resource version, with the same pair. */
    public synchronized void label(String key, String value) {
        ObjectNode changed = secrets.get(NAME).deepCopy();
        changed.withObject("/metadata/labels").put(key, value);
        changed.withObject("/data").put(key, "eA==");
        store(NAME, changed);
    }

    /** The Secret as it is. */
    public JsonNode secret() {
        return secrets.get(NAME);
    }

    @Override
    public synchronized void forgetAll() {
        secrets.clear();
        calls.clear();
    }

    @Override
    public void lose() {
        secrets.remove(NAME);
    }

    @Override
    public void away(boolean away) {
        this.away = away;
    }

    @Override
    public void deny(boolean denied) {
        this.denied = denied;
    }

    @Override
    public void slow(Duration delay) {
        this.delay = delay;
    }

    @Override
    public Hang hang(boolean afterWork) {
        hang = new Hang(afterWork);
        return hang;
    }

    /** The role does not have this verb. */
    public synchronized void forbid(String verb) {
        forbidden.add(verb);
    }

    @Override
    public int writes() {
        return calls.getOrDefault("POST", 0) + calls.getOrDefault("PUT", 0);
    }

    @Override
    public int reads() {
        return calls.getOrDefault("GET", 0);
    }

    @Override
    public void close() {
        if (hang != null) {
            hang.release();
        }
        server.stop(0);
        threads.shutdownNow();
    }

    private void handle(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        String path = exchange.getRequestURI().getPath();
        boolean ofSecrets = path.startsWith(SECRETS);
        if (ofSecrets) {
            calls.merge(exchange.getRequestMethod(), 1, Integer::sum);
        }
        if (away) {
            exchange.close();
            return;
        }
        pause(delay);
        boolean writes = ofSecrets && !exchange.getRequestMethod().equals("GET");
        Hang here = hang;
        if (here != null && writes && !here.afterWork()) {
            here.reach();
        }
        Answer answer = answer(exchange.getRequestMethod(), path, body.length == 0 ? JSON.createObjectNode() : JSON.readTree(body));
        if (here != null && writes && here.afterWork()) {
            here.reach();
        }
        byte[] text = answer.body.toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(answer.status, text.length);
        exchange.getResponseBody().write(text);
        exchange.close();
    }

    private static void pause(Duration time) {
        try {
            new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized Answer answer(String method, String path, JsonNode body) throws JsonProcessingException {
        switch (path) {
            case "/api":
                return new Answer(200, JSON.readTree("{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}"));
            case "/apis":
                return new Answer(200, JSON.readTree("{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[]}"));
            case "/api/v1":
                return new Answer(200, JSON.readTree("{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":[{\"name\":\"secrets\",\"singularName\":\"secret\",\"namespaced\":true,"
                        + "\"kind\":\"Secret\",\"verbs\":[\"create\",\"get\",\"update\",\"patch\",\"delete\"]}]}"));
            case "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews":
                return review(body);
            default:
        }
        if (!path.startsWith(SECRETS)) {
            return status(404, "NotFound", "the server could not find the requested resource");
        }
        String name = path.length() > SECRETS.length() ? path.substring(SECRETS.length() + 1) : body.at("/metadata/name").asText();
        String verb = Map.of("GET", "get", "POST", "create", "PUT", "update", "DELETE", "delete").get(method);
        if (denied || forbidden.contains(verb)) {
            return status(403, "Forbidden", "secrets " + (verb.equals("create") ? "" : "\"" + name + "\" ") + "is forbidden: User \"system:serviceaccount:sales:salesloft\" cannot " + verb
                    + " resource \"secrets\" in API group \"\" in the namespace \"sales\"");
        }
        ObjectNode present = secrets.get(name);
        if (verb.equals("create")) {
            return present != null ? status(409, "AlreadyExists", "secrets \"" + name + "\" already exists") : new Answer(201, store(name, (ObjectNode) body));
        } else if (present == null) {
            return status(404, "NotFound", "secrets \"" + name + "\" not found");
        } else if (verb.equals("get")) {
            return new Answer(200, present);
        } else if (verb.equals("delete")) {
            secrets.remove(name);
            return new Answer(200, JSON.readTree("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Success\"}"));
        }
        String read = body.at("/metadata/resourceVersion").asText("");
        return !read.isEmpty() && !read.equals(present.at("/metadata/resourceVersion").asText())
                ? status(409, "Conflict", "Operation cannot be fulfilled on secrets \"" + name + "\": the object has been modified; please apply your changes to the latest version and try again")
                : new Answer(200, store(name, (ObjectNode) body));
    }

    private Answer review(JsonNode body) {
        if (denied) {
            return status(401, "Unauthorized", "Unauthorized");
        }
        JsonNode asked = body.at("/spec/resourceAttributes");
        ObjectNode answer = ((ObjectNode) body).deepCopy();
        boolean allowed = asked.path("resource").asText().equals("secrets") && asked.path("namespace").asText().equals("sales") && !forbidden.contains(asked.path("verb").asText());
        answer.putObject("status").put("allowed", allowed);
        return new Answer(201, answer);
    }

    private static Answer status(int code, String reason, String message) {
        return new Answer(code, JSON.createObjectNode().put("kind", "Status").put("apiVersion", "v1").put("status", "Failure").put("message", message).put("reason", reason).put("code", code));
    }

    private static ObjectNode secret(ObjectNode data) {
        ObjectNode secret = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Secret").put("type", "Opaque");
        secret.putObject("metadata").put("name", NAME).put("namespace", "sales");
        if (!data.isEmpty()) {
            secret.set("data", data);
        }
        return secret;
    }

    /** With what the API server gives it. */
    private synchronized ObjectNode store(String name, ObjectNode secret) {
        ObjectNode stored = secret.deepCopy();
        withoutNulls(stored);
        if (stored.path("stringData").isObject()) {
            stored.get("stringData").fields().forEachRemaining(field -> stored.withObject("/data").put(field.getKey(), Base64.getEncoder().encodeToString(field.getValue().asText().getBytes(StandardCharsets.UTF_8))));
            stored.remove("stringData");
        }
        stored.withObject("/metadata").put("namespace", "sales").put("uid", "0a6f-" + name).put("resourceVersion", String.valueOf(++version)).put("creationTimestamp", "2026-03-01T12:00:00Z");
        secrets.put(name, stored);
        return stored;
    }

    private static void withoutNulls(JsonNode node) {
        for (Iterator<JsonNode> values = node.elements(); node.isObject() && values.hasNext();) {
            if (values.next().isNull()) {
                values.remove();
            }
        }
        node.forEach(KubernetesSecrets::withoutNulls);
    }
}
