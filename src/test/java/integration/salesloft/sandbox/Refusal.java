package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** A call that SalesLoft turns down, with the status and body it does that with. */
final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1L;

    final int status;
    final transient JsonNode body;

    private Refusal(int status, JsonNode body) {
        super(status + " " + body, null, false, false);
        this.status = status;
        this.body = body;
    }

    static Refusal of(int status, String error) {
        return new Refusal(status, Json.object().put("error", error));
    }

    static Refusal notFound() {
        return of(404, "Not Found");
    }

    static Refusal methodNotAllowed() {
        return of(405, "Method Not Allowed");
    }

    static Refusal internal() {
        return new Refusal(500, Json.object().put("status", 500).put("error", "Internal Server Error"));
    }

    static Refusal invalid(ObjectNode errors) {
        return new Refusal(422, Json.object().set("errors", errors));
    }

    Answer answer() {
        return Answer.json(status, body);
    }
}
