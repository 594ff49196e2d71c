package integration.salesloft;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** An identity provider: a discovery document, keys, tokens that it signs with the newest of them, and a login (authorization code with PKCE) that asks nobody. */
public final class PretendIssuer implements AutoCloseable {

    public static final String AUDIENCE = "salesloft-integration";
    /** As what the console is registered. */
    public static final String CLIENT = "console-of-the-tests";

    private final HttpServer server;
    private final AtomicInteger asked = new AtomicInteger();
    private volatile List<ECKey> keys = List.of(key("first"));
    private volatile boolean away;
    private volatile UnaryOperator<Map<String, Object>> document = UnaryOperator.identity();
    /** Codes that were given out and not exchanged, with what they were asked for with. */
    private final Map<String, Map<String, String>> codes = new ConcurrentHashMap<>();
    private volatile Supplier<Map<String, Object>> tokens = () -> Map.of("access_token", token(claims("somebody", "operator")));
    private final AtomicInteger exchanges = new AtomicInteger();

    private PretendIssuer(HttpServer server) {
        this.server = server;
    }

    public static PretendIssuer start() {
        try {
            PretendIssuer issuer = new PretendIssuer(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
            issuer.server.createContext("/.well-known/openid-configuration", exchange -> issuer.answer(exchange,
                    JSONObjectUtils.toJSONString(issuer.document.apply(Map.of("issuer", issuer.url(), "jwks_uri", issuer.url() + "/keys",
                            "authorization_endpoint", issuer.url() + "/authorize", "token_endpoint", issuer.url() + "/token")))));
            issuer.server.createContext("/authorize", issuer::authorize);
            issuer.server.createContext("/token", issuer::exchange);
            issuer.server.createContext("/keys", exchange -> issuer.answer(exchange, new JWKSet(List.copyOf(issuer.keys)).toPublicJWKSet().toString()));
            issuer.server.start();
            return issuer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** How often it was asked for its keys, or for where they are. */
    public int asked() {
        return asked.get();
    }

    public void away(boolean away) {
        this.away = away;
    }

    /** What it says of itself from now on. */
    public void says(UnaryOperator<Map<String, Object>> document) {
        this.document = document;
    }

    /** What it issues to whoever logs in from now on: the names and values of the answer of its token endpoint. */
    public void issues(Supplier<Map<String, Object>> tokens) {
        this.tokens = tokens;
    }

    /** How often somebody has asked for a code to be exchanged. */
    public int exchanges() {
        return exchanges.get();
    }

    /** Sends a browser back with a code, as if somebody had logged in and agreed. */
    private void authorize(HttpExchange exchange) throws IOException {
        Map<String, String> asked = form(exchange.getRequestURI().getRawQuery());
        boolean right = CLIENT.equals(asked.get("client_id")) && "code".equals(asked.get("response_type")) && "S256".equals(asked.get("code_challenge_method"))
                && asked.getOrDefault("scope", "").contains("openid") && asked.containsKey("code_challenge") && asked.containsKey("redirect_uri");
        if (right) {
            String code = UUID.randomUUID().toString();
            codes.put(code, asked);
            exchange.getResponseHeaders().set("Location", asked.get("redirect_uri") + "?code=" + code + "&state=" + URLEncoder.encode(asked.getOrDefault("state", ""), StandardCharsets.UTF_8));
        }
        exchange.sendResponseHeaders(right ? 302 : 400, -1);
        exchange.close();
    }

    /** Once, to whoever has the verifier. */
    private void exchange(HttpExchange exchange) throws IOException {
        exchanges.incrementAndGet();
        Map<String, String> sent = form(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        Map<String, String> asked = codes.remove(sent.getOrDefault("code", ""));
        boolean right = asked != null && "authorization_code".equals(sent.get("grant_type")) && CLIENT.equals(sent.get("client_id")) && asked.get("redirect_uri").equals(sent.get("redirect_uri"))
                && asked.get("code_challenge").equals(challenge(sent.getOrDefault("code_verifier", "")));
        answer(exchange, away ? 503 : right ? 200 : 400, JSONObjectUtils.toJSONString(right ? tokens.get() : Map.of("error", "invalid_grant", "error_description", "Code of <b>somebody</b> not valid")));
    }

    /** Of a verifier (RFC 7636, S256). */
    public static String challenge(String verifier) {
        try {
            return Base64.getUrlEncoder().withoutPadding().encodeToString(MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, String> form(String text) {
        Map<String, String> form = new HashMap<>();
        for (String pair : text == null ? new String[0] : text.split("&")) {
            String[] parts = pair.split("=", 2);
            form.put(parts[0], URLDecoder.decode(parts.length > 1 ? parts[1] : "", StandardCharsets.UTF_8));
        }
        return form;
    }

    /** Signs with a new key from now on; the one before still counts. */
    public void rotate(String id) {
        keys = List.of(key(id), keys.get(0));
    }

    /** The newest. */
    public ECKey key() {
        return keys.get(0);
    }

    static ECKey key(String id) {
        try {
            return new ECKeyGenerator(Curve.P_256).keyID(id).keyUse(KeyUse.SIGNATURE).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Claims of somebody with these roles, good for a minute. */
    public JWTClaimsSet.Builder claims(String subject, String... roles) {
        return new JWTClaimsSet.Builder().issuer(url()).audience(AUDIENCE).subject(subject).claim("roles", List.of(roles))
                .issueTime(new Date()).expirationTime(Date.from(Instant.now().plusSeconds(60)));
    }

    public String token(JWTClaimsSet.Builder claims) {
        return token(claims, key(), new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key().getKeyID()).type(JOSEObjectType.JWT).build());
    }

    public static String token(JWTClaimsSet.Builder claims, ECKey key, JWSHeader header) {
        try {
            SignedJWT token = new SignedJWT(header, claims.build());
            token.sign(new ECDSASigner(key));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private void answer(HttpExchange exchange, String text) throws IOException {
        asked.incrementAndGet();
        answer(exchange, away ? 503 : 200, text);
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
