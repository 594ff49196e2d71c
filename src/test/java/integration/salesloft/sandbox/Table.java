package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The records of one resource with the orders and indexes a list walks. Guarded by the team's lock. */
final class Table {

    final Resource resource;
    private final TreeMap<Long, Item> byId = new TreeMap<>();
    private final TreeMap<Stamp, Item> byUpdated = new TreeMap<>();
    private final TreeMap<Stamp, Item> byCreated = new TreeMap<>();
    private final Map<String, Map<String, TreeSet<Long>>> indexes = new HashMap<>();
    private final Set<Long> removed = new HashSet<>();
    private long lastId;

    Table(Resource resource) {
        this.resource = resource;
        this.lastId = resource.firstId;
        resource.filters.values().stream().filter(Filter::indexed)
                .forEach(filter -> indexes.put(filter.name(), new HashMap<>()));
    }

    long nextId() {
        return ++lastId;
    }

    int size() {
        return byId.size();
    }

    Item get(long id) {
        return byId.get(id);
    }

    ObjectNode node(long id) {
        Item item = byId.get(id);
        return item == null ? null : Json.read(item.json());
    }

    boolean wasRemoved(long id) {
        return removed.contains(id);
    }

    void put(Item item, ObjectNode node) {
        Item old = byId.put(item.id(), item);
        if (old != null) {
            forget(old);
        }
        lastId = Math.max(lastId, item.id());
        removed.remove(item.id());
        byUpdated.put(item.updatedStamp(), item);
        byCreated.put(item.createdStamp(), item);
        indexes.forEach((name, index) -> resource.filters.get(name).values(node)
                .forEach(value -> index.computeIfAbsent(value, v -> new TreeSet<>()).add(item.id())));
    }

    Item remove(long id) {
        Item old = byId.remove(id);
        if (old != null) {
            forget(old);
            removed.add(id);
        }
        return old;
    }

    private void forget(Item old) {
        byUpdated.remove(old.updatedStamp());
        byCreated.remove(old.createdStamp());
        ObjectNode node = indexes.isEmpty() ? null : Json.read(old.json());
        indexes.forEach((name, index) -> resource.filters.get(name).values(node)
                .forEach(value -> index.computeIfPresent(value, (v, ids) -> {
                    ids.remove(old.id());
                    return ids.isEmpty() ? null : ids;
                })));
    }

    NavigableMap<Long, Item> byId() {
        return byId;
    }

    NavigableMap<Stamp, Item> byUpdated() {
        return byUpdated;
    }

    NavigableMap<Stamp, Item> byCreated() {
        return byCreated;
    }

    /** The ids whose indexed field has this (normalised) value. */
    Set<Long> ids(String filter, String value) {
        return indexes.get(filter).getOrDefault(value, new TreeSet<>());
    }

    /** The ids that may be asked for by any of these values, in order. */
    Set<Long> ids(String filter, Iterable<String> values) {
        Set<Long> found = new TreeSet<>();
        values.forEach(value -> found.addAll(ids(filter, value)));
        return Collections.unmodifiableSet(found);
    }
}
