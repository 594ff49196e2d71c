package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * One SalesLoft team: its records, its clock and what a change of one record does to others. Every change is atomic,
 * gets an {@code updated_at} above all earlier ones, and is announced with its event and the record's JSON.
 */
final class Team {

    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final Map<Resource, Table> tables = new EnumMap<>(Resource.class);
    private final BiConsumer<String, byte[]> announce;
    private long clock;

    Team(BiConsumer<String, byte[]> announce) {
        this.announce = announce;
        for (Resource resource : Resource.values()) {
            tables.put(resource, new Table(resource));
        }
    }

    Table table(Resource resource) {
        return tables.get(resource);
    }

    <T> T read(Supplier<T> work) {
        lock.readLock().lock();
        try {
            return work.get();
        } finally {
            lock.readLock().unlock();
        }
    }

    <T> T write(Supplier<T> work) {
        lock.writeLock().lock();
        try {
            return work.get();
        } finally {
            lock.writeLock().unlock();
        }
    }

    ObjectNode get(Resource resource, long id) {
        return read(() -> table(resource).node(id));
    }

    int count(Resource resource) {
        return read(() -> table(resource).size());
    }

    boolean exists(Resource resource, long id) {
        return read(() -> table(resource).get(id) != null);
    }

    /** Creates (no id, or one that is not there yet) or changes a record, without any of the API's validation. */
    ObjectNode put(Resource resource, ObjectNode fields) {
        return write(() -> {
            long id = fields.path("id").asLong();
            if (resource == Resource.CADENCE_MEMBERSHIPS && id == 0) {
                return enroll(fields);
            }
            ObjectNode record = exists(resource, id) ? change(resource, id, fields) : create(resource, fields);
            if (resource == Resource.CADENCE_MEMBERSHIPS) {
                follow(record.path("person").path("id").asLong(), record.path("cadence").path("id").asLong(),
                        record.path("currently_on_cadence").asBoolean());
            }
            return record;
        });
    }

    ObjectNode create(Resource resource, ObjectNode fields) {
        return write(() -> {
            ObjectNode record = Shapes.blank(resource);
            long id = fields.path("id").asLong() != 0 ? fields.get("id").asLong() : table(resource).nextId();
            record.put("id", id);
            Shapes.apply(record, fields);
            stamp(resource, record, fields);
            return stored(resource, record, "created");
        });
    }

    ObjectNode change(Resource resource, long id, ObjectNode fields) {
        return write(() -> {
            ObjectNode record = table(resource).node(id);
            boolean taskWasOpen = resource == Resource.TASKS && !completed(record);
            Shapes.apply(record, fields);
            stamp(resource, record, fields);
            ObjectNode changed = stored(resource, record, "updated");
            if (taskWasOpen && completed(changed)) {
                announce.accept("task_completed", Json.bytes(changed));
            }
            if (resource == Resource.PEOPLE && fields.path("do_not_contact").asBoolean()) {
                memberships(id).forEach(this::leave);
                return table(resource).node(id);
            }
            return changed;
        });
    }

    /** Stores a finished record as it is and announces nothing: how the team is filled at the start. */
    void load(Resource resource, Item item, ObjectNode record) {
        write(() -> {
            table(resource).put(item, record);
            return null;
        });
    }

    /** Gives a record a new {@code updated_at} and announces nothing; answers its JSON, or null without one. */
    byte[] touch(Resource resource, long id) {
        return write(() -> {
            ObjectNode record = table(resource).node(id);
            if (record == null) {
                return null;
            }
            stamp(resource, record, Json.object());
            return store(resource, record).json();
        });
    }

    /** The ids of the records that were changed longest ago. */
    List<Long> oldest(Resource resource, long count) {
        return read(() -> table(resource).byUpdated().values().stream().limit(count).map(Item::id).toList());
    }

    /** Removes a record; false if it is not there. */
    boolean remove(Resource resource, long id) {
        byte[] last = removeQuietly(resource, id);
        String event = resource.event("deleted");
        if (last != null && event != null) {
            announce.accept(event, last);
        }
        return last != null;
    }

    /** Removes a record and announces nothing but what happens to others; answers its last JSON or null. */
    byte[] removeQuietly(Resource resource, long id) {
        return write(() -> {
            if (resource == Resource.PEOPLE) {
                memberships(id).forEach(membership -> change(Resource.CADENCE_MEMBERSHIPS, membership, Json.object()
                        .put("person_deleted", true).put("currently_on_cadence", false)
                        .put("current_state", "removed")));
            } else if (resource == Resource.ACCOUNTS) {
                List.copyOf(table(Resource.PEOPLE).ids("account_id", String.valueOf(id))).forEach(person ->
                        change(Resource.PEOPLE, person, Json.object().putNull("account_id")));
            } else if (resource == Resource.CADENCE_MEMBERSHIPS) {
                leave(id);
            } else if (resource == Resource.CADENCES) {
                List.copyOf(table(Resource.CADENCE_MEMBERSHIPS).ids("cadence_id", String.valueOf(id)))
                        .forEach(this::leave);
            }
            Item removed = table(resource).remove(id);
            return removed == null ? null : removed.json();
        });
    }

