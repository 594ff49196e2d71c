package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * {@code /oauth/authorize}: SalesLoft's page that asks somebody whether an application may act for him, as whoever has signed in there; the
 * first user of the team has. The browser is sent back with a code that is good once, for ten minutes, for the same redirect address.
 */
final class Consent {

    private static final long CODE_MILLIS = 600_000;
    private static final String CONTEXT = "sandbox";

    /** What a code was given for. */
    private record Grant(String redirectUri, String scope, String challenge, long expires) {
    }

    private final World world;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Grant> codes = new HashMap<>();

    Consent(World world) {
        this.world = world;
    }

    /** GET shows the page with its form; the form's POST sends the browser back. */
    Answer answer(Call call) {
        ObjectNode asked = call.method.equals("GET") ? new Query(call.rawQuery).fields() : call.fields();
        String redirect = asked.path("redirect_uri").asText();
        // Whoever asks is not known: the browser is not sent anywhere.
        if (!asked.path("client_id").asText().equals(world.settings().text("clientId"))) {
            return page(401, "Client authentication failed due to unknown client.", "");
        }
        if (!registered(redirect)) {
            return page(400, "The redirect uri included is not valid.", "");
        }
        String error = error(asked);
        if (error != null) {
            return back(redirect, Map.of("error", error, "error_description", "The request is not valid."), asked);
        }
        if (call.method.equals("GET")) {
            return page(200, "Authorize Sandbox integration to use your account?", form(asked));
        }
        if (!call.method.equals("POST")) {
            throw Refusal.methodNotAllowed();
        }
        if (!asked.path("answer").asText().equals("allow")) {
            return back(redirect, Map.of("error", "access_denied", "error_description", "The resource owner or authorization server denied the request."), asked);
        }
        return back(redirect, given("code", code(asked), "context", CONTEXT, "scope", asked.path("scope").asText()), asked);
    }

    /** Whether the code was given for this, and not used before; either way it is spent. */
    synchronized boolean redeem(ObjectNode fields) {
        Grant grant = codes.remove(fields.path("code").asText());
        return grant != null && System.currentTimeMillis() < grant.expires() && grant.redirectUri().equals(fields.path("redirect_uri").asText())
                && CONTEXT.equals(fields.path("context").asText()) && grant.scope().equals(fields.path("scope").asText())
                && (grant.challenge().isEmpty() || grant.challenge().equals(challenge(fields.path("code_verifier").asText())));
    }

    private synchronized String code(ObjectNode asked) {
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        String code = "sandbox-code-" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        String challenge = world.settings().text("pkce").equals("ignored") ? "" : asked.path("code_challenge").asText();
        codes.put(code, new Grant(asked.path("redirect_uri").asText(), asked.path("scope").asText(), challenge, System.currentTimeMillis() + CODE_MILLIS));
        return code;
    }

    /** Those of the setting; where there are none, every address of this machine. */
    private boolean registered(String redirect) {
        List<String> registered = world.settings().texts("redirectUris");
        try {
            return registered.isEmpty() ? List.of("localhost", "127.0.0.1").contains(String.valueOf(URI.create(redirect).getHost())) : registered.contains(redirect);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private String error(ObjectNode asked) {
        if (!asked.path("response_type").asText().equals("code")) {
            return "unsupported_response_type";
        }
        boolean challenged = asked.path("code_challenge").asText().matches("[\\w-]{43}") && asked.path("code_challenge_method").asText().equals("S256");
        boolean asksForIt = asked.has("code_challenge") || asked.has("code_challenge_method");
        return switch (world.settings().text("pkce")) {
            case "required" -> challenged ? null : "invalid_request";
            case "optional" -> asksForIt && !challenged ? "invalid_request" : null;
            default -> null;
        };
    }

    private static Answer back(String redirect, Map<String, String> answer, ObjectNode asked) {
        Map<String, String> all = new LinkedHashMap<>(answer);
        if (asked.has("state")) {
            all.put("state", asked.get("state").asText());
        }
        return Answer.empty(302).with("Location", redirect + "?" + all.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8)).collect(Collectors.joining("&")));
    }

    private static Map<String, String> given(String... pairs) {
        Map<String, String> all = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            all.put(pairs[i], pairs[i + 1]);
        }
        return all;
    }

    private static String form(ObjectNode asked) {
        StringBuilder form = new StringBuilder("<form method=\"post\" action=\"/oauth/authorize\">\n");
        asked.fields().forEachRemaining(field -> form.append("<input type=\"hidden\" name=\"").append(escaped(field.getKey())).append("\" value=\"")
                .append(escaped(field.getValue().asText())).append("\">\n"));
        return form.append("<button name=\"answer\" value=\"allow\">Allow</button> <button name=\"answer\" value=\"deny\">Deny</button>\n</form>\n").toString();
    }

    private static Answer page(int status, String text, String form) {
        return Answer.html(status, "<!doctype html>\n<title>SalesLoft (sandbox)</title>\n<h1>SalesLoft (sandbox)</h1>\n<p>" + text + "</p>\n" + form);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
    }

    private static String challenge(String verifier) {
        try {
            return Base64.getUrlEncoder().withoutPadding().encodeToString(MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
