package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import integration.salesloft.token.TokenCipher;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The ways to get into SalesLoft beside a refresh token, and a new key for the stored pair. */
@ResourceLock(SharedProcess.RUNNING)
class CredentialsProcessTest {

    private static final String NEW_KEY = "b3RoZXItLW90aGVyLS1vdGhlci0tb3RoZXItLW90aCE=";
    /** Characters that Camel, Spring and SQL use for themselves are a secret's own. */
    private static final String ODD = "-{{x}}-${y}-#{z}-'\"\\,-#bean:w";

    /** Each is in a database of its own. */
    @Test
    void getsInEachWay() {
        Map<String, String> client = Map.of("SALESLOFT_GRANT", "client_credentials", "SALESLOFT_REFRESH_TOKEN", "", "SYNC_RESOURCES", "people");
        try (Installation ofKey = new Installation(Postgres.shared(), "api_key", Map.of("apiKey", "key" + ODD));
             Installation ofOdd = new Installation(Postgres.shared(), "odd_secrets", Map.of("clientSecret", "client" + ODD, "refreshToken", "refresh" + ODD));
             Installation ofClient = new Installation(Postgres.shared(), "client_credentials", Map.of())) {
            // The OAuth client that is set besides does not count.
            Container withKey = ofKey.lend(Map.of("SALESLOFT_API_KEY", "key" + ODD, "TOKEN_KEY", "", "SYNC_RESOURCES", "people"));
            Container withOdd = ofOdd.lend(Map.of("SALESLOFT_CLIENT_SECRET", "client" + ODD, "SALESLOFT_REFRESH_TOKEN", "refresh" + ODD,
                    "DATABASE_PASSWORD", "database" + ODD, "OPS_TOKEN", "ops" + ODD, "SYNC_RESOURCES", "people"));
            Container first = ofClient.lend(client);
            takesSecretsAsTheyAre(ofOdd, withOdd);
            pullsWithAnApiKeyAndSaysWhenItIsRevoked(ofKey, withKey);
            ofClient.awaitRow(60, "sync_cursor where finished_at is not null");
            first.close();
            renewsWithClientCredentialsAndChangesTheKey(ofClient, client);
        }
    }

    private static void pullsWithAnApiKeyAndSaysWhenItIsRevoked(Installation here, Container container) {
        here.awaitRow(60, "sync_cursor where finished_at is not null");
        here.awaitConnected();
        assertThat(here.count("select count(*) from people")).isEqualTo(120);

        here.salesloft.revokeTokens(true, null);
        await().until(() -> container.health() == 503);
        await().untilAsserted(() -> assertThat(container.log()).contains("P1 auth: ").doesNotContain(ODD));
        assertThat(here.calls("POST /oauth/token")).isZero();
    }

    /** The key of an API is another such secret, above. */
    private static void takesSecretsAsTheyAre(Installation here, Container container) {
        container.awaitStarted();
        here.awaitConnected();
        assertThat(here.salesloft.stats().get("refreshes")).isEqualTo(Map.of("refresh_token", 1L, "client_credentials", 0L));
        assertThat(container.getAs("ops" + ODD, "/ops/pause").statusCode()).isEqualTo(200);
        assertThat(container.log()).doesNotContain(ODD);
    }

    /** Nothing rotates; the pair outlives a change of its key and is under the new one from its next renewal on. */
    private static void renewsWithClientCredentialsAndChangesTheKey(Installation here, Map<String, String> settings) {
        here.lend(with(settings, Map.of("TOKEN_KEY", NEW_KEY, "TOKEN_KEY_PREVIOUS", Installation.TOKEN_KEY)));
        here.awaitConnected();
        assertThat(here.count("select version from oauth_token")).isEqualTo(1);
        here.salesloft.expireTokens();
        here.awaitConnected();
        assertThat(here.count("select version from oauth_token")).isEqualTo(2);
        byte[] pair = here.sql.queryForObject("select pair from oauth_token", byte[].class);
        assertThat(new TokenCipher(NEW_KEY, "").decrypt(pair)).contains("access");
        assertThat(here.salesloft.stats().get("refreshes")).isEqualTo(Map.of("refresh_token", 0L, "client_credentials", 2L));
    }

    private static Map<String, String> with(Map<String, String> settings, Map<String, String> more) {
        Map<String, String> all = new HashMap<>(settings);
        all.putAll(more);
        return all;
    }
}
