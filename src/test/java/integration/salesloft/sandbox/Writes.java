package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** What the API lets one write: the fields that count, and what makes it answer 422. */
final class Writes {

    private static final Pattern EMAIL = Pattern.compile("[^@\\s<>\"]+@[^@\\s<>\".]+(\\.[^@\\s<>\".]+)+");
    private static final String TAKEN = "has already been taken";
    private static final String BLANK = "can't be blank";

    private static final Set<String> PERSON = Set.of("account_id", "city", "contact_restrictions", "country", "crm_id",
            "custom_fields", "do_not_contact", "email_address", "first_name", "home_phone", "import_id",
            "job_seniority", "last_name", "linkedin_url", "locale", "mobile_phone", "owner_id",
            "person_company_industry", "person_company_name", "person_company_website", "person_stage_id",
            "personal_email_address", "personal_website", "phone", "phone_extension", "secondary_email_address",
            "state", "tags", "title", "twitter_handle", "work_city", "work_country", "work_state");
    private static final Set<String> ACCOUNT = Set.of("city", "company_type", "conversational_name", "country", "crm_id",
            "custom_fields", "description", "do_not_contact", "domain", "founded", "industry", "linkedin_url",
            "locale", "name", "owner_id", "phone", "postal_code", "revenue_range", "size", "state", "street", "tags",
            "twitter_handle", "website");
    /** With the key, SalesLoft's own of a task, which keeps a second one out. */
    private static final Set<String> TASK = Set.of("current_state", "description", "due_date", "idempotency_key", "person_id", "remind_at",
            "subject", "task_type", "user_id");

    private final Team team;
    private final Stats stats;
    private final Supplier<Settings> settings;

    Writes(Team team, Stats stats, Supplier<Settings> settings) {
        this.team = team;
        this.stats = stats;
        this.settings = settings;
    }

    ObjectNode create(Resource resource, ObjectNode sent) {
        return team.write(() -> switch (resource) {
            case PEOPLE -> createPerson(sent);
            case ACCOUNTS -> createAccount(sent);
            case CADENCE_MEMBERSHIPS -> enroll(sent);
            case NOTES -> createNote(sent);
            case TASKS -> createTask(sent);
            case WEBHOOK_SUBSCRIPTIONS -> subscribe(sent);
            default -> throw Refusal.methodNotAllowed();
        });
    }

    ObjectNode update(Resource resource, long id, ObjectNode sent) {
        return team.write(() -> {
            ObjectNode before = team.get(resource, id);
            if (before == null) {
                throw Refusal.notFound();
            }
            ObjectNode fields = switch (resource) {
                case PEOPLE -> {
                    ObjectNode kept = only(PERSON, sent);
                    checkPerson(merged(before, kept), kept, id);
                    yield kept;
                }
                case ACCOUNTS -> {
                    ObjectNode kept = only(ACCOUNT, sent);
                    checkAccount(merged(before, kept), kept, id);
                    yield kept;
                }
                case NOTES -> only(Set.of("content", "call_id"), sent);
                case TASKS -> {
                    ObjectNode kept = only(TASK, sent);
                    if (kept.path("current_state").asText().equals("completed")) {
                        kept.put("completed_at", Moment.utc(Moment.now()));
                    }
                    yield kept;
                }
                case WEBHOOK_SUBSCRIPTIONS -> only(Set.of("enabled", "callback_url", "callback_token"), sent);
                default -> throw Refusal.methodNotAllowed();
            };
            return team.change(resource, id, fields);
        });
    }

    /** Deletes, or for a membership takes the person off the cadence; again is fine, an id that never was is not. */
    void delete(Resource resource, long id) {
        team.write(() -> {
            if (resource == Resource.CADENCE_MEMBERSHIPS && team.exists(resource, id)) {
                team.leave(id);
            } else if (!team.remove(resource, id) && !team.table(resource).wasRemoved(id)) {
                throw Refusal.notFound();
            }
            return null;
        });
    }

    /** Creates or updates what {@code upsert_key} finds; more than one match is refused. */
    ObjectNode upsert(Resource resource, String kind, ObjectNode sent) {
        return team.write(() -> {
            String key = sent.path("upsert_key").asText();
            Set<Long> found = new LinkedHashSet<>();
            String value = sent.path(key).asText("");
            if (value.isEmpty() && Set.of("id", "crm_id", "email_address", "domain").contains(key)) {
                throw error(key, "is missing");
            }
            if (key.equals("crm_id") && resource == Resource.PEOPLE && !sent.hasNonNull("crm_id_type")) {
                throw error("crm_id_type", "is missing");
            }
            switch (resource.name() + " " + key) {
                case "PEOPLE id", "ACCOUNTS id" -> {
                    if (!team.exists(resource, sent.path("id").asLong())) {
                        throw Refusal.notFound();
                    }
                    found.add(sent.path("id").asLong());
                }
                case "PEOPLE email_address" -> found.addAll(indexed(resource, "email_addresses", value));
                case "ACCOUNTS domain" -> found.addAll(indexed(resource, "domain", value));
                case "PEOPLE crm_id", "ACCOUNTS crm_id" -> found.addAll(indexed(resource, "crm_id", value));
                default -> throw error("upsert_key", "is not included in the list");
            }
            if (found.size() > 1) {
                throw error(key, "matches several records");
            }
            if (sent.hasNonNull("id") && !key.equals("id") && !found.isEmpty() && !found.contains(sent.path("id").asLong())) {
                throw error("id", "is another record's");
            }
            ObjectNode record = found.isEmpty() ? create(resource, sent)
                    : update(resource, found.iterator().next(), sent);
            ObjectNode result = Json.object();
            result.set(kind, record);
            return result.put("upsert_type", found.isEmpty() ? "create" : "update");
        });
    }

