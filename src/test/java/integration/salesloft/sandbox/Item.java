package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A stored record: its key, its times in microseconds, and its JSON as it goes over the wire. Never changes. */
final class Item {

    private final long id;
    private final long updated;
    private final long created;
    private final byte[] json;
    /** By filter: the record's values. Read out once, when the first list filters by something without an index. */
    private volatile Map<String, List<String>> values;

    Item(long id, long updated, long created, byte[] json) {
        this.id = id;
        this.updated = updated;
        this.created = created;
        this.json = json;
    }

    long id() {
        return id;
    }

    long updated() {
        return updated;
    }

    long created() {
        return created;
    }

    byte[] json() {
        return json;
    }

    Stamp updatedStamp() {
        return new Stamp(updated, id);
    }

    Stamp createdStamp() {
        return new Stamp(created, id);
    }

    List<String> values(Resource resource, String filter) {
        Map<String, List<String>> known = values;
        if (known == null) {
            known = new HashMap<>();
            ObjectNode record = Json.read(json);
            for (Filter each : resource.filters.values()) {
                List<String> found = each.values(record);
                if (!found.isEmpty()) {
                    known.put(each.name(), found);
                }
            }
            values = known;
        }
        return known.getOrDefault(filter, List.of());
    }
}
