package integration.salesloft.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import integration.salesloft.PretendIssuer;
import integration.salesloft.access.Refused.Reason;
import integration.salesloft.http.BadRequest;
import integration.salesloft.http.Unavailable;
import integration.salesloft.role.Role;
import integration.salesloft.start.InvalidSettingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

/** Tokens of an identity provider, which is asked over HTTP for its keys: which count, which do not, and what when it is away. */
class IssuedTokensTest {

    private final PretendIssuer issuer = PretendIssuer.start();
    private IssuedTokens tokens;

    @BeforeEach
    void begin() {
        tokens = tokens(60_000, 200, Map.of());
    }

    @AfterEach
    void stop() {
        issuer.close();
    }

    private IssuedTokens tokens(long keysMs, long askedMs, Map<String, Object> changes) {
        StandardEnvironment settings = new StandardEnvironment();
        settings.getPropertySources().addFirst(new MapPropertySource("settings", Map.of("salesloft.oidc.issuer", issuer.url(), "salesloft.oidc.audience", PretendIssuer.AUDIENCE,
                "salesloft.oidc.role-claim", "roles", "salesloft.oidc.roles", "reader=reader,crm=writer,admins=operator")));
        settings.getPropertySources().addFirst(new MapPropertySource("changes", changes));
        return new IssuedTokens(settings, 30, keysMs, askedMs, 60_000, 4000);
    }

    private Reason refused(String token) {
        try {
            return fail(tokens.find(token));
        } catch (Refused e) {
            return e.reason();
        }
    }

    private static Reason fail(Caller caller) {
        throw new AssertionError("let in: " + caller);
    }

    /** Whoever logs in shows his access token; where that is for somebody else, the ID token, if it is for this audience. */
    @Test
    void findsTheTokenOfALoginThatCounts() {
        String ours = issuer.token(issuer.claims("a", "reader"));
        String other = issuer.token(issuer.claims("a", "reader").audience("mail"));
        assertThat(tokens.counting(ours, other)).containsEntry("token", ours);
        assertThat((Long) tokens.counting(other, ours).get("expiresIn")).isBetween(1L, 60L);
        assertThat(tokens.counting(other, ours)).containsEntry("token", ours);
        assertThat(tokens.counting("opaque", ours)).containsEntry("token", ours);
        assertThatThrownBy(() -> tokens.counting(other, other)).isInstanceOf(BadRequest.class).hasMessageContaining("OIDC_AUDIENCE");
        assertThatThrownBy(() -> tokens.counting(null, null)).isInstanceOf(BadRequest.class);
        issuer.away(true);
        issuer.rotate("next");
        assertThatThrownBy(() -> tokens.counting(issuer.token(issuer.claims("a", "reader")), null)).isInstanceOf(Unavailable.class);
    }

    @Test
    void knowsWhoItIsAndWhatHeMay() throws Refused {
        assertThat(tokens.find(issuer.token(issuer.claims("248289761001", "reader", "everyone")))).isEqualTo(new Caller("oidc:248289761001", Set.of(Role.READER)));
        assertThat(tokens.find(issuer.token(issuer.claims("auth0|a", "crm", "admins"))).roles()).containsExactlyInAnyOrder(Role.WRITER, Role.OPERATOR);
        assertThat(tokens.find(issuer.token(issuer.claims("a", "everyone"))).roles()).isEmpty();
        // A role of ours counts only where the setting names it.
        assertThat(tokens.find(issuer.token(issuer.claims("a", "operator"))).roles()).isEmpty();
        assertThat(tokens.find(issuer.token(issuer.claims("a").claim("roles", "crm reader"))).roles()).containsExactlyInAnyOrder(Role.WRITER, Role.READER);
        assertThat(tokens.find(issuer.token(issuer.claims("a").claim("roles", null))).roles()).isEmpty();
        // Both calls for the keys, once.
        assertThat(issuer.asked()).isEqualTo(2);
    }

    @Test
    void findsRolesInAClaimWithinAClaim() throws Refused {
        tokens = tokens(60_000, 200, Map.of("salesloft.oidc.role-claim", "realm_access.roles"));
        assertThat(tokens.find(issuer.token(issuer.claims("a").claim("realm_access", Map.of("roles", List.of("admins"))))).roles()).containsExactly(Role.OPERATOR);
        tokens = tokens(60_000, 200, Map.of("salesloft.oidc.role-claim", "https://example.com/roles"));
        assertThat(tokens.find(issuer.token(issuer.claims("a").claim("https://example.com/roles", List.of("admins")))).roles()).containsExactly(Role.OPERATOR);
    }

