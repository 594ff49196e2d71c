package integration.salesloft.sandbox;

import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.Supplier;

/** Who may call: the API key, the access tokens with their expiry, and refresh tokens that rotate. */
final class Tokens {

    /** An issued pair; the access token of client_credentials has no refresh token. */
    record Pair(String access, String refresh, long expiresIn, long createdAt) {
    }

    private record Access(long number, long expires) {
    }

    private record Refresh(long number, boolean revoked) {
    }

    private final Supplier<Settings> settings;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Access> access = new HashMap<>();
    private final Map<String, Refresh> refresh = new HashMap<>();
    private long issued = 1;
    private boolean keyRevoked;

    Tokens(Supplier<Settings> settings) {
        this.settings = settings;
        refresh.put(settings.get().text("refreshToken"), new Refresh(1, false));
    }

    /** Whether this bearer token is good now. Says nothing to the rotation: a call that never arrived uses nothing. */
    synchronized boolean good(String bearer) {
        if (bearer != null && bearer.equals(settings.get().text("apiKey"))) {
            return !keyRevoked;
        }
        Access token = bearer == null ? null : access.get(bearer);
        return token != null && System.currentTimeMillis() < token.expires();
    }

    /** Whether this bearer token is good now; if so it counts as used, which revokes older refresh tokens. */
    synchronized boolean use(String bearer) {
        boolean good = good(bearer);
        if (good && access.containsKey(bearer)) {
            revokeBefore(access.get(bearer).number());
        }
        return good;
    }

    synchronized boolean revoked(String refreshToken) {
        return refresh.containsKey(refreshToken) && refresh.get(refreshToken).revoked();
    }

    /** A new pair for a refresh token, or null when it is unknown or revoked. */
    synchronized Pair refresh(String refreshToken) {
        Refresh used = refresh.get(refreshToken);
        if (used == null || used.revoked()) {
            return null;
        }
        if (settings.get().text("refreshMode").equals("on_use")) {
            revokeBefore(used.number());
        }
        issued++;
        String next = "sandbox-refresh-" + issued + "-" + secret();
        refresh.put(next, new Refresh(issued, false));
        if (settings.get().text("refreshMode").equals("on_issue")) {
            revokeBefore(issued);
        }
        return pair(next);
    }

    /** The first pair of a chain that somebody has allowed. */
    synchronized Pair authorize() {
        issued++;
        String first = "sandbox-refresh-" + issued + "-" + secret();
        refresh.put(first, new Refresh(issued, false));
        return pair(first);
    }

    synchronized Pair clientCredentials() {
        issued++;
        return pair(null);
    }

    synchronized void expire() {
        access.clear();
    }

    synchronized void revoke(boolean apiKeyToo, String newRefreshToken) {
        access.clear();
        refresh.replaceAll((token, state) -> new Refresh(state.number(), true));
        keyRevoked |= apiKeyToo;
        if (newRefreshToken != null) {
            refresh.put(newRefreshToken, new Refresh(++issued, false));
        }
    }

    private Pair pair(String refreshToken) {
        long seconds = settings.get().number("tokenTtlSeconds");
        long now = System.currentTimeMillis();
        String token = "sandbox-access-" + issued + "-" + secret();
        access.put(token, new Access(refreshToken == null ? 0 : issued, now + seconds * 1000));
        return new Pair(token, refreshToken, seconds, now / 1000);
    }

    private void revokeBefore(long number) {
        refresh.replaceAll((token, state) ->
                state.number() < number && !state.revoked() ? new Refresh(state.number(), true) : state);
    }

    private String secret() {
        byte[] bytes = new byte[8];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
