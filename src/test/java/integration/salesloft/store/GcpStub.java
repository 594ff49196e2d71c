package integration.salesloft.store;

import static integration.salesloft.Quotes.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * Google's Secret Manager over REST, with the two that give out access tokens: the metadata server and the token endpoint for the key of a
 * service account. Errors have Google's status and words. Calls are named by their method, {@code addVersion}, {@code access}.
 */
public final class GcpStub extends TokenStoreStub {

    public static final String PROJECT = "sales-integration";
    public static final String SECRET = "salesloft";
    /** Answers name a project by its number, however it was called. */
    private static final String NUMBER = "153396971788";
    private static final String ACCOUNT = "integration@sales-integration.iam.gserviceaccount.com";
    private static final KeyPair KEY = key();
    private static final Pattern PATH = Pattern.compile("/v1/projects/([\\w-]+)/secrets(?:/([\\w-]+))?(/versions(?:/(\\d+|latest))?)?(?::(\\w+))?");

    private record Version(byte[] value, boolean checked, Instant created) {
    }

    private final List<Version> versions = new ArrayList<>();
    private final List<String> states = new ArrayList<>();
    private final Set<String> granted = ConcurrentHashMap.newKeySet();
    private final Set<String> tokens = ConcurrentHashMap.newKeySet();
    private boolean exists;
    private int behind;
    private volatile boolean damaged;

    public GcpStub() {
        forgetAll();
    }

    @Override
    public Map<String, String> settings() {
        return Map.of("TOKEN_STORE", "gcp", "GCP_PROJECT", PROJECT, "GCP_SECRET", SECRET, "GCP_ENDPOINT_URL", url(),
                "GCE_METADATA_HOST", url().replaceFirst("http://", ""));
    }

