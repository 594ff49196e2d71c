package integration.salesloft.ops;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** Compares bearer tokens in constant time. */
public class Access {

    /**
     * Whether the header carries one of the tokens; an empty token lets nobody in.
     *
     * @param authorization the header {@code Authorization}, or null
     */
    public boolean allows(String authorization, String first, String second) {
        return carries(authorization, first) | carries(authorization, second);
    }

    private static boolean carries(String authorization, String token) {
        if (authorization == null || token == null || token.isEmpty()) {
            return false;
        }
        return MessageDigest.isEqual(("Bearer " + token).getBytes(StandardCharsets.UTF_8),
                authorization.getBytes(StandardCharsets.UTF_8));
    }
}
