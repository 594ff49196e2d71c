package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Logging in to the console through an identity provider: a code of its, and the verifier that only the page has, become a token that counts. */
class ConsoleLoginRouteTest extends IntegrationTest {

    private static final String VERIFIER = "a-verifier-of-the-tests-that-is-43-characters-long";
    private static final String REDIRECT = "https://console.example.com/console";
    private static final HttpClient BROWSER = HttpClient.newHttpClient();

    /** Before each, and after the last, for whoever logs in next. */
    @BeforeEach
    @AfterEach
    void restoreTheProvider() {
        camel.setVariable("provider", null);
        breaker("console-login-call-breaker").reset();
        ISSUER.away(false);
        ISSUER.says(UnaryOperator.identity());
        ISSUER.issues(() -> Map.of("access_token", ISSUER.token(ISSUER.claims("248289761001", "operator")), "token_type", "Bearer", "expires_in", 60));
    }

    @Test
    void logsInWithACodeAndItsVerifier() {
        JsonNode oidc = json(get("/console/login"), 200).path("oidc");
        assertThat(oidc.path("authorizationUrl").asText()).isEqualTo(ISSUER.url() + "/authorize");
        assertThat(oidc.path("clientId").asText()).isEqualTo(PretendIssuer.CLIENT);
        assertThat(oidc.path("scope").asText()).isEqualTo("openid");

        JsonNode answer = json(exchange(code(), VERIFIER), 200);
        assertThat(answer.path("expiresIn").asInt()).isBetween(30, 60);
        JsonNode me = json(get("/ops/me", "Authorization", "Bearer " + answer.path("token").asText()), 200);
        assertThat(me.path("name").asText()).isEqualTo("oidc:248289761001");
        assertThat(me.path("role").asText()).isEqualTo("operator");
        // Where the access token is for somebody else, the ID token may be for us.
        ISSUER.issues(() -> Map.of("access_token", "opaque", "id_token", ISSUER.token(ISSUER.claims("1", "reader"))));
        assertThat(json(get("/ops/me", "Authorization", "Bearer " + json(exchange(code(), VERIFIER), 200).path("token").asText()), 200).path("role").asText()).isEqualTo("reader");
        ISSUER.issues(() -> Map.of("access_token", "opaque"));
        assertThat(json(exchange(code(), VERIFIER), 400).path("detail").asText()).contains("OIDC_AUDIENCE");
    }

    /** A code counts once, with its verifier and where it was sent; who guesses is slowed, and the provider is left alone. */
    @Test
    void slowsWhoeverShowsCodesThatDoNotCount() {
        double refused = metric("salesloft_access_refused_total", "reason=code");
        String code = code();
        json(exchange(code, VERIFIER), 200);
        HttpResponse<String> again = exchange(code, VERIFIER);
        assertThat(json(again, 400).path("detail").asText()).isEqualTo("the identity provider does not take this code: invalid_grant; log in again");
        assertThat(again.body()).doesNotContain("somebody");
        json(exchange(code(), VERIFIER + "x"), 400);
        for (int i = 0; i < 8; i++) {
            json(exchange("guess-" + i, VERIFIER), 400);
        }
        assertThat(metric("salesloft_access_refused_total", "reason=code") - refused).isEqualTo(10);
        int asked = ISSUER.exchanges();
        HttpResponse<String> late = exchange(code(), VERIFIER);
        json(late, 429);
        assertThat(Integer.parseInt(late.headers().firstValue("Retry-After").orElseThrow())).isBetween(1, 6);
        assertThat(ISSUER.exchanges()).isEqualTo(asked);
        // As wrong tokens are, with which they are counted.
        assertThat(get("/ops/pause", "Authorization", "Bearer guess").statusCode()).isEqualTo(429);
        assertThat(get("/ops/pause", AS_OPS).statusCode()).isEqualTo(200);
    }

    /** The eleventh is told at once, also where it is the provider who has said no. */
    @Test
    void slowsTheOneThatIsTooMany() {
        for (int i = 0; i < 9; i++) {
            get("/ops/pause", "Authorization", "Bearer guess-" + i);
        }
        json(exchange("guess", VERIFIER), 400);
        assertThat(exchange("guess", VERIFIER).statusCode()).isEqualTo(429);
    }

