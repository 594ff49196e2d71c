package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Answers one list request: reads its filters, order and page, corrects what is out of range without a word, and walks
 * the narrowest order or index there is. Wrong values never fail, except a timestamp that is none: that is a 500.
 */
final class Listing {

    private static final byte[] COMMA = {','};

    private final Table table;
    private final Resource resource;
    private final Query query;
    private final long page;
    private final int perPage;
    private final boolean paged;
    private final boolean incremental;
    private final String sort;
    private final boolean ascending;
    private final ObjectNode applied = Json.object();
    private final Map<String, Set<String>> anyOf = new LinkedHashMap<>();
    private final Map<String, long[]> ranges = new LinkedHashMap<>();
    private final Set<String> asked = new TreeSet<>();
    private Set<Long> ids;

    Listing(Table table, Query query, Settings settings) {
        this.table = table;
        this.resource = table.resource;
        this.query = query;
        incremental = settings.is("incremental") || resource != Resource.TASKS && resource != Resource.STEPS;
        // Users come all at once unless a page is asked for, subscriptions whatever is asked for.
        paged = switch (resource) {
            case USERS -> query.one("page") != null;
            case WEBHOOK_SUBSCRIPTIONS -> settings.is("subscriptionPages");
            default -> true;
        };
        page = paged ? Math.min(query.number("page", 1), 1_000_000_000L) : 1;
        perPage = paged ? (int) Math.min(100, query.number("per_page", 25)) : Integer.MAX_VALUE - 1;
        String wanted = query.one("sort_by");
        sort = wanted != null && (wanted.equals("id") || resource.sorts.containsKey(wanted) && (incremental || resource != Resource.TASKS || !wanted.equals("updated_at"))) ? wanted
                : resource.defaultSort;
        String direction = query.one("sort_direction");
        ascending = "ASC".equalsIgnoreCase(direction)
                || !"DESC".equalsIgnoreCase(direction) && resource.defaultDirection.equals("ASC");
        for (Query.Parameter parameter : query.parameters()) {
            read(parameter);
        }
        if (!settings.text("echo").equals("all")) {
            applied.retain(settings.text("echo"));
        }
    }

    private void read(Query.Parameter parameter) {
        if (parameter.name().equals("ids") && (parameter.key() == null || parameter.inArray())) {
            ids = ids == null ? new TreeSet<>() : ids;
            ids.add(parameter.value().matches("\\d{1,18}") ? Long.parseLong(parameter.value()) : 0);
            echo("ids", parameter.value());
            return;
        }
        if (parameter.name().equals("scoped_fields")) {
            asked.addAll(List.of(parameter.value().split(",")));
            return;
        }
        Filter filter = resource.filters.get(parameter.name());
        if (filter == null || !incremental && filter.name().equals("updated_at")) {
            return;
        }
        switch (filter.kind()) {
            case MANY -> {
                if (parameter.key() == null || parameter.inArray()) {
                    anyOf.computeIfAbsent(filter.name(), name -> new TreeSet<>())
                            .add(filter.normalise(parameter.value()));
                    echo(filter.name(), parameter.value());
                }
            }
            case ONE -> {
                if (parameter.key() == null) {
                    anyOf.put(filter.name(), Set.of(filter.normalise(parameter.value())));
                    applied.put(filter.name(), parameter.value());
                }
            }
            case FLAG -> {
                if (parameter.key() == null && parameter.value().matches("true|false")) {
                    anyOf.put(filter.name(), Set.of(parameter.value()));
                    applied.put(filter.name(), parameter.value().equals("true"));
                }
            }
            case RANGE -> range(filter.name(), parameter);
            default -> { }
        }
    }

    private void range(String name, Query.Parameter parameter) {
        if (parameter.key() == null || !parameter.key().matches("gte?|lte?")) {
            return;
        }
        long moment;
        try {
            moment = Moment.parse(parameter.value());
        } catch (DateTimeException e) {
            throw Refusal.internal();
        }
        long[] bounds = ranges.computeIfAbsent(name, any -> new long[] {Long.MIN_VALUE, Long.MAX_VALUE});
        switch (parameter.key()) {
            case "gt" -> bounds[0] = Math.max(bounds[0], moment + 1);
            case "gte" -> bounds[0] = Math.max(bounds[0], moment);
            case "lt" -> bounds[1] = Math.min(bounds[1], moment - 1);
            default -> bounds[1] = Math.min(bounds[1], moment);
        }
        ObjectNode echo = applied.path(name).isObject() ? (ObjectNode) applied.get(name) : applied.putObject(name);
        echo.put(parameter.key(), Moment.utc(moment));
    }

    private void echo(String name, String value) {
        ArrayNode values = applied.path(name).isArray() ? (ArrayNode) applied.get(name) : applied.putArray(name);
        if (name.endsWith("ids") && value.matches("\\d{1,18}")) {
            values.add(Long.parseLong(value));
        } else {
            values.add(value);
        }
    }

    /** The answer's body. To be called under the team's read lock. */
    byte[] body() {
        boolean counted = "true".equals(query.one("include_paging_counts"));
        long from = (page - 1) * perPage;
        List<Item> items = new ArrayList<>();
        long matched = 0;
        Collection<Item> walk = walk();
        List<Predicate<Item>> tests = tests();
        if (tests.isEmpty() && counted) {
            matched = walk.size();
        }
        long seen = 0;
        for (Item item : walk) {
            if (!passes(item, tests)) {
                continue;
            }
            if (seen >= from && items.size() <= perPage) {
                items.add(item);
            }
            seen++;
            if (items.size() > perPage && !(counted && !tests.isEmpty())) {
                break;
            }
        }
        boolean more = items.size() > perPage;
        return body(more ? items.subList(0, perPage) : items, more, counted ? Math.max(matched, seen) : -1);
    }

