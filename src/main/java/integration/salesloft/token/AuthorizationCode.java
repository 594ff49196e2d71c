package integration.salesloft.token;

import integration.salesloft.digest.Sha256;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.springframework.core.env.Environment;

/**
 * An authorisation in the browser (RFC 6749, 4.1): the address at which somebody allows it, and what the code that comes back is exchanged
 * with. What is kept meanwhile, and for how long, is the routes'.
 */
public class AuthorizationCode {

    private static final int STATE_BYTES = 32;
    private static final Base64.Encoder TEXT = Base64.getUrlEncoder().withoutPadding();

    private final SecureRandom random = new SecureRandom();
    private final String apiKey;
    private final String grant;
    private final String accountsUrl;
    private final String clientId;
    private final String clientSecret;
    private final String scope;
    private final String redirectUrl;
    private final boolean pkce;

    /** @param settings OAUTH_REDIRECT_URL (empty: nobody can authorise in the browser), OAUTH_PKCE, and those of the OAuth client */
    public AuthorizationCode(Environment settings) {
        apiKey = settings.getRequiredProperty("salesloft.api-key");
        grant = settings.getRequiredProperty("salesloft.grant");
        accountsUrl = settings.getRequiredProperty("salesloft.accounts-url");
        clientId = settings.getRequiredProperty("salesloft.client-id");
        clientSecret = settings.getRequiredProperty("salesloft.client-secret");
        scope = settings.getRequiredProperty("salesloft.scope");
        redirectUrl = settings.getRequiredProperty("salesloft.oauth-redirect-url");
        pkce = settings.getRequiredProperty("salesloft.oauth-pkce").equals("S256");
    }

    /** Why nobody can authorise this installation in the browser, naming the setting; empty where somebody can. */
    public String obstacle() {
        if (!apiKey.isEmpty()) {
            return "SALESLOFT_API_KEY is used: there is no token pair to authorise";
        }
        if (!grant.equals("refresh_token")) {
            return "SALESLOFT_GRANT is " + grant + ": the container asks for its tokens itself, and nobody need authorise it";
        }
        return redirectUrl.isEmpty() ? "OAUTH_REDIRECT_URL is empty: it is the address at which a browser reaches /oauth/callback of this container, as it is registered at SalesLoft" : "";
    }

    /** A state that nobody can guess. */
    public String newState() {
        byte[] bytes = new byte[STATE_BYTES];
        random.nextBytes(bytes);
        return TEXT.encodeToString(bytes);
    }

    /** What is kept of a state, SHA-256 in hexadecimal; of none, too. */
    public String hash(String state) {
        return Sha256.hex(state == null ? "" : state);
    }

    /** A fingerprint of the client and the redirect address: an answer to others than are set now is not taken. */
    public String settings() {
        return Sha256.hex(clientId + "\n" + redirectUrl);
    }

    /** Where somebody is asked to allow it. It holds the state, so it is for who has begun alone. */
    public String url(String state) {
        Map<String, String> query = new LinkedHashMap<>();
        query.put("client_id", clientId);
        query.put("redirect_uri", redirectUrl);
        query.put("response_type", "code");
        if (!scope.isEmpty()) {
            query.put("scope", scope);
        }
        query.put("state", state);
        if (pkce) {
            query.put("code_challenge", TEXT.encodeToString(Sha256.bytes(verifier(state))));
            query.put("code_challenge_method", "S256");
        }
        return accountsUrl + "/oauth/authorize?" + query.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8)).collect(Collectors.joining("&"));
    }

    /**
     * The body of the request for the first pair.
     *
     * @param answer {@code code}, {@code context}, {@code scope} and {@code state}, as SalesLoft has sent them with the browser; null: not sent
     */
    public Map<String, String> request(Map<String, String> answer) {
        Map<String, String> request = new LinkedHashMap<>();
        request.put("grant_type", "authorization_code");
        request.put("client_id", clientId);
        request.put("client_secret", clientSecret);
        request.put("redirect_uri", redirectUrl);
        for (String name : new String[] {"code", "context", "scope"}) {
            if (answer.get(name) != null) {
                request.put(name, answer.get(name));
            }
        }
        if (pkce) {
            request.put("code_verifier", verifier(answer.get("state")));
        }
        return request;
    }

    /** Follows from the state and the client's secret, so that it is kept nowhere, every replica knows it, and who sees the state does not. */
    private String verifier(String state) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(clientSecret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return TEXT.encodeToString(mac.doFinal(("code_verifier " + state).getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
