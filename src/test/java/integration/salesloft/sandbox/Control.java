package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The sandbox's own calls under {@code /sandbox}: what steers and watches it over HTTP. */
final class Control {

    private final Sandbox sandbox;

    Control(Sandbox sandbox) {
        this.sandbox = sandbox;
    }

    Answer answer(Call call) {
        try {
            return answer(call.method + " " + call.path.substring("/sandbox".length()), call);
        } catch (IllegalArgumentException e) {
            return Answer.json(400, Map.of("error", String.valueOf(e.getMessage())));
        } catch (Refusal e) {
            return e.answer();
        }
    }

    private Answer answer(String what, Call call) {
        World world = sandbox.world();
        switch (what) {
            case "GET ":
                return Answer.json(200, counts());
            case "POST /seed":
                sandbox.seed(Json.map(call.fields()));
                return Answer.json(200, counts());
            case "GET /settings":
                return Answer.json(200, world.settings().values());
            case "POST /settings":
                sandbox.settings(Json.map(call.fields()));
                return Answer.json(200, world.settings().values());
            case "POST /faults":
                return Answer.json(200, Map.of("faults", faults(call)));
            case "POST /touch":
                return Answer.json(200, Map.of("ids", touch(call.fields())));
            case "POST /spend":
                sandbox.spend(call.fields().path("points").asLong());
                return Answer.empty(204);
            case "POST /tokens/expire":
                sandbox.expireTokens();
                return Answer.empty(204);
            case "POST /tokens/revoke":
                ObjectNode revoke = call.fields();
                sandbox.revokeTokens(revoke.path("apiKey").asBoolean(), revoke.path("newRefreshToken").asText(null));
                return Answer.empty(204);
            case "POST /webhooks":
                return Answer.json(202, Map.of("queued", sandbox.webhooks(Json.map(call.fields()))));
            case "GET /stats":
                return Answer.json(200, sandbox.stats());
            case "DELETE /stats":
                sandbox.resetStats();
                return Answer.empty(204);
            default:
                throw Refusal.notFound();
        }
    }

    private Map<String, Object> counts() {
        Map<String, Object> counts = new LinkedHashMap<>();
        for (Resource resource : Resource.values()) {
            counts.put(resource.path.replace("activities/", ""), sandbox.world().team.count(resource));
        }
        return counts;
    }

    private int faults(Call call) {
        JsonNode list = call.body.length == 0 ? Json.MAPPER.createArrayNode() : call.json();
        if (!list.isArray()) {
            throw new IllegalArgumentException("faults are a list");
        }
        List<Map<String, Object>> faults = new ArrayList<>();
        list.forEach(fault -> faults.add(Json.map(fault)));
        sandbox.faults(faults);
        return faults.size();
    }

    private List<Long> touch(ObjectNode wanted) {
        Resource resource = Resource.of(wanted.path("resource").asText());
        List<Long> ids = new ArrayList<>();
        if (wanted.has("ids")) {
            wanted.get("ids").forEach(id -> ids.add(id.asLong()));
        } else {
            ids.addAll(sandbox.world().team.oldest(resource, wanted.path("count").asLong(1)));
        }
        ObjectNode fields = wanted.path("fields").isObject() ? (ObjectNode) wanted.get("fields") : Json.object();
        for (long id : ids) {
            if (!sandbox.world().team.exists(resource, id)) {
                throw new IllegalArgumentException("no such record: " + resource.path + " " + id);
            }
            sandbox.put(resource.path, fields.deepCopy().put("id", id));
        }
        return ids;
    }
}