    /** The name stands in logs. */
    @Test
    void hidesASubjectThatMayBeAnEmailAddress() throws Refused {
        String name = tokens.find(issuer.token(issuer.claims("ada@example.com", "reader"))).name();
        assertThat(name).matches("oidc:sha256:[0-9a-f]{16}").isEqualTo(tokens.find(issuer.token(issuer.claims("ada@example.com", "reader"))).name());
    }

    @Test
    void refusesWhatIsNotForUs() throws JOSEException {
        JWTClaimsSet.Builder good = issuer.claims("a", "admins");
        assertThat(refused(issuer.token(issuer.claims("a", "admins").audience("another")))).isEqualTo(Reason.UNKNOWN);
        assertThat(refused(issuer.token(issuer.claims("a", "admins").audience((String) null)))).isEqualTo(Reason.UNKNOWN);
        assertThat(refused(issuer.token(issuer.claims("a", "admins").subject(null)))).isEqualTo(Reason.UNKNOWN);
        assertThat(refused(issuer.token(issuer.claims("a", "admins").expirationTime(null)))).isEqualTo(Reason.UNKNOWN);
        assertThat(refused(issuer.token(issuer.claims("a", "admins").expirationTime(Date.from(Instant.now().minusSeconds(31)))))).isEqualTo(Reason.EXPIRED);
        assertThat(refused(issuer.token(issuer.claims("a", "admins").notBeforeTime(Date.from(Instant.now().plusSeconds(40)))))).isEqualTo(Reason.UNKNOWN);
        // Another type of token, signed well.
        assertThat(refused(PretendIssuer.token(good, issuer.key(), header().type(new JOSEObjectType("logout+jwt")).build()))).isEqualTo(Reason.UNKNOWN);
        // Signed by somebody else: under the issuer's id of a key, and with a key that the token itself brings.
        ECKey stranger = stranger();
        assertThat(refused(PretendIssuer.token(good, stranger, header().build()))).isEqualTo(Reason.UNKNOWN);
        assertThat(refused(PretendIssuer.token(good, stranger, header().jwk(stranger.toPublicJWK()).build()))).isEqualTo(Reason.UNKNOWN);
        // Not signed at all: alg none, with and without the dot; a signature that was cut off, or is of other claims.
        assertThat(refused(new PlainJWT(good.build()).serialize())).isEqualTo(Reason.UNKNOWN);
        String token = issuer.token(good);
        assertThat(refused(token.substring(0, token.lastIndexOf('.') + 1))).isEqualTo(Reason.UNKNOWN);
        String other = issuer.token(issuer.claims("b", "admins"));
        assertThat(refused(token.substring(0, token.lastIndexOf('.')) + other.substring(other.lastIndexOf('.')))).isEqualTo(Reason.UNKNOWN);
        // "A secret", which is the public key that everybody knows.
        for (String secret : List.of(issuer.key().toPublicJWK().toJSONString(), new String(issuer.key().toECPublicKey().getEncoded(), StandardCharsets.ISO_8859_1))) {
            SignedJWT confused = new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.HS256).keyID(issuer.key().getKeyID()).build(), good.build());
            confused.sign(new MACSigner(secret.getBytes(StandardCharsets.ISO_8859_1)));
            assertThat(refused(confused.serialize())).isEqualTo(Reason.UNKNOWN);
        }
        // No token of anybody's.
        for (String none : List.of("", "a.b.c", "eyJ.eyJ.x", token + ".x", Base64URL.encode("{}") + "." + Base64URL.encode("{}") + ".x")) {
            assertThat(refused(none)).as(none).isEqualTo(Reason.UNKNOWN);
        }
    }

    /** Clocks differ. */
    @Test
    void takesATokenThatHasJustEnded() throws Refused {
        assertThat(tokens.find(issuer.token(issuer.claims("a", "admins").expirationTime(Date.from(Instant.now().minusSeconds(20)))))).isNotNull();
        assertThat(tokens.find(issuer.token(issuer.claims("a", "admins").notBeforeTime(Date.from(Instant.now().plusSeconds(20)))))).isNotNull();
        assertThat(tokens.find(PretendIssuer.token(issuer.claims("a", "admins"), issuer.key(), header().type(new JOSEObjectType("at+jwt")).build()))).isNotNull();
    }

    /** Nobody is asked because of a token that somebody else has issued, or that is none. */
    @Test
    void asksForKeysOnlyWhereTheyMayHelp() {
        tokens = tokens(1_200_000, 600_000, Map.of()); // longer than it takes to make so many keys
        refused(issuer.token(issuer.claims("a", "admins").issuer("https://elsewhere.example.com")));
        refused("nonsense");
        assertThat(issuer.asked()).isZero();
        for (int i = 0; i < 20; i++) {
            ECKey unknown = stranger();
            refused(PretendIssuer.token(issuer.claims("a", "admins"), unknown, new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("unknown-" + i).build()));
        }
        assertThat(issuer.asked()).isBetween(2, 4); // twice, two calls each
    }

    @Test
    void followsARotationOfKeys() throws Refused {
        String before = issuer.token(issuer.claims("a", "admins"));
        tokens.find(before);
        issuer.rotate("second");
        await().until(() -> isLetIn(issuer.token(issuer.claims("b", "admins"))));
        assertThat(tokens.find(before)).isNotNull();
        issuer.rotate("third");
        // The first is no key of the issuer's any more, which shows as soon as the keys are asked for again.
        await().until(() -> isLetIn(issuer.token(issuer.claims("c", "admins"))));
        await().until(() -> refused(before) == Reason.UNKNOWN);
    }

    private boolean isLetIn(String token) {
        try {
            return tokens.find(token) != null;
        } catch (Refused e) {
            return false;
        }
    }

    @Test
    void letsNobodyInWhoseKeyIsNotKnownWhileTheIssuerIsAway() throws Refused {
        issuer.away(true);
        String token = issuer.token(issuer.claims("a", "admins"));
        assertThat(refused(token)).isEqualTo(Reason.UNVERIFIED);
        issuer.away(false);
        await().until(() -> isLetIn(token));
        // Known keys serve on, also when they are to be asked for again.
        tokens = tokens(300, 200, Map.of());
        tokens.find(token);
        issuer.away(true);
        int before = issuer.asked();
        await().until(() -> isLetIn(token) && issuer.asked() > before);
        assertThat(tokens.find(token)).isNotNull();
        assertThat(refused(PretendIssuer.token(issuer.claims("a", "admins"), stranger(), new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("second").build()))).isEqualTo(Reason.UNVERIFIED);
        assertThat(refused(PretendIssuer.token(issuer.claims("a", "admins"), stranger(), header().build()))).isEqualTo(Reason.UNKNOWN);
        // Nobody listens there any more.
        issuer.close();
        assertThat(tokens.find(token)).isNotNull();
        tokens = tokens(60_000, 200, Map.of());
        assertThat(refused(token)).isEqualTo(Reason.UNVERIFIED);
    }

    @Test
    void takesNoKeysThatADocumentOfSomebodyElseNames() {
        List<UnaryOperator<Map<String, Object>>> documents = List.of(document -> Map.of("issuer", "https://elsewhere.example.com", "jwks_uri", document.get("jwks_uri")),
                document -> Map.of("issuer", document.get("issuer"), "jwks_uri", "http://192.0.2.1/keys"), document -> Map.of("issuer", document.get("issuer")));
        for (UnaryOperator<Map<String, Object>> document : documents) {
            issuer.says(document);
            tokens = tokens(60_000, 200, Map.of());
            assertThat(refused(issuer.token(issuer.claims("a", "admins")))).isEqualTo(Reason.UNVERIFIED);
        }
    }

    @Test
    void knowsNobodyWithoutAnIssuer() {
        tokens = tokens(60_000, 200, Map.of("salesloft.oidc.issuer", ""));
        assertThat(refused(issuer.token(issuer.claims("a", "admins")))).isEqualTo(Reason.UNKNOWN);
        assertThat(issuer.asked()).isZero();
        assertThatThrownBy(() -> tokens(60_000, 200, Map.of("salesloft.oidc.roles", "admins=boss"))).isInstanceOf(InvalidSettingException.class).hasMessageStartingWith("OIDC_ROLES: ");
    }

    private JWSHeader.Builder header() {
        return new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(issuer.key().getKeyID());
    }

    private static ECKey stranger() {
        try (PretendIssuer other = PretendIssuer.start()) {
            return other.key();
        }
    }
}