    private ObjectNode createPerson(ObjectNode sent) {
        ObjectNode fields = only(PERSON, sent);
        ObjectNode merged = merged(Shapes.blank(Resource.PEOPLE), fields);
        boolean duplicate = checkPerson(merged, fields, 0);
        if (!fields.hasNonNull("owner_id")) {
            fields.put("owner_id", me());
        }
        JsonNode account = team.table(Resource.ACCOUNTS).node(fields.path("account_id").asLong());
        if (account != null && !fields.has("person_company_name")) {
            fields.set("person_company_name", account.path("name"));
        }
        if (duplicate) {
            stats.duplicate("people");
        }
        return team.create(Resource.PEOPLE, fields);
    }

    /** Whether the person is a second one with that e-mail address, on a team that allows it. */
    private boolean checkPerson(ObjectNode person, ObjectNode fields, long self) {
        ObjectNode errors = Json.object();
        String email = person.path("email_address").asText("");
        String phone = person.path("phone").asText("");
        String lastName = person.path("last_name").asText("");
        boolean taken = false;
        if (!email.isEmpty() && !EMAIL.matcher(email).matches()) {
            add(errors, "email_address", "is invalid");
        } else if (!email.isEmpty()) {
            taken = (self == 0 || fields.has("email_address"))
                    && others(indexed(Resource.PEOPLE, "email_addresses", email), self);
            if (taken && settings.get().is("uniqueEmails")) {
                add(errors, "email_address", TAKEN);
            }
        } else if (phone.isEmpty() || lastName.isEmpty()) {
            add(errors, "base", "Either email_address or phone and last_name must be provided");
        } else if (team.table(Resource.PEOPLE).ids("phone", phone).stream().filter(id -> id != self)
                .map(id -> team.get(Resource.PEOPLE, id))
                .anyMatch(other -> other.path("last_name").asText("").equalsIgnoreCase(lastName))) {
            add(errors, "phone", TAKEN);
        }
        refer(errors, fields, Resource.ACCOUNTS, "account_id");
        refer(errors, fields, Resource.USERS, "owner_id");
        refer(errors, fields, Resource.PERSON_STAGES, "person_stage_id");
        refuse(errors);
        return taken;
    }

    private ObjectNode createAccount(ObjectNode sent) {
        ObjectNode fields = only(ACCOUNT, sent);
        checkAccount(merged(Shapes.blank(Resource.ACCOUNTS), fields), fields, 0);
        if (!fields.hasNonNull("owner_id")) {
            fields.put("owner_id", me());
        }
        return team.create(Resource.ACCOUNTS, fields.put("creator_id", me()));
    }

    private void checkAccount(ObjectNode account, ObjectNode fields, long self) {
        ObjectNode errors = Json.object();
        String domain = account.path("domain").asText("");
        required(errors, account, "name", "domain");
        if (!domain.isEmpty() && others(indexed(Resource.ACCOUNTS, "domain", domain), self)) {
            add(errors, "domain", TAKEN);
        }
        refer(errors, fields, Resource.USERS, "owner_id");
        refuse(errors);
    }

    private ObjectNode enroll(ObjectNode sent) {
        ObjectNode fields = only(Set.of("person_id", "cadence_id", "user_id"), sent);
        ObjectNode errors = Json.object();
        require(errors, fields, Resource.PEOPLE, "person_id");
        require(errors, fields, Resource.CADENCES, "cadence_id");
        refer(errors, fields, Resource.USERS, "user_id");
        refer(errors, sent, Resource.STEPS, "step_id");
        refuse(errors);
        ObjectNode person = team.get(Resource.PEOPLE, fields.get("person_id").asLong());
        if (!fields.hasNonNull("user_id")) {
            fields.put("user_id", person.path("owner").path("id").asLong(me()));
        }
        ObjectNode before = team.membership(fields.get("person_id").asLong(), fields.get("cadence_id").asLong());
        if (before != null) {
            stats.duplicate(before.path("currently_on_cadence").asBoolean() ? "memberships" : "reenrolled");
        }
        return team.enroll(fields);
    }