    /** The one membership of this person on this cadence, finished or not, or null. */
    ObjectNode membership(long person, long cadence) {
        return read(() -> {
            Set<Long> onCadence = table(Resource.CADENCE_MEMBERSHIPS).ids("cadence_id", String.valueOf(cadence));
            return memberships(person).stream().filter(onCadence::contains).findFirst()
                    .map(id -> table(Resource.CADENCE_MEMBERSHIPS).node(id)).orElse(null);
        });
    }

    /** Puts a person on a cadence: a new membership, or the old one taken up again. */
    ObjectNode enroll(ObjectNode fields) {
        return write(() -> {
            long person = fields.path("person_id").asLong(fields.path("person").path("id").asLong());
            long cadence = fields.path("cadence_id").asLong(fields.path("cadence").path("id").asLong());
            ObjectNode before = membership(person, cadence);
            ObjectNode wanted = fields.deepCopy();
            if (!fields.has("current_state")) {
                wanted.put("current_state", "active").put("currently_on_cadence", true);
            }
            if (!fields.has("added_at") && (before == null || !before.path("currently_on_cadence").asBoolean())) {
                wanted.put("added_at", Moment.utc(Moment.now()));
            }
            ObjectNode after = before == null ? create(Resource.CADENCE_MEMBERSHIPS, wanted)
                    : change(Resource.CADENCE_MEMBERSHIPS, before.get("id").asLong(), wanted);
            follow(person, cadence, after.path("currently_on_cadence").asBoolean());
            return after;
        });
    }

    /** Takes a person off a cadence; the membership stays, as removed. */
    void leave(long membership) {
        write(() -> {
            ObjectNode record = table(Resource.CADENCE_MEMBERSHIPS).node(membership);
            if (record != null && record.path("currently_on_cadence").asBoolean()) {
                change(Resource.CADENCE_MEMBERSHIPS, membership, Json.object()
                        .put("currently_on_cadence", false).put("current_state", "removed"));
                follow(record.path("person").path("id").asLong(), record.path("cadence").path("id").asLong(), false);
            }
            return null;
        });
    }

    private List<Long> memberships(long person) {
        return List.copyOf(table(Resource.CADENCE_MEMBERSHIPS).ids("person_id", String.valueOf(person)));
    }

    /** Keeps a person's own list of cadences in step with the memberships. */
    private void follow(long person, long cadence, boolean on) {
        ObjectNode record = table(Resource.PEOPLE).node(person);
        if (record == null) {
            return;
        }
        List<JsonNode> kept = new ArrayList<>();
        record.path("cadences").forEach(other -> {
            if (other.path("id").asLong() != cadence) {
                kept.add(other);
            }
        });
        ArrayNode cadences = Json.MAPPER.createArrayNode().addAll(kept);
        ObjectNode fields = Json.object();
        if (on) {
            cadences.add(Shapes.reference(Resource.CADENCES, cadence));
            fields.put("most_recent_cadence_id", cadence).put("untouched", false);
        }
        fields.set("cadences", cadences);
        if (!cadences.equals(record.path("cadences"))) {
            change(Resource.PEOPLE, person, fields);
        }
    }

    private void stamp(Resource resource, ObjectNode record, ObjectNode fields) {
        if (!resource.stamped()) {
            return;
        }
        long id = record.get("id").asLong();
        String now = Moment.text(tick(), id);
        record.put("updated_at", given(fields, "updated_at", now));
        if (!record.hasNonNull("created_at") || fields.hasNonNull("created_at")) {
            record.put("created_at", given(fields, "created_at", now));
        }
        clock = Math.max(clock, Moment.parse(record.get("updated_at").asText()));
    }

    private static String given(ObjectNode fields, String name, String otherwise) {
        return fields.hasNonNull(name) ? Moment.normalised(fields.get(name).asText()) : otherwise;
    }

    private ObjectNode stored(Resource resource, ObjectNode record, String change) {
        Item item = store(resource, record);
        String event = resource.event(change);
        if (event != null) {
            announce.accept(event, item.json());
        }
        return record;
    }

    private Item store(Resource resource, ObjectNode record) {
        long updated = resource.stamped() ? Moment.parse(record.get("updated_at").asText()) : tick();
        long created = resource.stamped() ? Moment.parse(record.get("created_at").asText()) : updated;
        Item item = new Item(record.get("id").asLong(), updated, created, Json.bytes(record));
        table(resource).put(item, record);
        return item;
    }

    private long tick() {
        clock = Math.max(Moment.now(), clock + 1);
        return clock;
    }

    private static boolean completed(ObjectNode task) {
        return task.path("current_state").asText().equals("completed");
    }
}
