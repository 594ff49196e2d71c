package integration.salesloft.access;

import integration.salesloft.digest.Sha256;
import integration.salesloft.http.BadRequest;
import integration.salesloft.http.Unavailable;
import integration.salesloft.role.Role;
import integration.salesloft.start.InvalidSettingException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Date;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.springframework.core.env.Environment;

/**
 * Tokens of the company's own identity provider (OpenID Connect): signed, for this audience, with a claim that says which roles somebody has. Without the
 * setting {@code OIDC_ISSUER} there are none, and nothing of what reads them is loaded.
 */
public class IssuedTokens {

    /** Three parts in base64url, of which the first is an object in JSON. */
    private static final Pattern SIGNED = Pattern.compile("eyJ[\\w-]*\\.[\\w-]+\\.[\\w-]*");
    /** What stands in logs as it is; an e-mail address does not. */
    private static final Pattern SHOWN = Pattern.compile("[A-Za-z0-9._|:-]{1,100}");
    private static final String PREFIX = "oidc:";

    private final String claim;
    private final Map<String, Role> roles = new HashMap<>();
    /** Null without an issuer. */
    private final SignedTokens signed;

    /**
     * @param skewSeconds by which our clock and the issuer's may differ
     * @param keysMs      milliseconds that the issuer's keys are known before they are asked for again
     * @param askedMs     milliseconds between two questions for keys that are not known, or that did not come, but for one
     * @param outageMs    milliseconds that keys serve on while the issuer is away
     * @param timeoutMs   milliseconds that he has to connect, and again to answer
     */
    public IssuedTokens(Environment settings, int skewSeconds, long keysMs, long askedMs, long outageMs, int timeoutMs) {
        String issuer = settings.getProperty("salesloft.oidc.issuer", "");
        claim = settings.getProperty("salesloft.oidc.role-claim", "");
        for (String pair : settings.getProperty("salesloft.oidc.roles", "").split(",")) {
            String[] parts = pair.split("=", 2);
            if (!issuer.isEmpty()) {
                roles.put(parts[0], Role.of(parts[parts.length - 1]).orElseThrow(() -> new InvalidSettingException("OIDC_ROLES", "must be value=reader, value=writer or value=operator, comma-separated")));
            }
        }
        try {
            signed = issuer.isEmpty() ? null : new SignedTokens(issuer, settings.getProperty("salesloft.oidc.audience", ""), skewSeconds, keysMs, askedMs, outageMs, timeoutMs);
        } catch (NoClassDefFoundError e) {
            throw new InvalidSettingException("OIDC_ISSUER", "nimbus-jose-jwt, which reads its tokens, is not in this image");
        }
    }

    /** @throws Refused when it is none that counts here, or when its issuer cannot be asked */
    Caller find(String token) throws Refused {
        if (signed == null || !SIGNED.matcher(token).matches()) {
            throw new Refused(Refused.Reason.UNKNOWN, "a bearer token that opens this is needed");
        }
        Map<String, Object> claims = signed.claims(token);
        return new Caller(name(claims.get("sub").toString()), roles(claims));
    }

    /**
     * What somebody who has logged in may show here: his access token, or else his ID token, where the issuer makes that out for our audience.
     *
     * @param accessToken or null, like the other, when the issuer has sent none
     * @return {@code token}, and in how many seconds it ends, {@code expiresIn}
     * @throws BadRequest  when neither counts here
     * @throws Unavailable when the issuer cannot be asked for the key
     */
    public Map<String, Object> counting(String accessToken, String idToken) {
        for (String token : Arrays.asList(accessToken, idToken)) {
            try {
                if (token != null && signed != null && SIGNED.matcher(token).matches()) {
                    Date end = (Date) signed.claims(token).get("exp");
                    return Map.of("token", token, "expiresIn", Math.max(0, Duration.between(Instant.now(), end.toInstant()).toSeconds()));
                }
            } catch (Refused e) {
                if (e.reason() == Refused.Reason.UNVERIFIED) {
                    throw new Unavailable(e.getMessage());
                }
            }
        }
        throw new BadRequest("what the identity provider has issued does not count here: neither its access token nor its ID token is made out for OIDC_AUDIENCE");
    }

    /** The name that his issuer has for him, which no other has and which stays; in the form of a hash when it may be an e-mail address. */
    private static String name(String subject) {
        return PREFIX + (SHOWN.matcher(subject).matches() ? subject : "sha256:" + Sha256.hex(subject).substring(0, 16));
    }

    /** One value, a list, or a text with spaces between. */
    private Set<Role> roles(Map<String, Object> claims) {
        Set<Role> found = EnumSet.noneOf(Role.class);
        Object value = value(claims, claim);
        Collection<?> values = value instanceof Collection<?> list ? list : value == null ? Set.of() : Arrays.asList(value.toString().split(" "));
        values.stream().map(String::valueOf).map(roles::get).filter(role -> role != null).forEach(found::add);
        return found;
    }

    /** The claim of this name; else, at its dots, one in another, such as realm_access.roles. */
    private static Object value(Map<?, ?> claims, String name) {
        if (claims.containsKey(name)) {
            return claims.get(name);
        }
        int dot = name.indexOf('.');
        return dot > 0 && claims.get(name.substring(0, dot)) instanceof Map<?, ?> inner ? value(inner, name.substring(dot + 1)) : null;
    }
}
