package integration.salesloft.store;

import static integration.salesloft.Quotes.quoted;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;

/**
 * What the container uses of a Vault: the key-value engine of version 2 mounted at {@code secret}, logins by token, Kubernetes and
 * AppRole, tokens that end and are renewed, capabilities, namespaces. Errors have Vault's status and words.
 */
public final class VaultStub extends TokenStoreStub {

    public static final String TOKEN = "hvs.root-of-the-stub";
    public static final String SECRET_ID = "9e3b-secret-id";
    public static final String JWT = "eyJhbGciOi.service-account.jwt";
    private static final Set<String> ALL = Set.of("create", "read", "update");
    /** Kept of a secret, as Vault has it by default. */
    private static final int MAX_VERSIONS = 10;

    private record Version(JsonNode data, boolean deleted) {
    }

    private static final class Secret {

        private final TreeMap<Long, Version> versions = new TreeMap<>();
        private long newest;
    }

    private static final class Token {

        private final Set<String> capabilities;
        private final Duration ttl;
        private final boolean renewable;
        private Instant end;

        Token(Set<String> capabilities, Duration ttl, boolean renewable) {
            this.capabilities = capabilities;
            this.ttl = ttl;
            this.renewable = renewable;
            this.end = ttl.isZero() ? Instant.MAX : Instant.now().plus(ttl);
        }
    }

    private final Map<String, Secret> secrets = new ConcurrentHashMap<>();
    private final Map<String, Token> tokens = new ConcurrentHashMap<>();
    private volatile Set<String> granted = ALL;
    private volatile Duration loginTtl = Duration.ofHours(1);
    private volatile String namespace = "";
    private volatile String kvVersion = "2";
    private volatile boolean sealed;
    private long issued;

    private VaultStub(SSLContext tls) {
        super(tls);
        tokens.put(TOKEN, new Token(Set.of("root"), Duration.ZERO, false));
    }

    /** One on a free port of this machine. */
    public static VaultStub start() {
        return new VaultStub(null);
    }

    /** One that speaks TLS. */
    public static VaultStub start(SSLContext tls) {
        return new VaultStub(tls);
    }

    @Override
    public Map<String, String> settings() {
        return Map.of("VAULT_ADDR", url(), "VAULT_ROLE_ID", "salesloft", "VAULT_SECRET_ID", SECRET_ID, "TOKEN_STORE", "vault");
    }

    @Override
    public String pair() {
        Secret secret = secrets.get("salesloft");
        Version newest = secret == null ? null : secret.versions.get(secret.newest);
        return newest == null || newest.deleted ? null : newest.data.toString();
    }

