package integration.salesloft.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetSource;
import com.nimbusds.jose.jwk.source.JWKSetUnavailableException;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.jwt.proc.ExpiredJWTException;
import integration.salesloft.start.SecureUrl;
import java.io.IOException;
import java.net.URI;
import java.text.ParseException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Verifies tokens of one issuer, whose keys are found by his discovery document
 * (<a href="https://openid.net/specs/openid-connect-discovery-1_0.html">OpenID Connect Discovery</a>) and kept for a while. The one class that needs Nimbus.
 */
final class SignedTokens {

    /** Signatures with a pair of keys alone: of none, and of a secret that we would share with the issuer, anybody could make one who knows his public key. */
    private static final Set<JWSAlgorithm> ALGORITHMS = Set.of(JWSAlgorithm.RS256, JWSAlgorithm.RS384, JWSAlgorithm.RS512, JWSAlgorithm.PS256, JWSAlgorithm.PS384,
            JWSAlgorithm.PS512, JWSAlgorithm.ES256, JWSAlgorithm.ES384, JWSAlgorithm.ES512);
    /** A token for an API, RFC 9068, or one that does not say what it is for. */
    private static final Set<JOSEObjectType> TYPES = Set.of(JOSEObjectType.JWT, new JOSEObjectType("at+jwt"));
    private static final String DISCOVERY = "/.well-known/openid-configuration";
    private static final int MOST_BYTES = 1 << 18;

    private final String issuer;
    private final Keys keys;
    private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();

    SignedTokens(String issuer, String audience, int skewSeconds, long keysMs, long askedMs, long outageMs, int timeoutMs) {
        this.issuer = issuer;
        this.keys = new Keys(issuer, timeoutMs);
        DefaultJOSEObjectTypeVerifier<SecurityContext> types = new DefaultJOSEObjectTypeVerifier<>(orNone(TYPES));
        DefaultJWTClaimsVerifier<SecurityContext> claims = new DefaultJWTClaimsVerifier<>(Set.of(audience),
                new JWTClaimsSet.Builder().issuer(issuer).build(), Set.of("sub", "exp"), Set.of());
        claims.setMaxClockSkew(skewSeconds);
        processor.setJWSTypeVerifier(types);
        processor.setJWTClaimsSetVerifier(claims);
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, JWKSourceBuilder.create(keys)
                .cache(keysMs, 2L * timeoutMs).refreshAheadCache(false).rateLimited(askedMs).outageTolerant(outageMs).build()));
    }

    private static Set<JOSEObjectType> orNone(Set<JOSEObjectType> types) {
        Set<JOSEObjectType> all = new HashSet<>(types);
        all.add(null);
        return all;
    }

    /** What a token says of its subject. */
    Map<String, Object> claims(String token) throws Refused {
        String key = null;
        try {
            SignedJWT jwt = SignedJWT.parse(token);
            key = jwt.getHeader().getKeyID();
            // Nobody is asked for the keys of a stranger.
            if (!issuer.equals(jwt.getJWTClaimsSet().getIssuer())) {
                throw new Refused(Refused.Reason.UNKNOWN, "a bearer token that opens this is needed, from the issuer that is set here");
            }
            return processor.process(jwt, null).getClaims();
        } catch (ExpiredJWTException e) {
            throw new Refused(Refused.Reason.EXPIRED, "this token has expired");
        } catch (KeySourceException e) {
            throw unverified();
        } catch (BadJOSEException | JOSEException | ParseException e) {
            throw keys.mayHave(key) ? unverified() : new Refused(Refused.Reason.UNKNOWN, "a bearer token that opens this is needed, for this audience and with a signature of the issuer's");
        }
    }

    private static Refused unverified() {
        return new Refused(Refused.Reason.UNVERIFIED, "the issuer of this token cannot be asked for the key that it is signed with");
    }

    /** The keys as the issuer has them now. */
    private static final class Keys implements JWKSetSource<SecurityContext> {

        private final String issuer;
        private final DefaultResourceRetriever http;
        /** As they came last. */
        private volatile JWKSet last = new JWKSet();
        private volatile boolean away;

        Keys(String issuer, int timeoutMs) {
            this.issuer = issuer;
            this.http = new DefaultResourceRetriever(timeoutMs, timeoutMs, MOST_BYTES);
        }

        /** Whether the issuer may have made a key of this id since he could be asked last. */
        boolean mayHave(String key) {
            return away && key != null && last.getKeyByKeyId(key) == null;
        }

        @Override
        public JWKSet getJWKSet(JWKSetCacheRefreshEvaluator refresh, long now, SecurityContext context) throws KeySourceException {
            try {
                away = true;
                Map<String, Object> document = JSONObjectUtils.parse(read(issuer.replaceFirst("/$", "") + DISCOVERY));
                String address = JSONObjectUtils.getString(document, "jwks_uri");
                if (!issuer.equals(document.get("issuer")) || address == null || !SecureUrl.is(address)) {
                    throw new JWKSetUnavailableException("the discovery document is another issuer's, or names no keys");
                }
                last = JWKSet.parse(read(address));
                away = false;
                return last;
            } catch (IOException | ParseException e) {
                throw new JWKSetUnavailableException("no keys of the issuer's: " + e.getClass().getSimpleName(), e);
            }
        }

        private String read(String url) throws IOException {
            return http.retrieveResource(URI.create(url).toURL()).getContent();
        }

        @Override
        public void close() {
            // Keeps nothing open.
        }
    }
}
