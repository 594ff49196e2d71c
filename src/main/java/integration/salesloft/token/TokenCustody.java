package integration.salesloft.token;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.digest.Sha256;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.springframework.core.env.Environment;

/**
 * Says which token may be sent and which must not be any more. Calls, locks and stores are {@code routes/gateway/token.camel.yaml}'s;
 * here is what follows from the pair that the store holds.
 */
public class TokenCustody implements Processor {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String apiKey;
    private final String grant;
    private final String clientId;
    private final String clientSecret;
    private final String startToken;
    private final long marginMillis;
    private final String scope;
    private final String startFingerprint;
    private final String credentials;
    private volatile TokenPair held = TokenPair.NONE;
    private volatile long deadVersion = -1;

    /**
     * @param settings     SALESLOFT_API_KEY (empty: the pair of an OAuth client is used), SALESLOFT_GRANT, SALESLOFT_CLIENT_ID, SALESLOFT_CLIENT_SECRET, SALESLOFT_REFRESH_TOKEN (empty for the grant
     *                     client_credentials) and SALESLOFT_SCOPE (empty: what the client may do)
     * @param marginMillis a pair this close to its end is renewed rather than used
     */
    public TokenCustody(Environment settings, long marginMillis) {
        this.apiKey = settings.getRequiredProperty("salesloft.api-key");
        this.grant = settings.getRequiredProperty("salesloft.grant");
        this.clientId = settings.getRequiredProperty("salesloft.client-id");
        this.clientSecret = settings.getRequiredProperty("salesloft.client-secret");
        this.startToken = settings.getRequiredProperty("salesloft.refresh-token");
        this.scope = settings.getRequiredProperty("salesloft.scope");
        this.marginMillis = marginMillis;
        this.startFingerprint = Sha256.hex(startToken);
        this.credentials = Sha256.hex(String.join("\n", grant, clientId, clientSecret, startToken, scope));
    }

    /** Remembers a pair that is stored, so that an attempt need not read and decrypt it again. */
    public void hold(TokenPair pair) {
        held = pair;
    }

    /**
     * Gives an attempt the API key, or the access token this process remembers, in the properties {@code token},
     * {@code tokenVersion} and {@code renewable}; no token when the store has to be asked. The property {@code rejectedVersion} is the
     * version that SalesLoft answered with a 401, or -1. When SalesLoft rejects an API key there is nothing to renew.
     */
    @Override
    public void process(Exchange attempt) {
        TokenPair pair = held;
        boolean renewable = !usesApiKey();
        boolean usable = usable(pair, attempt.getProperty("rejectedVersion", -1L, Long.class));
        attempt.setProperty("renewable", renewable);
        attempt.setProperty("token", !renewable ? apiKey : usable ? pair.accessToken() : null);
        attempt.setProperty("tokenVersion", renewable ? pair.version() : 0);
    }

    /** Whether SalesLoft is called with an API key, which does not expire and is not renewed. */
    public boolean usesApiKey() {
        return !apiKey.isEmpty();
    }

    /** Remembers that SalesLoft called the refresh token of this version invalid: it is never sent again. */
    public void markDead(TokenPair pair) {
        deadVersion = pair.version();
    }

    /**
     * What to do with the pair that the store holds, under the lock:
     * {@code use} it, {@code renew} it with its refresh token, {@code restart} the chain from SALESLOFT_REFRESH_TOKEN,
     * {@code look} again because its refresh token is known to be dead and somebody may be storing its successor,
     * {@code lose} it because nobody did, {@code lost} because that was established before, or {@code authorize} because there is
     * neither a pair nor a SALESLOFT_REFRESH_TOKEN.
     *
     * @param rejectedVersion the version that SalesLoft answered with a 401, or -1
     * @param lastResort      true when looking again has gone on long enough
     */
    public String decide(TokenPair stored, long rejectedVersion, boolean lastResort) {
        boolean mayStart = !grant.equals("refresh_token") || !startToken.isEmpty();
        boolean newStart = mayStart && !start(stored.seed()).equals(startFingerprint);
        if (stored.version() == 0) {
            return mayStart ? "restart" : "authorize";
        }
        if (stored.lost()) {
            return newStart ? "restart" : "lost";
        }
        if (usable(stored, rejectedVersion)) {
            return "use";
        }
        if (stored.version() != deadVersion) {
            return "renew";
        }
        if (!lastResort) {
            return "look";
        }
        return newStart ? "restart" : "lose";
    }

    /**
     * The pair after SalesLoft's answer.
     *
     * @param answer  the body of the token endpoint's answer; {@code expires_in} in seconds, 7200 if it is not said;
     *                without a {@code refresh_token} the one that was sent stays good (RFC 6749, 6)
     * @param restart true when the chain was begun anew
     */
    public TokenPair renewed(TokenPair stored, Map<String, Object> answer, boolean restart) {
        return new TokenPair(stored.version() + 1, (String) answer.get("access_token"), refreshToken(stored, answer, restart),
                System.currentTimeMillis() + seconds(answer.get("expires_in")) * 1000, restart ? startFingerprint : stored.seed(), false);
    }

