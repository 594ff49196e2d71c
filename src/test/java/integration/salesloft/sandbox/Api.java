package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** The resources under {@code /v2}, for a caller who has been let in and has paid. */
final class Api {

    static final String NO_TOKEN =
            "No Bearer Token attached to request, please see documentation at developers.salesloft.com";
    static final String BAD_TOKEN = "Invalid Bearer token";
    static final String FORBIDDEN = "You are not authorized to perform this action";
    static final String OVER_LIMIT = "API rate limit exceeded";

    private final World world;
    private final Writes writes;

    Api(World world) {
        this.world = world;
        this.writes = new Writes(world.team, world.stats, world::settings);
    }

    /** @throws Refusal when SalesLoft would turn the call down */
    Answer answer(Call call) {
        String path = call.path.substring("/v2/".length());
        if (world.settings().forbids(path.replaceFirst("/\\d+$", ""))) {
            throw Refusal.of(403, FORBIDDEN);
        }
        switch (path) {
            case "me":
                return only("GET", call, Answer.data(me()));
            case "team":
                return only("GET", call, Answer.data(team()));
            case "person_upserts":
                return upsert(call, Resource.PEOPLE, "person");
            case "account_upserts":
                return upsert(call, Resource.ACCOUNTS, "account");
            default:
                return path.equals("bulk_jobs") || path.startsWith("bulk_jobs/")
                        ? world.bulkJobs.answer(call, path.substring("bulk_jobs".length())) : resource(call, path);
        }
    }

    private Answer resource(Call call, String path) {
        if (PlainLists.has(path)) {
            return only("GET", call, Answer.json(200, Json.bytes(world.lists.answer(path, call.query))));
        }
        String name = path.replaceFirst("/[^/]+$", "");
        for (Resource resource : Resource.values()) {
            if (resource.path.equals(path)) {
                return collection(call, resource);
            }
            if (resource.path.equals(name)) {
                String id = path.substring(name.length() + 1);
                if (!id.matches("\\d{1,18}")) {
                    throw Refusal.notFound();
                }
                return record(call, resource, Long.parseLong(id));
            }
        }
        throw Refusal.notFound();
    }

    private Answer collection(Call call, Resource resource) {
        if (call.method.equals("GET")) {
            Listing listing = new Listing(world.team.table(resource), call.query, world.settings());
            return Answer.json(200, world.team.read(listing::body));
        }
        if (call.method.equals("POST") && resource.mayCreate()) {
            ObjectNode sent = call.query.fields();
            sent.setAll(call.fields());
            return Answer.data(writes.create(resource, sent));
        }
        throw Refusal.methodNotAllowed();
    }

    private Answer record(Call call, Resource resource, long id) {
        if (call.method.equals("GET")) {
            ObjectNode record = world.team.get(resource, id);
            if (record == null) {
                throw Refusal.notFound();
            }
            return Answer.data(record);
        }
        if (call.method.equals("PUT") && resource.mayUpdate()) {
            return Answer.data(writes.update(resource, id, call.fields()));
        }
        if (call.method.equals("DELETE") && resource.mayDelete()) {
            writes.delete(resource, id);
            return Answer.empty(204);
        }
        throw Refusal.methodNotAllowed();
    }

    private Answer upsert(Call call, Resource resource, String kind) {
        if (!call.method.equals("POST")) {
            throw Refusal.methodNotAllowed();
        }
        return Answer.data(writes.upsert(resource, kind, call.fields()));
    }

    private static Answer only(String method, Call call, Answer answer) {
        if (!call.method.equals(method)) {
            throw Refusal.methodNotAllowed();
        }
        return answer;
    }

    private ObjectNode me() {
        return world.team.read(() -> {
            if (world.team.count(Resource.USERS) == 0) {
                throw Refusal.notFound();
            }
            return world.team.table(Resource.USERS).node(world.team.table(Resource.USERS).byId().firstKey());
        });
    }

    private static ObjectNode team() {
        return Json.object().put("id", 1700).put("created_at", "2019-03-07T12:12:52.362090-05:00")
                .put("updated_at", "2023-03-07T12:12:52.362090-05:00").put("name", "Sandbox").put("plan", "advanced")
                .put("deactivated", false).put("license_limit", 100).put("email_daily_limit", 1000)
                .put("team_visibility_default", "all").put("group_privacy_setting", "public")
                .put("record_by_default", false).put("local_dial_enabled", false)
                .put("call_recording_disabled", false).put("dispositions_required", false)
                .put("sentiments_required", false).put("click_tracking_default", true)
                .put("allow_automated_email_steps", true).putNull("custom_tracking_domain")
                .set("plan_features", Json.object());
    }
}
