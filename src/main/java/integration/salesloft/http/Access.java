package integration.salesloft.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * Who may call in, by bearer token, compared in constant time. The tokens come straight from the settings: placeholders and
 * expressions of routes would read some of their characters as their own. An empty token lets nobody in.
 */
@Component("access")
public class Access {

    private final String opsToken;
    private final String syncToken;

    Access(Environment settings) {
        opsToken = settings.getProperty("salesloft.ops-token", "");
        syncToken = settings.getProperty("salesloft.sync-token", "");
    }

    /** @param authorization the header {@code Authorization}, or null */
    public boolean allowsOps(String authorization) {
        return carries(authorization, opsToken);
    }

    /** The ops token opens what the sync token opens. */
    public boolean allowsSync(String authorization) {
        return carries(authorization, opsToken) | carries(authorization, syncToken);
    }

    private static boolean carries(String authorization, String token) {
        if (authorization == null || token.isEmpty()) {
            return false;
        }
        return MessageDigest.isEqual(("Bearer " + token).getBytes(StandardCharsets.UTF_8),
                authorization.getBytes(StandardCharsets.UTF_8));
    }
}