    private static boolean passes(Item item, List<Predicate<Item>> tests) {
        for (Predicate<Item> test : tests) {
            if (!test.test(item)) {
                return false;
            }
        }
        return true;
    }

    private Collection<Item> walk() {
        Set<Long> candidates = candidates();
        if (candidates != null) {
            return candidates.stream().map(table::get).filter(Objects::nonNull).sorted(order()).toList();
        }
        return switch (sort) {
            case "updated_at" -> walk(table.byUpdated(), "updated_at");
            case "created_at" -> walk(table.byCreated(), "created_at");
            case "id" -> (ascending ? table.byId() : table.byId().descendingMap()).values();
            default -> table.byId().values().stream().sorted(order()).toList();
        };
    }

    private Collection<Item> walk(NavigableMap<Stamp, Item> order, String range) {
        long[] bounds = ranges.remove(range);
        NavigableMap<Stamp, Item> part = bounds == null ? order
                : bounds[0] > bounds[1] ? new TreeMap<>()
                : order.subMap(new Stamp(bounds[0], Long.MIN_VALUE), true, new Stamp(bounds[1], Long.MAX_VALUE), true);
        return (ascending ? part : part.descendingMap()).values();
    }

    /** The ids an exact filter leaves over, or null if there is no such filter; that filter is then done with. */
    private Set<Long> candidates() {
        if (ids != null) {
            return ids;
        }
        for (Map.Entry<String, Set<String>> filter : anyOf.entrySet()) {
            if (resource.filters.get(filter.getKey()).indexed() && !filter.getValue().contains("_is_null")) {
                Set<Long> found = table.ids(filter.getKey(), filter.getValue());
                anyOf.remove(filter.getKey());
                return found;
            }
        }
        return null;
    }

    private List<Predicate<Item>> tests() {
        List<Predicate<Item>> tests = new ArrayList<>();
        ranges.forEach((name, bounds) -> tests.add(switch (name) {
            case "updated_at" -> item -> item.updated() >= bounds[0] && item.updated() <= bounds[1];
            case "created_at" -> item -> item.created() >= bounds[0] && item.created() <= bounds[1];
            default -> item -> item.values(resource, name).stream()
                    .mapToLong(Moment::parse).anyMatch(time -> time >= bounds[0] && time <= bounds[1]);
        }));
        if (!anyOf.isEmpty()) {
            tests.add(this::hasValues);
        }
        return tests;
    }

    private boolean hasValues(Item item) {
        return anyOf.entrySet().stream().allMatch(filter -> {
            List<String> values = item.values(resource, filter.getKey());
            return values.isEmpty() ? filter.getValue().contains("_is_null")
                    : values.stream().anyMatch(filter.getValue()::contains);
        });
    }

    private Comparator<Item> order() {
        Comparator<Item> order = switch (sort) {
            case "updated_at" -> Comparator.comparing(Item::updatedStamp);
            case "created_at" -> Comparator.comparing(Item::createdStamp);
            case "id" -> Comparator.comparing(Item::id);
            default -> byField(resource.sorts.get(sort));
        };
        return ascending ? order : order.reversed();
    }

    private static Comparator<Item> byField(String field) {
        Map<Long, Comparable<Object>> keys = new HashMap<>();
        return Comparator.<Item, Comparable<Object>>comparing(
                item -> keys.computeIfAbsent(item.id(), id -> key(Json.read(item.json()), field)),
                Comparator.nullsFirst(Comparator.naturalOrder())).thenComparing(Item::id);
    }

    @SuppressWarnings("unchecked")
    private static Comparable<Object> key(ObjectNode record, String field) {
        String text = record.path(field).asText(null);
        boolean time = field.endsWith("_at") || field.endsWith("_time") || field.endsWith("_date");
        return (Comparable<Object>) (Comparable<?>) (text == null ? null : time ? (Object) Moment.parse(text) : text);
    }

    private byte[] body(List<Item> items, boolean more, long total) {
        ObjectNode metadata = Json.object();
        metadata.set("filtering", applied);
        if (paged) {
            ObjectNode paging = metadata.putObject("paging").put("per_page", perPage).put("current_page", page);
            paging.put("next_page", more ? page + 1 : null).put("prev_page", page > 1 ? page - 1 : null);
            if (total >= 0) {
                long shown = "true".equals(query.one("limit_paging_counts")) ? Math.min(10_000, total) : total;
                paging.put("total_pages", (shown + perPage - 1) / perPage).put("total_count", shown);
            }
        }
        metadata.putObject("sorting").put("sort_by", sort)
                .put("sort_direction", ascending ? "ASC NULLS FIRST" : "DESC NULLS LAST");
        byte[] head = Json.bytes(metadata);
        byte[] open = "{\"metadata\":".getBytes();
        byte[] data = ",\"data\":[".getBytes();
        byte[] end = "]}".getBytes();
        int length = open.length + head.length + data.length + end.length + Math.max(0, items.size() - 1);
        List<byte[]> records = items.stream().map(this::shown).toList();
        for (byte[] record : records) {
            length += record.length;
        }
        byte[] body = new byte[length];
        int at = append(body, append(body, append(body, 0, open), head), data);
        for (int i = 0; i < records.size(); i++) {
            at = append(body, i == 0 ? at : append(body, at, COMMA), records.get(i));
        }
        append(body, at, end);
        return body;
    }

    /** The content of an e-mail is shown to who asks for it, field by field. */
    private byte[] shown(Item item) {
        return resource == Resource.EMAILS ? Shapes.withoutContent(item.json(), asked::contains) : item.json();
    }

    private static int append(byte[] body, int at, byte[] part) {
        System.arraycopy(part, 0, body, at, part.length);
        return at + part.length;
    }
}
