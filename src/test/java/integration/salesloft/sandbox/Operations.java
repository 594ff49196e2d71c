package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.yaml.snakeyaml.Yaml;

/**
 * Refuses what SalesLoft's description does not have: an operation, a parameter or a field that is unknown, has another type, or
 * is missing. SalesLoft itself ignores most of that without a word; a request that only works by luck is found here.
 */
final class Operations {

    private static final String TABLE = "/sandbox/operations.yaml";
    private static final String REQUIRED = "!";
    private static final Map<String, Map<String, Map<String, Object>>> ALL = read();

    private Operations() {
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Map<String, Map<String, Object>>> read() {
        try (InputStream table = Operations.class.getResourceAsStream(TABLE)) {
            Map<String, Object> read = new Yaml().load(table);
            Map<String, Map<String, Map<String, Object>>> operations = new LinkedHashMap<>((Map<String, Map<String, Map<String, Object>>>) read.get("operations"));
            operations.putAll(PlainLists.operations());
            return operations;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each operation the sandbox knows, as the table has it. */
    static Map<String, Map<String, Map<String, Object>>> all() {
        return ALL;
    }

    /**
     * Lets a call pass that the description has.
     *
     * @throws Refusal 404, 405, 400 (the query) or 422 (the body); its message names what is wrong
     */
    static void check(Call call) {
        Map<String, Map<String, Object>> operation = ALL.get(call.endpoint());
        if (operation == null) {
            String path = call.endpoint().substring(call.method.length());
            throw ALL.keySet().stream().anyMatch(other -> other.substring(other.indexOf(' ')).equals(path)) ? Refusal.methodNotAllowed() : Refusal.notFound();
        }
        Map<String, Object> parameters = operation.getOrDefault("query", Map.of());
        Set<String> given = new HashSet<>();
        for (Query.Parameter parameter : call.query.parameters()) {
            String type = type(parameters.get(parameter.name()));
            if (type == null) {
                throw Refusal.of(400, "unknown parameter: " + parameter.name());
            }
            if (!fits(type, parameter)) {
                throw Refusal.of(400, "parameter " + parameter.name() + " must be " + type);
            }
            given.add(parameter.name());
        }
        Map<String, Object> fields = operation.getOrDefault("body", Map.of());
        ObjectNode body = call.method.equals("GET") ? Json.object() : call.fields();
        // Where the description has parameters and no body, servers take them from a body too.
        checkFields(fields.isEmpty() ? parameters : fields, body, given);
        (fields.isEmpty() || call.method.equals("GET") ? parameters : fields).forEach((name, type) -> {
            if (String.valueOf(type).endsWith(REQUIRED) && !given.contains(name)) {
                throw invalid(name, "is missing");
            }
        });
    }

    /** What an upsert may hold. */
    static void checkUpsert(ObjectNode record) {
        checkFields(ALL.get("POST /v2/person_upserts").get("body"), record, new HashSet<>());
    }

    private static void checkFields(Map<String, Object> described, ObjectNode body, Set<String> given) {
        body.fields().forEachRemaining(field -> {
            String type = type(described.get(field.getKey()));
            if (type == null) {
                throw invalid(field.getKey(), "is unknown");
            }
            if (!fits(type, field.getValue())) {
                throw invalid(field.getKey(), "must be " + type);
            }
            given.add(field.getKey());
        });
    }

    private static Refusal invalid(String field, String problem) {
        return Refusal.invalid(Json.object().set(field, Json.MAPPER.createArrayNode().add(problem)));
    }

    /** As the table has it, without the mark of what must be there; null when it does not have it. */
    private static String type(Object described) {
        return described == null ? null : described.toString().replace(REQUIRED, "");
    }

    private static boolean fits(String type, Query.Parameter parameter) {
        if (type.startsWith("[")) {
            return (parameter.key() == null || parameter.inArray()) && isScalar(type.substring(1, type.length() - 1), parameter.value());
        }
        if (type.equals("range")) {
            return parameter.key() != null && parameter.key().matches("gte?|lte?") && isInstant(parameter.value());
        }
        if (type.equals("after")) {
            return "gt".equals(parameter.key()) && isScalar("integer", parameter.value());
        }
        return parameter.key() == null && isScalar(type, parameter.value());
    }

    private static boolean isScalar(String type, String value) {
        return switch (type) {
            case "integer" -> value.matches("\\d{1,18}");
            case "boolean" -> value.matches("true|false");
            case "string" -> true;
            default -> List.of(type.split("\\|")).containsAll(List.of(value.split(",")));
        };
    }

    private static boolean isInstant(String value) {
        try {
            Moment.parse(value);
            return true;
        } catch (DateTimeException e) {
            return false;
        }
    }

    /** Null clears a field of any type. */
    private static boolean fits(String type, JsonNode value) {
        return value.isNull() || switch (type) {
            case "integer" -> value.isIntegralNumber();
            case "boolean" -> value.isBoolean();
            case "string" -> value.isTextual();
            case "object" -> value.isObject();
            case "[object]" -> value.isArray() && Arrays.stream(Json.MAPPER.convertValue(value, Object[].class)).allMatch(Map.class::isInstance);
            default -> value.isArray() && Arrays.stream(Json.MAPPER.convertValue(value, Object[].class)).allMatch(String.class::isInstance);
        };
    }
}
