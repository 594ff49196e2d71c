package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import integration.salesloft.token.TokenCipher;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The ways to get into SalesLoft beside a refresh token, and a new key for the stored pair. */
@Execution(ExecutionMode.CONCURRENT)
class CredentialsTest {

    private static final String NEW_KEY = "b3RoZXItLW90aGVyLS1vdGhlci0tb3RoZXItLW90aCE=";
    /** Characters that Camel, Spring and SQL use for themselves are a secret's own. */
    private static final String ODD = "-{{x}}-${y}-#{z}-'\"\\,-#bean:w";

    @Test
    void pullsWithAnApiKeyAndSaysWhenItIsRevoked() {
        try (Installation here = new Installation(Postgres.shared(), "api_key", Map.of("apiKey", "key" + ODD))) {
            // The OAuth client that is set besides does not count.
            Container container = here.launch(Map.of("SALESLOFT_API_KEY", "key" + ODD, "TOKEN_KEY", "", "SYNC_RESOURCES", "people"));
            here.awaitRow(60, "sync_cursor where finished_at is not null");
            here.awaitConnected();
            assertThat(here.count("select count(*) from people")).isEqualTo(120);

            here.salesloft.revokeTokens(true, null);
            await().until(() -> container.health() == 503);
            await().untilAsserted(() -> assertThat(container.log()).contains("P1 auth: ").doesNotContain(ODD));
            assertThat(here.calls("POST /oauth/token")).isZero();
        }
    }

    /** Nothing rotates; the pair outlives a change of its key and is under the new one from its next renewal on. */
    @Test
    void renewsWithClientCredentialsAndChangesTheKey() {
        Map<String, String> settings = Map.of("SALESLOFT_GRANT", "client_credentials", "SALESLOFT_REFRESH_TOKEN", "", "SYNC_RESOURCES", "people");
        try (Installation here = new Installation(Postgres.shared(), "client_credentials", Map.of())) {
            Container container = here.launch(settings);
            here.awaitRow(60, "sync_cursor where finished_at is not null");
            container.stop();

            here.launch(with(settings, Map.of("TOKEN_KEY", NEW_KEY, "TOKEN_KEY_PREVIOUS", Installation.TOKEN_KEY)));
            here.awaitConnected();
            assertThat(here.count("select version from oauth_token")).isEqualTo(1);
            here.salesloft.expireTokens();
            here.awaitConnected();
            assertThat(here.count("select version from oauth_token")).isEqualTo(2);
            byte[] pair = here.sql.queryForObject("select pair from oauth_token", byte[].class);
            assertThat(new TokenCipher(NEW_KEY, "").decrypt(pair)).contains("access");
            assertThat(here.salesloft.stats().get("refreshes")).isEqualTo(Map.of("refresh_token", 0L, "client_credentials", 2L));
        }
    }

    /** The key of an API is another such secret, above. */
    @Test
    void takesSecretsAsTheyAre() {
        try (Installation here = new Installation(Postgres.shared(), "odd_secrets",
                Map.of("clientSecret", "client" + ODD, "refreshToken", "refresh" + ODD))) {
            Container container = here.launch(Map.of("SALESLOFT_CLIENT_SECRET", "client" + ODD, "SALESLOFT_REFRESH_TOKEN", "refresh" + ODD,
                    "DATABASE_PASSWORD", "database" + ODD, "OPS_TOKEN", "ops" + ODD, "SYNC_RESOURCES", "people")).awaitStarted();
            here.awaitConnected();
            assertThat(here.salesloft.stats().get("refreshes")).isEqualTo(Map.of("refresh_token", 1L, "client_credentials", 0L));
            assertThat(container.getAs("ops" + ODD, "/ops/pause").statusCode()).isEqualTo(200);
            assertThat(container.log()).doesNotContain(ODD);
        }
    }

    private static Map<String, String> with(Map<String, String> settings, Map<String, String> more) {
        Map<String, String> all = new HashMap<>(settings);
        all.putAll(more);
        return all;
    }
}