    @Override
    public void put(String json) {
        try {
            write("salesloft", JSON.readTree(json));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Override
    public synchronized void forgetAll() {
        super.forgetAll();
        secrets.clear();
        granted = ALL;
        sealed = false;
        // What a login was granted before goes with it.
        revoke();
    }

    @Override
    public synchronized void lose() {
        secrets.remove("salesloft");
    }

    /** As {@code vault kv delete}: the version is marked, and counts. */
    public synchronized void delete() {
        Secret secret = secrets.get("salesloft");
        secret.versions.computeIfPresent(secret.newest, (number, version) -> new Version(version.data, true));
    }

    public void seal(boolean sealed) {
        this.sealed = sealed;
    }

    /** What tokens that are issued from now on may do with the secret. */
    public void grant(String... capabilities) {
        granted = Set.of(capabilities);
    }

    /** How long tokens live that are issued from now on. */
    public void issueFor(Duration ttl) {
        loginTtl = ttl;
    }

    /** A token that lives so long, and may be renewed. */
    public String issue(Duration ttl, String... capabilities) {
        return issue(new Token(Set.of(capabilities), ttl, true));
    }

    public void within(String namespace) {
        this.namespace = namespace;
    }

    public void engine(String version) {
        this.kvVersion = version;
    }

    /** No token that was issued is good any more, as after a revocation. */
    public void revoke() {
        tokens.keySet().removeIf(token -> !token.equals(TOKEN));
    }

    /** Such as {@code POST auth/token/renew-self}. */
    @Override
    String operation(HttpExchange exchange, String body) {
        return (exchange.getRequestMethod().equals("PUT") ? "POST" : exchange.getRequestMethod()) + " " + exchange.getRequestURI().getPath().substring("/v1/".length());
    }

    @Override
    public List<String> writing() {
        return List.of("POST secret/data/salesloft");
    }

    @Override
    String reading() {
        return "GET secret/data/salesloft";
    }

    @Override
    boolean needsRight(String operation) {
        return !operation.endsWith("/login");
    }

    @Override
    Answer denial(String operation) {
        return error(403, "1 error occurred:\n\t* permission denied\n\n");
    }

    @Override
    Answer answer(HttpExchange exchange, String call, String body) throws JsonProcessingException {
        return answer(exchange, call, body.isEmpty() ? JSON.createObjectNode() : JSON.readTree(body));
    }

    private synchronized Answer answer(HttpExchange exchange, String call, JsonNode body) {
        if (sealed) {
            return error(503, "Vault is sealed");
        }
        String asked = exchange.getRequestHeaders().getFirst("X-Vault-Namespace");
        if (!namespace.equals(asked == null ? "" : asked.replaceAll("/$", ""))) {
            return error(404, quoted("no handler for route '%s'. route entry not found.", call.substring(call.indexOf(' ') + 1)));
        }
        switch (call) {
            case "POST auth/approle/login":
                return body.path("role_id").asText().equals("salesloft") && body.path("secret_id").asText().equals(SECRET_ID)
                        ? login() : error(400, "invalid role or secret ID");
            case "POST auth/kubernetes/login", "POST auth/cluster/login":
                return body.path("role").asText().equals("salesloft") && body.path("jwt").asText().equals(JWT) ? login() : error(403, "permission denied");
            default:
        }
        Token token = tokens.get(String.valueOf(exchange.getRequestHeaders().getFirst("X-Vault-Token")));
        if (token == null || token.end.isBefore(Instant.now())) {
            return error(403, "permission denied");
        }
        switch (call) {
            case "GET auth/token/lookup-self":
                ObjectNode self = JSON.createObjectNode().put("accessor", "accessor").put("creation_time", 1_772_366_400).put("creation_ttl", token.ttl.toSeconds()).put("display_name", "approle")
                        .put("entity_id", "").put("explicit_max_ttl", 0).put("id", exchange.getRequestHeaders().getFirst("X-Vault-Token")).put("num_uses", 0).put("orphan", true)
                        .put("path", "auth/approle/login").put("renewable", token.renewable).put("ttl", seconds(token)).put("type", "service").putNull("meta");
                self.putArray("policies").add("default").add("salesloft");
                return answer(self);
            case "POST auth/token/renew-self":
                if (!token.renewable) {
                    return error(400, "lease is not renewable");
                }
                token.end = Instant.now().plus(token.ttl);
                return auth(exchange.getRequestHeaders().getFirst("X-Vault-Token"), token);
            case "POST auth/token/revoke-self":
                tokens.remove(exchange.getRequestHeaders().getFirst("X-Vault-Token"));
                return new Answer(204, Map.of(), "");
            case "POST sys/capabilities-self":
                ObjectNode capabilities = JSON.createObjectNode();
                for (JsonNode path : body.path("paths")) {
                    JsonNode list = JSON.valueToTree(path.asText().startsWith("secret/data/") ? token.capabilities : List.of("deny"));
                    capabilities.set(path.asText(), list);
                }
                return answer(capabilities);
            case "GET sys/internal/ui/mounts/secret/salesloft":
                ObjectNode mount = JSON.createObjectNode().put("path", "secret/").put("type", "kv");
                mount.putObject("options").put("version", kvVersion);
                return answer(mount);
            default:
        }
        return call.matches("(GET|POST) secret/data/.+") ? secret(exchange, token, call, body)
                : error(404, quoted("no handler for route '%s'. route entry not found.", call.substring(call.indexOf(' ') + 1)));
    }

    private Answer secret(HttpExchange exchange, Token token, String call, JsonNode body) {
        String path = call.substring(call.indexOf("/data/") + "/data/".length());
        Secret secret = secrets.get(path);
        String needed = call.startsWith("GET") ? "read" : secret == null ? "create" : "update";
        if (!token.capabilities.contains("root") && !token.capabilities.contains(needed)) {
            return error(403, "1 error occurred:\n\t* permission denied\n\n");
        }
        if (call.startsWith("GET")) {
            return read(secret, exchange.getRequestURI().getQuery());
        }
        JsonNode cas = body.at("/options/cas");
        if (!body.path("data").isObject()) {
            return error(400, "no data provided");
        }
        if (!cas.isMissingNode() && cas.asLong() != (secret == null ? 0 : secret.newest)) {
            return error(400, "check-and-set parameter did not match the current version");
        }
        return answer(metadata(write(path, body.get("data")), false));
    }

    private static Answer read(Secret secret, String query) {
        long number = query == null || !query.startsWith("version=") ? 0 : Long.parseLong(query.substring("version=".length()));
        long wanted = secret == null ? 0 : number == 0 ? secret.newest : number;
        Version version = secret == null ? null : secret.versions.get(wanted);
        if (version == null) {
            return notFound();
        }
        ObjectNode data = JSON.createObjectNode();
        data.set("data", version.deleted ? null : version.data);
        data.set("metadata", metadata(wanted, version.deleted));
        return Answer.json(version.deleted ? 404 : 200, envelope(data));
    }

    private synchronized long write(String path, JsonNode data) {
        Secret secret = secrets.computeIfAbsent(path, name -> new Secret());
        secret.versions.put(++secret.newest, new Version(data, false));
        secret.versions.headMap(secret.newest - MAX_VERSIONS, true).clear();
        return secret.newest;
    }

    private static ObjectNode metadata(long version, boolean deleted) {
        return JSON.createObjectNode().put("created_time", "2026-03-01T12:00:00Z").putNull("custom_metadata")
                .put("deletion_time", deleted ? "2026-03-01T12:00:01Z" : "").put("destroyed", false).put("version", version);
    }

    private Answer login() {
        Token token = new Token(granted, loginTtl, true);
        return auth(issue(token), token);
    }

    private synchronized String issue(Token token) {
        String name = "hvs.issued-" + ++issued;
        tokens.put(name, token);
        return name;
    }

    private static Answer auth(String name, Token token) {
        ObjectNode body = envelope(null);
        ObjectNode auth = body.putObject("auth").put("client_token", name).put("accessor", "accessor").put("lease_duration", seconds(token)).put("renewable", token.renewable)
                .put("token_type", "service").put("entity_id", "").put("orphan", true).put("num_uses", 0).putNull("mfa_requirement");
        auth.putArray("policies").add("default").add("salesloft");
        auth.putArray("token_policies").add("default").add("salesloft");
        auth.putObject("metadata").put("role_name", "salesloft");
        return Answer.json(200, body);
    }

    private static long seconds(Token token) {
        return token.ttl.isZero() ? 0 : Duration.between(Instant.now(), token.end).plusMillis(999).toSeconds();
    }

    private static Answer answer(JsonNode data) {
        return Answer.json(200, envelope(data));
    }

    private static ObjectNode envelope(JsonNode data) {
        ObjectNode body = JSON.createObjectNode().put("request_id", "1").put("lease_id", "").put("renewable", false).put("lease_duration", 0);
        body.set("data", data);
        body.putNull("wrap_info").putNull("warnings").putNull("auth");
        return body;
    }

    private static Answer error(int status, String message) {
        ObjectNode body = JSON.createObjectNode();
        body.putArray("errors").add(message);
        return Answer.json(status, body);
    }

    private static Answer notFound() {
        ObjectNode body = JSON.createObjectNode();
        body.putArray("errors");
        return Answer.json(404, body);
    }
}
