package integration.salesloft.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The page of consent, and what its code is good for: what a client gets wrong, the sandbox refuses as SalesLoft would. */
class ConsentTest {

    private static final String REDIRECT = "http://localhost:1/oauth/callback";
    /** The example of RFC 7636, appendix B. */
    private static final String VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    private static final String CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    private final Sandbox sandbox = Sandbox.start(0);
    private final HttpClient http = HttpClient.newHttpClient();

    @AfterEach
    void stop() {
        sandbox.close();
    }

    @Test
    void givesACodeThatIsGoodOnce() throws Exception {
        Map<String, String> asked = with(asked(), "code_challenge", CHALLENGE, "code_challenge_method", "S256");
        HttpResponse<String> page = get(asked);
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("name=\"state\" value=\"&quot;&lt;s>&quot;\"", "value=\"allow\"");
        Map<String, String> back = answer(asked, "allow");
        assertThat(back).containsEntry("state", "\"<s>\"").containsEntry("context", "sandbox").containsEntry("scope", "people:read");

        HttpResponse<String> pair = exchange(with(exchanged(back), "code_verifier", VERIFIER));
        assertThat(pair.statusCode()).isEqualTo(200);
        JsonNode tokens = Json.MAPPER.readTree(pair.body());
        assertThat(sandbox.world().tokens.good(tokens.path("access_token").asText())).isTrue();
        assertThat(tokens.path("refresh_token").asText()).isNotEmpty();
        assertThat(exchange(with(exchanged(back), "code_verifier", VERIFIER)).body()).contains("invalid_grant");
    }

    @ParameterizedTest
    @CsvSource({"code,other", "redirect_uri,http://localhost:2/oauth/callback", "context,other", "scope,''", "code_verifier,other", "code_verifier,"})
    void refusesWhatTheCodeWasNotGivenFor(String field, String value) throws Exception {
        Map<String, String> back = answer(with(asked(), "code_challenge", CHALLENGE, "code_challenge_method", "S256"), "allow");
        Map<String, String> wrong = with(exchanged(back), "code_verifier", VERIFIER);
        wrong.put(field, value == null ? "" : value);
        HttpResponse<String> refused = exchange(wrong);
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("invalid_grant");
    }

    @Test
    void sendsARefusalBack() throws Exception {
        assertThat(answer(asked(), "deny")).containsEntry("error", "access_denied").containsEntry("state", "\"<s>\"").doesNotContainKey("code");
        sandbox.settings(Map.of("pkce", "required"));
        assertThat(answer(asked(), "allow")).containsEntry("error", "invalid_request");
        sandbox.settings(Map.of("pkce", "optional"));
        assertThat(answer(with(asked(), "code_challenge", CHALLENGE, "code_challenge_method", "plain"), "allow")).containsEntry("error", "invalid_request");
        assertThat(answer(with(asked(), "response_type", "token"), "allow")).containsEntry("error", "unsupported_response_type");
    }

    /** The browser goes nowhere that is not registered. */
    @Test
    void showsOnItsOwnPageWhoseRequestItDoesNotKnow() throws Exception {
        assertThat(get(with(asked(), "client_id", "other")).statusCode()).isEqualTo(401);
        assertThat(get(with(asked(), "redirect_uri", "https://evil.example.com/")).statusCode()).isEqualTo(400);
        sandbox.settings(Map.of("redirectUris", List.of("https://us.example.com/oauth/callback")));
        assertThat(get(asked()).statusCode()).isEqualTo(400);
        assertThat(get(with(asked(), "redirect_uri", "https://us.example.com/oauth/callback")).statusCode()).isEqualTo(200);
    }

    private static Map<String, String> asked() {
        return with(Map.of(), "client_id", "sandbox-client", "redirect_uri", REDIRECT, "response_type", "code", "scope", "people:read", "state", "\"<s>\"");
    }

    private static Map<String, String> exchanged(Map<String, String> back) {
        return with(Map.of(), "grant_type", "authorization_code", "client_id", "sandbox-client", "client_secret", "sandbox-secret", "redirect_uri", REDIRECT,
                "code", back.get("code"), "context", back.get("context"), "scope", back.get("scope"));
    }

    private static Map<String, String> with(Map<String, String> fields, String... more) {
        Map<String, String> all = new LinkedHashMap<>(fields);
        for (int i = 0; i < more.length; i += 2) {
            all.put(more[i], more[i + 1]);
        }
        return all;
    }

    private HttpResponse<String> get(Map<String, String> asked) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(sandbox.url() + "/oauth/authorize?" + form(asked))));
    }

    private HttpResponse<String> exchange(Map<String, String> fields) throws Exception {
        return post("/oauth/token", fields);
    }

    /** What comes back with the browser. */
    private Map<String, String> answer(Map<String, String> asked, String button) throws Exception {
        HttpResponse<String> sent = post("/oauth/authorize", with(asked, "answer", button));
        assertThat(sent.statusCode()).isEqualTo(302);
        URI back = URI.create(sent.headers().firstValue("Location").orElseThrow());
        assertThat(back.toString()).startsWith(REDIRECT + "?");
        Map<String, String> fields = new LinkedHashMap<>();
        new Query(back.getRawQuery()).fields().fields().forEachRemaining(field -> fields.put(field.getKey(), field.getValue().asText()));
        return fields;
    }

    private HttpResponse<String> post(String path, Map<String, String> fields) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(sandbox.url() + path)).header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form(fields))));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static String form(Map<String, String> fields) {
        return fields.entrySet().stream().map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8)).collect(Collectors.joining("&"));
    }
}
