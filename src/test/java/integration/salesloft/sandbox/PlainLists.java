package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.yaml.snakeyaml.Yaml;

/**
 * The lists that are told by a table alone ({@code lists.yaml}): their records, and the answers to whoever asks for them. They can be
 * read, and changed by {@link Sandbox#put}; nothing that happens to them happens to others.
 */
final class PlainLists {

    private static final String TABLE = "/sandbox/lists.yaml";
    private static final long FIRST_ID = 700_000;
    private static final Map<String, Map<String, Object>> ALL = read();

    private final Map<String, Map<String, ObjectNode>> records = new LinkedHashMap<>();

    PlainLists(int count, long until) {
        ALL.forEach((path, list) -> {
            records.put(path, new LinkedHashMap<>());
            List<?> given = (List<?>) list.get("records");
            for (int i = 0; i < (given == null ? count : given.size()); i++) {
                ObjectNode record = given == null ? made(path, i) : Json.MAPPER.valueToTree(given.get(i));
                put(path, record, until - Moment.DAY + i * 60 * Moment.SECOND);
            }
        });
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Map<String, Object>> read() {
        try (InputStream table = PlainLists.class.getResourceAsStream(TABLE)) {
            Map<String, Object> read = new Yaml().load(table);
            return (Map<String, Map<String, Object>>) read.get("lists");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static boolean has(String path) {
        return ALL.containsKey(path);
    }

    /** The path of a resource, such as {@code action_details/call_instructions} of {@code call_instructions}; null when it is not one of these. */
    static String path(String resource) {
        return ALL.keySet().stream().filter(path -> path.equals(resource) || path.endsWith("/" + resource)).findFirst().orElse(null);
    }

    /** Each as an operation of the API, as {@link Operations} has them. */
    static Map<String, Map<String, Map<String, Object>>> operations() {
        Map<String, Map<String, Map<String, Object>>> operations = new LinkedHashMap<>();
        ALL.forEach((path, list) -> {
            Map<String, Object> query = new LinkedHashMap<>(Map.of("per_page", "integer", "page", "integer", "include_paging_counts", "boolean", "sort_direction", "ASC|DESC"));
            query.putAll(query(path));
            operations.put("GET /v2/" + path, Map.of("query", query));
        });
        return operations;
    }

    /** What of a list SalesLoft's description does not have: names of parameters, or {@code all}. */
    static Object beyond(String path) {
        return ALL.getOrDefault(path, Map.of()).get("beyond");
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> query(String path) {
        return (Map<String, Object>) ALL.get(path).getOrDefault("query", Map.of());
    }

    private static boolean is(String path, String flag) {
        return !Boolean.FALSE.equals(ALL.get(path).get(flag));
    }

    @SuppressWarnings("unchecked")
    private static ObjectNode made(String path, int i) {
        ObjectNode record = Json.object();
        ((Map<String, String>) ALL.get(path).get("fields")).forEach((field, type) -> {
            switch (type) {
                case "text" -> record.put(field, field + " " + (i + 1));
                case "number" -> record.put(field, i + 1);
                case "boolean" -> record.put(field, i % 2 == 0);
                case "instant" -> record.put(field, "2026-01-01T00:00:00.%06dZ".formatted(i));
                case "date" -> record.put(field, "2026-02-%02d".formatted(1 + i % 28));
                case "json" -> record.putObject(field).put("n", i);
                default -> record.set(field, Shapes.reference(Resource.of(type), Resource.of(type).firstId + 1));
            }
        });
        return record;
    }

    private static String id(String path, int n) {
        return "uuid".equals(ALL.get(path).get("ids")) ? UUID.nameUUIDFromBytes((path + n).getBytes(StandardCharsets.UTF_8)).toString() : String.valueOf(FIRST_ID + n);
    }

    /** Creates a record, or changes the one with its id; {@code updated_at} becomes now, unless it is given. */
    synchronized ObjectNode put(String path, ObjectNode fields, long now) {
        Map<String, ObjectNode> table = records.get(path);
        String id = fields.hasNonNull("id") ? fields.get("id").asText() : id(path, table.size() + 1);
        ObjectNode record = Json.object();
        if (id.matches("\\d{1,18}")) {
            record.put("id", Long.parseLong(id));
        } else {
            record.put("id", id);
        }
        if (is(path, "dated")) {
            record.put("created_at", Moment.utc(now)).put("updated_at", Moment.utc(now));
        }
        ObjectNode before = table.get(id.toLowerCase(Locale.ROOT));
        if (before != null) {
            before.properties().stream().filter(field -> !field.getKey().equals("updated_at")).forEach(field -> record.set(field.getKey(), field.getValue()));
        }
        fields.properties().stream().filter(field -> !field.getKey().equals("id")).forEach(field -> record.set(field.getKey(), field.getValue()));
        table.put(id.toLowerCase(Locale.ROOT), record);
        return record.deepCopy();
    }

    synchronized void remove(String path, String id) {
        records.get(path).remove(id.toLowerCase(Locale.ROOT));
    }

    synchronized int count(String path) {
        return records.get(path).size();
    }

    /** Answers a list; what is asked for that it does not know is ignored. */
    synchronized ObjectNode answer(String path, Query query) {
        Set<String> ids = new TreeSet<>();
        ObjectNode applied = Json.object();
        long[] bounds = {Long.MIN_VALUE, Long.MAX_VALUE};
        for (Query.Parameter parameter : query.parameters()) {
            if (parameter.name().equals("ids") && query(path).containsKey("ids")) {
                ids.add(parameter.value().toLowerCase(Locale.ROOT));
                applied.withArray("/ids").add(parameter.value());
            } else if (parameter.name().equals("updated_at") && query(path).containsKey("updated_at") && parameter.key() != null) {
                bound(bounds, parameter);
                applied.withObject("/updated_at").put(parameter.key(), Moment.utc(instant(parameter.value())));
            }
        }
        List<String> sorts = List.of(String.valueOf(query(path).getOrDefault("sort_by", "id")).split("\\|"));
        String sort = sorts.stream().filter(key -> key.equals(query.one("sort_by"))).findFirst().orElse(sorts.get(0));
        boolean ascending = "ASC".equalsIgnoreCase(query.one("sort_direction"));
        Comparator<ObjectNode> order = Comparator.comparing(record -> key(record, sort));
        List<ObjectNode> found = new ArrayList<>(records.get(path).values().stream()
                .filter(record -> ids.isEmpty() || ids.contains(record.get("id").asText().toLowerCase(Locale.ROOT)))
                .filter(record -> !record.hasNonNull("updated_at") || within(bounds, instant(record.get("updated_at").asText())))
                .sorted(ascending ? order : order.reversed()).toList());
        ObjectNode metadata = Json.object();
        metadata.set("filtering", applied);
        List<ObjectNode> shown = found;
        if (is(path, "paged")) {
            int perPage = (int) Math.min(100, query.number("per_page", 25));
            long page = query.number("page", 1);
            int from = (int) Math.min(found.size(), (page - 1) * perPage);
            shown = found.subList(from, Math.min(found.size(), from + perPage));
            ObjectNode paging = metadata.putObject("paging").put("per_page", perPage).put("current_page", page)
                    .put("next_page", from + perPage < found.size() ? page + 1 : null).put("prev_page", page > 1 ? page - 1 : null);
            if ("true".equals(query.one("include_paging_counts"))) {
                paging.put("total_count", found.size()).put("total_pages", (found.size() + perPage - 1) / perPage);
            }
        }
        metadata.putObject("sorting").put("sort_by", sort).put("sort_direction", ascending ? "ASC NULLS FIRST" : "DESC NULLS LAST");
        ObjectNode answer = Json.object();
        answer.set("metadata", metadata);
        ArrayNode data = answer.putArray("data");
        shown.forEach(data::add);
        return answer;
    }

    private static String key(ObjectNode record, String sort) {
        JsonNode value = record.path(sort);
        return value.isNumber() ? "%020d".formatted(value.asLong()) : sort.endsWith("_at") && value.isTextual() ? "%020d".formatted(instant(value.asText())) : value.asText();
    }

    private static void bound(long[] bounds, Query.Parameter parameter) {
        long moment = instant(parameter.value());
        switch (parameter.key()) {
            case "gt" -> bounds[0] = Math.max(bounds[0], moment + 1);
            case "gte" -> bounds[0] = Math.max(bounds[0], moment);
            case "lt" -> bounds[1] = Math.min(bounds[1], moment - 1);
            default -> bounds[1] = Math.min(bounds[1], moment);
        }
    }

    private static boolean within(long[] bounds, long moment) {
        return moment >= bounds[0] && moment <= bounds[1];
    }

    private static long instant(String text) {
        try {
            return Moment.parse(text);
        } catch (DateTimeException e) {
            throw Refusal.internal();
        }
    }
}