    /** Writes the key of a service account, as Google gives it out once; its token endpoint is here. */
    public Path keyFile(Path folder) {
        String pem = "-----BEGIN PRIVATE KEY-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(KEY.getPrivate().getEncoded()) + "\n-----END PRIVATE KEY-----\n";
        try {
            return Files.writeString(folder.resolve("key.json"), JSON.writeValueAsString(Map.of("type", "service_account", "project_id", PROJECT, "private_key_id", "1",
                    "private_key", pem, "client_email", ACCOUNT, "client_id", "1", "token_uri", url() + "/token")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public List<String> writing() {
        return List.of("addVersion", "disable", "destroy");
    }

    @Override
    String reading() {
        return "access";
    }

    @Override
    boolean needsRight(String operation) {
        return !Set.of("token", "metadata", "testIamPermissions").contains(operation);
    }

    @Override
    public synchronized String pair() {
        int newest = versions.size();
        return newest == 0 || !states.get(newest - 1).equals("ENABLED") ? null : new String(versions.get(newest - 1).value(), StandardCharsets.UTF_8);
    }

    @Override
    public synchronized void put(String json) {
        add(json.getBytes(StandardCharsets.UTF_8), false);
    }

    /** With a secret without versions, as somebody has to make it. */
    @Override
    public synchronized void forgetAll() {
        super.forgetAll();
        lose();
        exists = true;
        behind = 0;
        damaged = false;
        granted.addAll(List.of("access", "add", "get", "list", "disable", "enable", "destroy"));
    }

    /** The secret stays, empty. */
    @Override
    public synchronized void lose() {
        versions.clear();
        states.clear();
    }

    /** No secret at all. */
    public synchronized void remove() {
        lose();
        exists = false;
    }

    /** The state of each version, oldest first. */
    public synchronized List<String> states() {
        return List.copyOf(states);
    }

    /** Somebody disables or destroys it. */
    public synchronized void state(int number, String state) {
        states.set(number - 1, state);
    }

    /** {@code latest}, and a list, do not know so many of the newest versions yet. */
    public synchronized void behind(int versions) {
        behind = versions;
    }

    /** Values arrive other than they were sent. */
    public void damage() {
        damaged = true;
    }

    /** Takes a right to versions, such as {@code add}, away. */
    public void revoke(String right) {
        granted.remove(right);
    }

    /** Gives it back. */
    public void grant(String right) {
        granted.add(right);
    }

    /** No access token of today is taken any more. */
    public void expireTokens() {
        tokens.clear();
    }

    @Override
    String operation(HttpExchange exchange, String body) {
        String path = exchange.getRequestURI().getPath();
        if (!path.startsWith("/v1/")) {
            return path.equals("/token") ? "token" : "metadata";
        }
        Matcher called = PATH.matcher(path);
        if (!called.matches()) {
            return "unknown";
        }
        boolean reads = exchange.getRequestMethod().equals("GET");
        return called.group(5) != null ? called.group(5) : called.group(4) != null ? "get" : called.group(3) != null ? "list" : reads ? "getSecret" : "createSecret";
    }

    @Override
    Answer denial(String operation) {
        String right = "secretmanager.versions." + (operation.equals("addVersion") ? "add" : operation);
        return json(403, Map.of("error", Map.of("code", 403, "message", "Permission '" + right + "' denied for resource 'projects/" + PROJECT + "/secrets/" + SECRET + "' (or it may not exist).",
                "status", "PERMISSION_DENIED", "details", List.of(Map.of("@type", "type.googleapis.com/google.rpc.ErrorInfo", "reason", "IAM_PERMISSION_DENIED", "domain", "iam.googleapis.com")))));
    }

    @Override
    synchronized Answer answer(HttpExchange exchange, String operation, String body) throws IOException {
        return switch (operation) {
            case "metadata" -> metadata(exchange);
            case "token" -> token(body);
            default -> tokens.contains(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")).replaceFirst("^Bearer ", ""))
                    ? secret(exchange, operation, body.isEmpty() ? JSON.createObjectNode() : JSON.readTree(body))
                    : error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.");
        };
    }

    private Answer metadata(HttpExchange exchange) {
        Map<String, String> headers = Map.of("Metadata-Flavor", "Google", "Server", "Metadata Server for VM", "Content-Type", "application/json");
        if (!"Google".equals(exchange.getRequestHeaders().getFirst("Metadata-Flavor"))) {
            return new Answer(403, headers, "Your client does not have permission to get URL");
        }
        String path = exchange.getRequestURI().getPath();
        return path.isEmpty() || path.equals("/") ? new Answer(200, headers, "computeMetadata/")
                : path.equals("/computeMetadata/v1/instance/service-accounts/default/token") ? new Answer(200, headers, issued())
                : new Answer(404, headers, "");
    }

    private String issued() {
        String token = "ya29.stub-" + tokens.size() + "-" + System.nanoTime();
        tokens.add(token);
        return quoted("{'access_token':'%s','expires_in':3599,'token_type':'Bearer'}", token);
    }

    /** RFC 7523. */
    private Answer token(String body) throws IOException {
        String[] jwt = URLDecoder.decode(body, StandardCharsets.UTF_8).replaceFirst("(?s).*assertion=([^&]+).*", "$1").split("\\.");
        JsonNode claims = jwt.length == 3 ? JSON.readTree(Base64.getUrlDecoder().decode(jwt[1])) : JSON.createObjectNode();
        boolean good;
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initVerify(KEY.getPublic());
            signature.update((jwt[0] + "." + jwt[1]).getBytes(StandardCharsets.US_ASCII));
            good = signature.verify(Base64.getUrlDecoder().decode(jwt[2])) && claims.path("iss").asText().equals(ACCOUNT)
                    && claims.path("exp").asLong() > Instant.now().getEpochSecond() && claims.path("scope").asText().contains("cloud-platform");
        } catch (GeneralSecurityException | ArrayIndexOutOfBoundsException e) {
            good = false;
        }
        return good ? new Answer(200, Map.of("Content-Type", "application/json"), issued())
                : json(400, Map.of("error", "invalid_grant", "error_description", "Invalid JWT Signature."));
    }

    private Answer secret(HttpExchange exchange, String operation, JsonNode request) {
        Matcher called = PATH.matcher(exchange.getRequestURI().getPath());
        if (!called.matches()) {
            return error(404, "NOT_FOUND", "Method not found.");
        }
        boolean ours = called.group(1).matches(PROJECT + "|" + NUMBER) && exists && SECRET.equals(called.group(2));
        if (operation.equals("testIamPermissions")) {
            List<String> held = new ArrayList<>();
            request.path("permissions").forEach(right -> {
                if (ours && granted.contains(right.asText().replaceFirst(".*\\.", ""))) {
                    held.add(right.asText());
                }
            });
            return json(200, held.isEmpty() ? Map.of() : Map.of("permissions", held));
        }
        if (operation.equals("createSecret")) {
            exists = true;
            return json(200, secret());
        }
        if (!ours) {
            return error(404, "NOT_FOUND", "Secret [projects/" + NUMBER + "/secrets/" + called.group(2) + "] not found.");
        }
        if (!operation.equals("getSecret") && !granted.contains(operation.equals("addVersion") ? "add" : operation)) {
            return denial(operation);
        }
        return switch (operation) {
            case "getSecret" -> json(200, secret());
            case "addVersion" -> added(request.path("payload"));
            case "list" -> list(String.valueOf(exchange.getRequestURI().getQuery()));
            default -> one(operation, called.group(4));
        };
    }

    private Answer added(JsonNode payload) {
        byte[] value = Base64.getDecoder().decode(payload.path("data").asText());
        if (payload.has("dataCrc32c") && payload.path("dataCrc32c").asLong() != checksum(value)) {
            return error(400, "INVALID_ARGUMENT", "Checksum mismatch for field [SecretPayload.data].");
        }
        add(value, payload.has("dataCrc32c"));
        return json(200, version(versions.size()));
    }

    private void add(byte[] value, boolean checked) {
        versions.add(new Version(value, checked, Instant.now()));
        states.add("ENABLED");
    }

    /** The newest first. */
    private Answer list(String query) {
        List<Map<String, Object>> found = new ArrayList<>();
        for (int number = 1; number <= versions.size() - behind; number++) {
            if (!query.matches(".*\\bfilter=[^&]+.*") || query.contains("state:" + states.get(number - 1))) {
                found.add(version(number));
            }
        }
        Collections.reverse(found);
        return json(200, found.isEmpty() ? Map.of() : Map.of("versions", found, "totalSize", found.size()));
    }

    private Answer one(String operation, String called) {
        int number = called.equals("latest") ? Math.max(0, versions.size() - behind) : Integer.parseInt(called);
        if (number == 0) {
            return error(404, "NOT_FOUND", "Secret [projects/" + NUMBER + "/secrets/" + SECRET + "] not found or has no versions.");
        }
        if (number > versions.size()) {
            return error(404, "NOT_FOUND", "Secret Version [" + name(number) + "] not found.");
        }
        String state = states.get(number - 1);
        switch (operation) {
            case "get" -> {
                return json(200, version(number));
            }
            case "access" -> {
                return state.equals("ENABLED") ? accessed(number) : aside(number, state);
            }
            case "disable", "enable", "destroy" -> {
                if (state.equals("DESTROYED")) {
                    return aside(number, state);
                }
                states.set(number - 1, operation.equals("disable") ? "DISABLED" : operation.equals("enable") ? "ENABLED" : "DESTROYED");
                return json(200, version(number));
            }
            default -> {
                return error(404, "NOT_FOUND", "Method not found.");
            }
        }
    }

    private Answer accessed(int number) {
        byte[] value = versions.get(number - 1).value();
        byte[] sent = damaged ? "damaged".getBytes(StandardCharsets.UTF_8) : value;
        return json(200, Map.of("name", name(number), "payload", Map.of("data", Base64.getEncoder().encodeToString(sent), "dataCrc32c", String.valueOf(checksum(value)))));
    }

    private static Answer aside(int number, String state) {
        return error(400, "FAILED_PRECONDITION", "Secret Version [" + name(number) + "] is in " + state + " state.");
    }

    private Map<String, Object> version(int number) {
        Map<String, Object> version = new LinkedHashMap<>(Map.of("name", name(number), "createTime", versions.get(number - 1).created().toString(), "state", states.get(number - 1), "etag", "\"16" + number + "\""));
        if (versions.get(number - 1).checked()) {
            version.put("clientSpecifiedPayloadChecksum", true);
        }
        return version;
    }

    private static Map<String, Object> secret() {
        return Map.of("name", "projects/" + NUMBER + "/secrets/" + SECRET, "replication", Map.of("automatic", Map.of()), "createTime", Instant.now().toString(), "etag", "\"1\"");
    }

    private static String name(int number) {
        return "projects/" + NUMBER + "/secrets/" + SECRET + "/versions/" + number;
    }

    private static Answer error(int code, String status, String message) {
        return json(code, Map.of("error", Map.of("code", code, "message", message, "status", status)));
    }

    private static long checksum(byte[] value) {
        CRC32C checksum = new CRC32C();
        checksum.update(value);
        return checksum.getValue();
    }

    private static KeyPair key() {
        try {
            KeyPairGenerator keys = KeyPairGenerator.getInstance("RSA");
            keys.initialize(2048);
            return keys.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Answer json(int status, Object body) {
        return Answer.json(status, "application/json; charset=UTF-8", body);
    }
}