    @Test
    void saysThatTheProviderIsAway() {
        ISSUER.away(true);
        for (HttpResponse<String> answer : List.of(get("/console/login"), exchange("any", VERIFIER))) {
            json(answer, 503);
            assertThat(answer.headers().firstValue("Retry-After")).hasValue("5");
        }
        ISSUER.away(false);
        json(get("/console/login"), 200);
        // Known now; it is away as the code comes, and none is counted as wrong. After a few it is left alone for a while.
        ISSUER.away(true);
        int asked = ISSUER.exchanges();
        for (int i = 0; i < 12; i++) {
            HttpResponse<String> away = exchange("any", VERIFIER);
            json(away, 503);
            assertThat(away.headers().firstValue("Retry-After")).hasValue("5");
        }
        assertThat(ISSUER.exchanges() - asked).isBetween(1, 4);
    }

    /** What says that it is another's, or sends people where others can listen, is not followed. */
    @Test
    void trustsNoOtherDescription() {
        Map<String, Object> changes = new HashMap<>(Map.of("issuer", "https://other.example.com", "authorization_endpoint", "http://login.example.com/authorize", "token_endpoint", "http://login.example.com/token"));
        changes.forEach((name, value) -> {
            ISSUER.says(document -> {
                Map<String, Object> changed = new HashMap<>(document);
                changed.put(name, value);
                return changed;
            });
            json(get("/console/login"), 503);
        });
        ISSUER.says(document -> Map.of());
        json(get("/console/login"), 503);
        // Nobody is there where it says that codes are exchanged.
        ISSUER.says(document -> {
            Map<String, Object> changed = new HashMap<>(document);
            changed.put("token_endpoint", "http://127.0.0.1:" + FreePort.find() + "/token");
            return changed;
        });
        json(exchange("any", VERIFIER), 503);
        // It is sent elsewhere, with what was to stay between us: nobody goes there.
        camel.setVariable("provider", null);
        ISSUER.says(document -> {
            Map<String, Object> changed = new HashMap<>(document);
            changed.put("token_endpoint", ISSUER.url() + "/authorize?response_type=code&scope=openid&code_challenge_method=S256&code_challenge=x&redirect_uri=https://other.example.com&client_id=" + PretendIssuer.CLIENT);
            return changed;
        });
        HttpResponse<String> elsewhere = exchange("any", VERIFIER);
        json(elsewhere, 503);
        assertThat(elsewhere.body()).doesNotContain("other.example.com");
    }

    @Test
    void refusesWhatIsNoLogin() {
        int asked = ISSUER.exchanges();
        for (String body : List.of("", "[]", "{", "\"x\"", "{}", quoted("{'code':'a','verifier':'%s'}", VERIFIER), login("a", "short", REDIRECT), login("a b", VERIFIER, REDIRECT), login("", VERIFIER, REDIRECT),
                login("a", VERIFIER, "http://console.example.com/console"), login("a", VERIFIER, "javascript:alert(1)"), login("a", VERIFIER + "&x=y", REDIRECT), login("a\\u0000", VERIFIER, REDIRECT),
                login("a", VERIFIER, REDIRECT).replace("}", quoted(",'client_secret':'x'}")), login("a", VERIFIER, REDIRECT).replace("\"a\"", "1"))) {
            assertThat(send("POST", "/console/token", body).statusCode()).as(body).isEqualTo(400);
        }
        assertThat(ISSUER.exchanges()).isEqualTo(asked);
        assertThat(get("/console/token").statusCode()).isIn(404, 405);
    }

    private static String login(String code, String verifier, String redirect) {
        return quoted("{'code':'%s','verifier':'%s','redirectUri':'%s'}", code, verifier, redirect);
    }

    private HttpResponse<String> exchange(String code, String verifier) {
        return send("POST", "/console/token", login(code, verifier, REDIRECT));
    }

    /** A browser at the provider, who sends it back with one. */
    private static String code() {
        try {
            HttpResponse<Void> sent = BROWSER.send(HttpRequest.newBuilder(URI.create(ISSUER.url() + "/authorize?response_type=code&scope=openid&code_challenge_method=S256&client_id=" + PretendIssuer.CLIENT
                    + "&state=s&code_challenge=" + PretendIssuer.challenge(VERIFIER) + "&redirect_uri=" + URLEncoder.encode(REDIRECT, StandardCharsets.UTF_8))).build(), HttpResponse.BodyHandlers.discarding());
            return sent.headers().firstValue("Location").orElseThrow().replaceFirst(".*[?&]code=([^&]+).*", "$1");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