    private ObjectNode createNote(ObjectNode sent) {
        ObjectNode errors = Json.object();
        required(errors, sent, "content", "associated_with_type", "associated_with_id");
        String type = sent.path("associated_with_type").asText("").toLowerCase(Locale.ROOT);
        Resource target = type.equals("account") ? Resource.ACCOUNTS : Resource.PEOPLE;
        if (!Set.of("person", "account").contains(type)) {
            add(errors, "associated_with_type", "is not included in the list");
        }
        require(errors, sent, target, "associated_with_id");
        refuse(errors);
        ObjectNode fields = Json.object().put("associated_type", type).put("user_id", me());
        fields.set("content", sent.get("content"));
        fields.set("associated_with", Shapes.reference(target, sent.get("associated_with_id").asLong()));
        return team.create(Resource.NOTES, fields);
    }

    private ObjectNode createTask(ObjectNode sent) {
        ObjectNode fields = only(TASK, sent);
        ObjectNode errors = Json.object();
        required(errors, fields, "subject", "task_type", "due_date", "current_state");
        require(errors, fields, Resource.PEOPLE, "person_id");
        require(errors, fields, Resource.USERS, "user_id");
        if (fields.has("task_type") && !Set.of("call", "email", "general").contains(fields.get("task_type").asText())) {
            add(errors, "task_type", "is not included in the list");
        }
        if (others(indexed(Resource.TASKS, "idempotency_key", fields.path("idempotency_key").asText("")), 0)) {
            add(errors, "idempotency_key", TAKEN);
        }
        refuse(errors);
        return team.create(Resource.TASKS, fields.put("created_by_user_id", me()));
    }

    private ObjectNode subscribe(ObjectNode sent) {
        ObjectNode fields = only(Set.of("callback_url", "callback_token", "event_type", "enabled"), sent);
        ObjectNode errors = Json.object();
        required(errors, fields, "callback_url", "callback_token", "event_type");
        if (fields.hasNonNull("callback_url") && !fields.get("callback_url").asText().matches("https?://.+")) {
            add(errors, "callback_url", "is invalid");
        }
        if (fields.hasNonNull("event_type") && !Resource.EVENTS.contains(fields.get("event_type").asText())) {
            add(errors, "event_type", "is not included in the list");
        }
        refuse(errors);
        ObjectNode user = team.get(Resource.USERS, me());
        return team.create(Resource.WEBHOOK_SUBSCRIPTIONS,
                fields.put("user_guid", user == null ? null : user.path("guid").asText()));
    }

    /** The user the API acts as. */
    private long me() {
        return team.read(() -> team.count(Resource.USERS) == 0 ? 0 : team.table(Resource.USERS).byId().firstKey());
    }

    private Set<Long> indexed(Resource resource, String filter, String value) {
        return value.isEmpty() ? Set.of()
                : team.table(resource).ids(filter, resource.filters.get(filter).normalise(value));
    }

    private static boolean others(Set<Long> ids, long self) {
        return ids.stream().anyMatch(id -> id != self);
    }

    /** The fields that may be written; flags of a form become flags, e-mail addresses lose the space around them. */
    private static ObjectNode only(Set<String> names, ObjectNode sent) {
        ObjectNode kept = Json.object();
        sent.properties().forEach(entry -> {
            JsonNode value = entry.getValue();
            if (!names.contains(entry.getKey())) {
                return;
            }
            if (Set.of("do_not_contact", "enabled").contains(entry.getKey())) {
                kept.put(entry.getKey(), value.asBoolean());
            } else if (entry.getKey().equals("email_address") && value.isTextual()) {
                kept.put(entry.getKey(), value.asText().isBlank() ? null : value.asText().strip());
            } else {
                kept.set(entry.getKey(), value);
            }
        });
        return kept;
    }

    private static ObjectNode merged(ObjectNode record, ObjectNode fields) {
        ObjectNode merged = record.deepCopy();
        Shapes.apply(merged, fields);
        return merged;
    }

    private static void required(ObjectNode errors, ObjectNode fields, String... names) {
        for (String name : names) {
            if (fields.path(name).asText("").isBlank()) {
                add(errors, name, BLANK);
            }
        }
    }

    /** A reference that has to be there. */
    private void require(ObjectNode errors, ObjectNode fields, Resource target, String name) {
        if (!fields.hasNonNull(name)) {
            add(errors, name, BLANK);
        } else {
            refer(errors, fields, target, name);
        }
    }

    /** A reference that, if given, has to lead somewhere. */
    private void refer(ObjectNode errors, ObjectNode fields, Resource target, String name) {
        if (fields.hasNonNull(name) && !team.exists(target, fields.get(name).asLong())) {
            add(errors, name, "must exist");
        }
    }

    private static void add(ObjectNode errors, String field, String message) {
        List<String> messages = new ArrayList<>();
        errors.path(field).forEach(earlier -> messages.add(earlier.asText()));
        messages.add(message);
        errors.set(field, Json.MAPPER.valueToTree(messages));
    }

    private static Refusal error(String field, String message) {
        ObjectNode errors = Json.object();
        add(errors, field, message);
        return Refusal.invalid(errors);
    }

    private static void refuse(ObjectNode errors) {
        if (!errors.isEmpty()) {
            throw Refusal.invalid(errors);
        }
    }
}
