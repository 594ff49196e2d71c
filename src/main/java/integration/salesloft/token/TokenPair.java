package integration.salesloft.token;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * What a token store keeps, as one JSON document.
 *
 * @param version         rises by one with every change; a store writes only over the version before
 * @param accessToken     sent with every call
 * @param refreshToken    good for one renewal; null for the grant client_credentials
 * @param expiresAtMillis when the access token ends, in milliseconds since the epoch
 * @param seed            fingerprint of the SALESLOFT_REFRESH_TOKEN this chain of pairs began with; after a colon what tells it from others that were authorised in the browser
 * @param lost            SalesLoft revoked the refresh token; only a new SALESLOFT_REFRESH_TOKEN or authorisation helps
 */
public record TokenPair(
        @JsonProperty("version") long version,
        @JsonProperty("access_token") String accessToken,
        @JsonProperty("refresh_token") String refreshToken,
        @JsonProperty("expires_at") long expiresAtMillis,
        @JsonProperty("seed") String seed,
        @JsonProperty("lost") boolean lost) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** No pair was ever stored. */
    static final TokenPair NONE = new TokenPair(0, null, null, 0, "", false);
    /** Something is stored that is no pair. */
    private static final TokenPair OTHER = new TokenPair(-1, null, null, 0, "", false);

    /** @param json what {@link #json()} gave, or null for no pair */
    public static TokenPair read(String json) throws JsonProcessingException {
        return json == null || json.isEmpty() ? NONE : JSON.readValue(json, TokenPair.class);
    }

    /**
     * What a store holds, which others may write to.
     *
     * @param json null or empty: nothing; anything that is not what {@link #json()} gives is a pair of no chain, of version -1
     */
    public static TokenPair stored(String json) {
        if (json == null || json.isBlank()) {
            return NONE;
        }
        try {
            TokenPair pair = JSON.readValue(json, TokenPair.class);
            return pair == null || pair.version < 1 || pair.seed == null ? OTHER : pair;
        } catch (JsonProcessingException e) {
            return OTHER;
        }
    }

    /**
     * As {@link #stored}; but an empty JSON object, which tools put where a secret has to have a value, is no pair, and may be replaced.
     *
     * @param text null for what is no text
     */
    static TokenPair storedUnlessPlaceholder(String text) {
        if (text == null) {
            return OTHER;
        }
        return text.replaceAll("\\s", "").equals("{}") ? NONE : stored(text);
    }

    /**
     * What this pair is beside the one in a store: the {@code same}; {@code newer}, also where the store is empty; {@code older}, of the
     * same chain; or of {@code other} origin, and then nobody but a person can say which of the two is right.
     */
    public String beside(TokenPair stored) {
        if (equals(stored)) {
            return "same";
        }
        if (stored.equals(NONE)) {
            return "newer";
        }
        if (!seed.equals(stored.seed) || version == stored.version) {
            return "other";
        }
        return version > stored.version ? "newer" : "older";
    }

    public String json() throws JsonProcessingException {
        return JSON.writeValueAsString(this);
    }

    /** A record's own text would show the tokens. */
    @Override
    public String toString() {
        return "token pair, version " + version;
    }
}
