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
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** An identity provider: a discovery document, keys, and tokens that it signs with the newest of them. */
public final class PretendIssuer implements AutoCloseable {

    public static final String AUDIENCE = "salesloft-integration";

    private final HttpServer server;
    private final AtomicInteger asked = new AtomicInteger();
    private volatile List<ECKey> keys = List.of(key("first"));
    private volatile boolean away;
    private volatile UnaryOperator<Map<String, Object>> document = UnaryOperator.identity();

    private PretendIssuer(HttpServer server) {
        this.server = server;
    }

    public static PretendIssuer start() {
        try {
            PretendIssuer issuer = new PretendIssuer(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
            issuer.server.createContext("/.well-known/openid-configuration", exchange -> issuer.answer(exchange,
                    JSONObjectUtils.toJSONString(issuer.document.apply(Map.of("issuer", issuer.url(), "jwks_uri", issuer.url() + "/keys")))));
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
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(away ? 503 : 200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
