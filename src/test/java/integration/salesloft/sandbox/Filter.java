package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A filter that a list accepts: its name, the values it takes and the field of the record it looks at. */
record Filter(String name, Kind kind, boolean indexed, String... field) {

    enum Kind {
        /** {@code name[]=a&name[]=b} or {@code name=a}. */
        MANY,
        /** {@code name=a} only: an array is ignored, as an unknown filter is. */
        ONE,
        /** {@code true} or {@code false}; anything else is ignored. */
        FLAG,
        /** {@code name[gt|gte|lt|lte]=timestamp}. */
        RANGE,
        /** Not to be asked for; an index for the sandbox itself. */
        INTERNAL
    }

    static Filter many(String name, String... field) {
        return new Filter(name, Kind.MANY, false, field);
    }

    static Filter one(String name, String... field) {
        return new Filter(name, Kind.ONE, false, field);
    }

    static Filter flag(String name, String... field) {
        return new Filter(name, Kind.FLAG, false, field);
    }

    static Filter range(String name, String... field) {
        return new Filter(name, Kind.RANGE, false, field.length == 0 ? new String[] {name} : field);
    }

    static Filter internal(String name) {
        return new Filter(name, Kind.INTERNAL, true, name);
    }

    Filter index() {
        return new Filter(name, kind, true, field);
    }

    /** What a value and a filter are compared by: e-mail addresses, domains and what a note is of know no case. */
    String normalise(String value) {
        return name.startsWith("email") || name.equals("domain") || name.equals("associated_with_type") ? value.strip().toLowerCase(Locale.ROOT) : value;
    }

    /** The record's values for this filter; empty when the field is null. */
    List<String> values(JsonNode record) {
        List<String> found = new ArrayList<>(1);
        collect(record, 0, found);
        return found;
    }

    private void collect(JsonNode node, int depth, List<String> found) {
        if (node.isArray()) {
            node.forEach(element -> collect(element, depth, found));
        } else if (depth < field.length) {
            collect(node.path(field[depth]), depth + 1, found);
        } else if (!node.isNull() && !node.isMissingNode()) {
            found.add(normalise(node.asText()));
        }
    }
}
