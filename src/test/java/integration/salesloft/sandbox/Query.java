package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parameters as {@code a=1&b[]=2&c[gte]=3}, of a query or a form. */
final class Query {

    /** One parameter; {@code key} is null for a plain one, empty for an array, else what stood in the brackets. */
    record Parameter(String name, String key, String value) {
        boolean inArray() {
            return key != null && (key.isEmpty() || key.chars().allMatch(Character::isDigit));
        }
    }

    private static final Pattern NAME = Pattern.compile("([^\\[\\]]+)(?:\\[([^\\[\\]]*)])?.*");

    private final List<Parameter> parameters = new ArrayList<>();

    Query(String raw) {
        if (raw == null || raw.isEmpty()) {
            return;
        }
        for (String part : raw.split("&")) {
            int equals = part.indexOf('=');
            Matcher name = NAME.matcher(decode(equals < 0 ? part : part.substring(0, equals)));
            if (name.matches()) {
                parameters.add(new Parameter(name.group(1), name.group(2),
                        equals < 0 ? "" : decode(part.substring(equals + 1))));
            }
        }
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    List<Parameter> parameters() {
        return parameters;
    }

    /** The last plain value of that name, or null. */
    String one(String name) {
        String found = null;
        for (Parameter parameter : parameters) {
            if (parameter.key() == null && parameter.name().equals(name)) {
                found = parameter.value();
            }
        }
        return found;
    }

    /** A whole number of at least 1, or the standard value when it is anything else. */
    long number(String name, long standard) {
        String value = one(name);
        try {
            long number = value == null ? standard : Long.parseLong(value.strip());
            return number < 1 ? standard : number;
        } catch (NumberFormatException e) {
            return standard;
        }
    }

    /** The parameters as the fields of a form. */
    ObjectNode fields() {
        ObjectNode fields = Json.object();
        for (Parameter parameter : parameters) {
            if (parameter.key() == null) {
                fields.put(parameter.name(), parameter.value());
            } else if (parameter.inArray()) {
                ArrayNode array = fields.path(parameter.name()).isArray()
                        ? (ArrayNode) fields.get(parameter.name()) : fields.putArray(parameter.name());
                array.add(parameter.value());
            } else {
                ObjectNode object = fields.path(parameter.name()).isObject()
                        ? (ObjectNode) fields.get(parameter.name()) : fields.putObject(parameter.name());
                object.put(parameter.key(), parameter.value());
            }
        }
        return fields;
    }
}
