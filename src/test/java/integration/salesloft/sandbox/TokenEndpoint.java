package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** {@code POST /oauth/token}: authorization_code, refresh_token and client_credentials, for the one client there is. */
final class TokenEndpoint {

    private final World world;

    private final Consent consent;

    TokenEndpoint(World world) {
        this.world = world;
        this.consent = new Consent(world);
    }

    Answer answer(Call call) {
        if (call.path.equals("/oauth/authorize")) {
            return consent.answer(call);
        }
        if (!call.path.equals("/oauth/token")) {
            throw Refusal.notFound();
        }
        if (!call.method.equals("POST")) {
            throw Refusal.methodNotAllowed();
        }
        ObjectNode fields = call.fields();
        readBasic(call, fields);
        if (!fields.path("client_id").asText().equals(world.settings().text("clientId"))
                || !fields.path("client_secret").asText().equals(world.settings().text("clientSecret"))) {
            return error(401, "invalid_client", "Client authentication failed due to unknown client, no client "
                    + "authentication included, or unsupported authentication method.");
        }
        String grant = fields.path("grant_type").asText();
        switch (grant) {
            case "refresh_token":
                return refresh(fields.path("refresh_token").asText());
            case "authorization_code":
                return consent.redeem(fields) ? issued(world.tokens.authorize()) : invalidGrant();
            case "client_credentials":
                world.stats.refreshed(grant);
                return issued(world.tokens.clientCredentials());
            default:
                return error(400, "unsupported_grant_type",
                        "The authorization grant type is not supported by the authorization server.");
        }
    }

    private Answer refresh(String refreshToken) {
        Tokens.Pair pair = world.tokens.refresh(refreshToken);
        if (pair == null) {
            if (world.tokens.revoked(refreshToken)) {
                world.stats.revokedTokenUsed();
            }
            return invalidGrant();
        }
        world.stats.refreshed("refresh_token");
        return issued(pair);
    }

    private static Answer invalidGrant() {
        return error(400, "invalid_grant", "The provided authorization grant is invalid, expired, revoked, does "
                + "not match the redirection URI used in the authorization request, or was issued to another "
                + "client.");
    }

    private static Answer issued(Tokens.Pair pair) {
        ObjectNode body = Json.object().put("access_token", pair.access()).put("token_type", "bearer")
                .put("expires_in", pair.expiresIn());
        if (pair.refresh() != null) {
            body.put("refresh_token", pair.refresh());
        }
        return Answer.json(200, body.put("scope", "").put("created_at", pair.createdAt()))
                .with("Cache-Control", "no-store");
    }

    private static Answer error(int status, String error, String description) {
        return Answer.json(status, Json.object().put("error", error).put("error_description", description));
    }

    private static void readBasic(Call call, ObjectNode fields) {
        String header = call.headers.getOrDefault("authorization", "");
        if (header.regionMatches(true, 0, "Basic ", 0, 6) && !fields.has("client_id")) {
            try {
                String[] pair = new String(Base64.getDecoder().decode(header.substring(6).strip()),
                        StandardCharsets.UTF_8).split(":", 2);
                fields.put("client_id", pair[0]).put("client_secret", pair.length > 1 ? pair[1] : "");
            } catch (IllegalArgumentException e) {
                throw Refusal.of(401, "invalid_client");
            }
        }
    }
}
