package integration.salesloft.sandbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A request, read to its end. */
final class Call {

    final String method;
    /** Path without {@code .json} and without a slash at its end. */
    final String path;
    final String rawPath;
    final String rawQuery;
    final Query query;
    final byte[] body;
    /** Names in lower case; several values of one header joined by a comma. */
    final Map<String, String> headers = new TreeMap<>();
    /** Points this call was charged, and the window it was charged in. */
    long cost;
    long window;

    Call(HttpExchange exchange) throws IOException {
        method = exchange.getRequestMethod();
        rawPath = exchange.getRequestURI().getRawPath();
        path = rawPath.replaceFirst("/+$", "").replaceFirst("\\.json$", "");
        rawQuery = exchange.getRequestURI().getRawQuery();
        query = new Query(rawQuery);
        body = exchange.getRequestBody().readAllBytes();
        for (Map.Entry<String, List<String>> header : exchange.getRequestHeaders().entrySet()) {
            headers.put(header.getKey().toLowerCase(Locale.ROOT), String.join(", ", header.getValue()));
        }
    }

    /** Method and path with ids replaced by {@code {id}}. */
    String endpoint() {
        return method + " " + path.replaceAll("/\\d+(?=/|$)", "/{id}");
    }

    /** The page asked for; 1 if none or garbage. */
    long page() {
        return method.equals("GET") ? query.number("page", 1) : 1;
    }

    String bearer() {
        String header = headers.getOrDefault("authorization", "");
        return header.regionMatches(true, 0, "Bearer ", 0, 7) ? header.substring(7).strip() : null;
    }

    String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /** The body as fields, from JSON or a form; empty when there is none. */
    ObjectNode fields() {
        if (body.length == 0) {
            return Json.object();
        }
        // Whoever uses curl sends JSON and calls it a form.
        if (headers.getOrDefault("content-type", "").toLowerCase(Locale.ROOT).contains("form-urlencoded") && !text().startsWith("{")) {
            return new Query(text()).fields();
        }
        if (json() instanceof ObjectNode object) {
            return object;
        }
        throw Refusal.of(400, "The request body must be a JSON object");
    }

    /** The body as JSON. */
    JsonNode json() {
        try {
            return Json.MAPPER.readTree(text());
        } catch (JsonProcessingException e) {
            throw Refusal.of(400, "There was a problem in the JSON you submitted");
        }
    }
}
