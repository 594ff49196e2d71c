package integration.salesloft.store;

import static integration.salesloft.Quotes.quoted;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import integration.salesloft.Kubectl;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the container uses of an API server of Kubernetes: the Secrets of the namespace {@code sales}, each with a resource version that
 * must be the present one when it is replaced, and reviews of what we may do. Errors are a Status, in the API server's words.
 */
public final class KubernetesSecrets extends TokenStoreStub {

    private static final String NAME = "salesloft-token-pair";
    private static final String READ = "read";
    private static final String WRITE = "write";
    private static final String SECRETS = "/api/v1/namespaces/sales/secrets";

    private final Map<String, ObjectNode> secrets = new ConcurrentHashMap<>();
    private final Set<String> forbidden = new TreeSet<>();
    private long version = 4711;

    /** One on a free port of this machine. */
    public static KubernetesSecrets start() {
        return new KubernetesSecrets();
    }

    /** What KUBECONFIG is to name, for the container as for kubectl. */
    public Path kubeconfig(Path file) {
        return Kubectl.config(file, url(), "sales");
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
        super.forgetAll();
        secrets.clear();
        forbidden.clear();
    }

    @Override
    public void lose() {
        secrets.remove(NAME);
    }

    /** The role does not have this verb. */
    public synchronized void forbid(String verb) {
        forbidden.add(verb);
    }

    /** A read or a write of a Secret; whatever is no Secret by its path. */
    @Override
    String operation(HttpExchange exchange, String body) {
        String path = exchange.getRequestURI().getPath();
        if (!path.startsWith(SECRETS)) {
            return path;
        }
        return Map.of("GET", READ, "POST", WRITE, "PUT", WRITE).getOrDefault(exchange.getRequestMethod(), "other");
    }

    @Override
    public List<String> writing() {
        return List.of(WRITE);
    }

    @Override
    String reading() {
        return READ;
    }

    @Override
    boolean needsRight(String operation) {
        return false; // what is denied is answered with the words of the call
    }

    @Override
    Answer denial(String operation) {
        throw new IllegalStateException(operation);
    }

    @Override
    Answer answer(HttpExchange exchange, String operation, String body) throws JsonProcessingException {
        return answer(exchange.getRequestMethod(), exchange.getRequestURI().getPath(), body.isEmpty() ? JSON.createObjectNode() : JSON.readTree(body));
    }

    private synchronized Answer answer(String method, String path, JsonNode body) throws JsonProcessingException {
        switch (path) {
            case "/api":
                return Answer.json(200, JSON.readTree(quoted("{'kind':'APIVersions','versions':['v1']}")));
            case "/apis":
                return Answer.json(200, JSON.readTree(quoted("{'kind':'APIGroupList','apiVersion':'v1','groups':[]}")));
            case "/api/v1":
                return Answer.json(200, JSON.readTree("""
                        {"kind": "APIResourceList", "groupVersion": "v1", "resources": [
                         {"name": "secrets", "singularName": "secret", "namespaced": true, "kind": "Secret", "verbs": ["create", "get", "update", "patch", "delete"]}]}
                        """));
            case "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews":
                return review(body);
            default:
        }
        if (!path.startsWith(SECRETS)) {
            return status(404, "NotFound", "the server could not find the requested resource");
        }
        String name = path.length() > SECRETS.length() ? path.substring(SECRETS.length() + 1) : body.at("/metadata/name").asText();
        String verb = Map.of("GET", "get", "POST", "create", "PUT", "update", "DELETE", "delete").get(method);
        if (isDenied() || forbidden.contains(verb)) {
            return status(403, "Forbidden", quoted("secrets %sis forbidden: User 'system:serviceaccount:sales:salesloft' cannot %s resource 'secrets' in API group '' in the namespace 'sales'",
                    verb.equals("create") ? "" : quoted("'%s' ", name), verb));
        }
        ObjectNode present = secrets.get(name);
        if (verb.equals("create")) {
            return present != null ? status(409, "AlreadyExists", quoted("secrets '%s' already exists", name)) : Answer.json(201, store(name, (ObjectNode) body));
        } else if (present == null) {
            return status(404, "NotFound", quoted("secrets '%s' not found", name));
        } else if (verb.equals("get")) {
            return Answer.json(200, present);
        } else if (verb.equals("delete")) {
            secrets.remove(name);
            return Answer.json(200, JSON.readTree(quoted("{'kind':'Status','apiVersion':'v1','status':'Success'}")));
        }
        String read = body.at("/metadata/resourceVersion").asText("");
        return !read.isEmpty() && !read.equals(present.at("/metadata/resourceVersion").asText())
                ? status(409, "Conflict", quoted("Operation cannot be fulfilled on secrets '%s': the object has been modified; please apply your changes to the latest version and try again", name))
                : Answer.json(200, store(name, (ObjectNode) body));
    }

    private Answer review(JsonNode body) {
        if (isDenied()) {
            return status(401, "Unauthorized", "Unauthorized");
        }
        JsonNode asked = body.at("/spec/resourceAttributes");
        ObjectNode answer = ((ObjectNode) body).deepCopy();
        boolean allowed = asked.path("resource").asText().equals("secrets") && asked.path("namespace").asText().equals("sales") && !forbidden.contains(asked.path("verb").asText());
        answer.putObject("status").put("allowed", allowed);
        return Answer.json(201, answer);
    }

    private static Answer status(int code, String reason, String message) {
        return Answer.json(code, JSON.createObjectNode().put("kind", "Status").put("apiVersion", "v1").put("status", "Failure").put("message", message).put("reason", reason).put("code", code));
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