    /**
     * The first pair of a chain that somebody has authorised in the browser, over the stored one, also over a lost one. It counts as begun
     * with the SALESLOFT_REFRESH_TOKEN there is: that one is older, and only another is a new start. But no other chain is this one, also
     * where none has a SALESLOFT_REFRESH_TOKEN.
     *
     * @param answer as for {@link #renewed}; it has a {@code refresh_token}
     */
    public TokenPair authorized(TokenPair stored, Map<String, Object> answer) {
        TokenPair pair = renewed(stored, answer, true);
        return new TokenPair(pair.version(), pair.accessToken(), pair.refreshToken(), pair.expiresAtMillis(), startFingerprint + ":" + UUID.randomUUID(), false);
    }

    /** The fingerprint of the SALESLOFT_REFRESH_TOKEN that a chain counts as begun with. */
    private static String start(String seed) {
        return seed.replaceFirst(":.*", "");
    }

    private String refreshToken(TokenPair stored, Map<String, Object> answer, boolean restart) {
        return answer.get("refresh_token") instanceof String next && !next.isEmpty() ? next : restart ? startToken : stored.refreshToken();
    }

    private static long seconds(Object expiresIn) {
        try {
            return expiresIn == null ? 7200 : Long.parseLong(expiresIn.toString());
        } catch (NumberFormatException e) {
            return 7200;
        }
    }

    /** The pair after SalesLoft refused its refresh token for good. */
    public TokenPair lost(TokenPair stored) {
        return new TokenPair(stored.version() + 1, stored.accessToken(), stored.refreshToken(), 0, startFingerprint + stored.seed().replaceFirst("^[^:]*", ""), true);
    }

    /** The body of the request for a new pair: from the stored refresh token, or from the setting's when the chain begins. */
    public Map<String, String> request(TokenPair stored, boolean restart) {
        Map<String, String> request = new LinkedHashMap<>();
        request.put("grant_type", grant);
        request.put("client_id", clientId);
        request.put("client_secret", clientSecret);
        if (grant.equals("refresh_token")) {
            request.put("refresh_token", restart ? startToken : stored.refreshToken());
        }
        if (!scope.isEmpty()) {
            request.put("scope", scope);
        }
        return request;
    }

    /** Whether the pair remembered, which is due for renewal and cannot be renewed now, will do for one more call. */
    public boolean stillGood(long rejectedVersion) {
        return good(held, rejectedVersion, 0);
    }

    /** The pair remembered. */
    public TokenPair held() {
        return held;
    }

    /** The version of the pair remembered; 0 for none. */
    public long heldVersion() {
        return held.version();
    }

    /**
     * What a store's answer is worth: the pair itself where it is of the chain and of the version that the row knows of, or a newer one.
     * Before the first version that is the chain of SALESLOFT_REFRESH_TOKEN, or there is no pair: another's is not touched, nor one that may be
     * another's because there is no SALESLOFT_REFRESH_TOKEN to know it by. After it the
     * pair is gone: it cannot be renewed, and only what needs no refresh token goes on.
     *
     * @param row {@code version} (0 before the first) and {@code seed}
     */
    public TokenPair found(TokenPair stored, Map<String, Object> row) {
        long version = ((Number) row.get("version")).longValue();
        String seed = (String) row.get("seed");
        boolean ours = stored.version() > 0 && (version == 0 ? !startToken.isEmpty() && start(stored.seed()).equals(startFingerprint) : stored.seed().equals(seed));
        if (ours && stored.version() >= version) {
            return stored;
        }
        return version == 0 ? TokenPair.NONE : new TokenPair(version, null, null, 0, seed, grant.equals("refresh_token"));
    }

    /** Why the chain of this pair, which is lost, does not go on. */
    public String lossOf(TokenPair pair) {
        return pair.accessToken() == null ? "the token store has lost the pair that came of it" : "SalesLoft has revoked it";
    }

    /** A fingerprint of what SalesLoft is asked with: with other settings it may answer otherwise. */
    public String credentials() {
        return credentials;
    }

    /** The error that the token endpoint's answer names (RFC 6749, 5.2), or nothing. */
    public String error(String answer) {
        try {
            String error = answer == null ? "" : JSON.readTree(answer).path("error").asText("");
            return error.matches("[a-z_]{1,40}") ? error : "";
        } catch (JsonProcessingException e) {
            return "";
        }
    }

    /** What an operator reads of a refusal: the settings it is about, as far as the answer says. */
    public String reason(int status, String error) {
        String settings = switch (error) {
            case "invalid_client", "" -> "SALESLOFT_CLIENT_ID, SALESLOFT_CLIENT_SECRET: ";
            case "invalid_scope" -> "SALESLOFT_SCOPE: ";
            case "unauthorized_client", "unsupported_grant_type" -> "SALESLOFT_GRANT: ";
            default -> "";
        };
        return settings + "SalesLoft refuses to issue a token (" + (status + " " + error).trim() + ")";
    }

    private boolean usable(TokenPair pair, long rejectedVersion) {
        return good(pair, rejectedVersion, marginMillis);
    }

    private static boolean good(TokenPair pair, long rejectedVersion, long marginMillis) {
        return pair.version() > Math.max(0, rejectedVersion) && pair.expiresAtMillis() - marginMillis > System.currentTimeMillis();
    }
}
