package integration.salesloft.sandbox;

import static integration.salesloft.sandbox.Filter.flag;
import static integration.salesloft.sandbox.Filter.internal;
import static integration.salesloft.sandbox.Filter.many;
import static integration.salesloft.sandbox.Filter.one;
import static integration.salesloft.sandbox.Filter.range;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The resources of the API: path, events, what may be written, how a list may be sorted and filtered. Filters and sort
 * keys are those of the published description, and {@code updated_at} of steps and tasks; {@code id} is a sort key
 * everywhere. A filter that is not here is ignored without a word, as SalesLoft does.
 */
enum Resource {

    USERS("users", "user", "", 6_000, "id", "DESC",
            sorts("email", "email", "name", "name"),
            many("guid", "guid"), many("group_id", "group", "id"), many("role_id", "role", "id"),
            flag("active", "active"), many("work_country", "work_country")),
    PERSON_STAGES("person_stages", null, "", 10_100, "updated_at", "DESC", times()),
    ACCOUNTS("accounts", "account", "CUD", 35_092_000, "updated_at", "DESC",
            sorts("created_at", "created_at", "updated_at", "updated_at", "last_contacted_at", "last_contacted_at",
                    "name", "name"),
            range("created_at"), range("updated_at"), range("last_contacted", "last_contacted_at"),
            one("domain", "domain").index(), many("crm_id", "crm_id").index(), many("name", "name"),
            many("website", "website"), many("owner_id", "owner", "id"), many("tag", "tags"),
            many("account_tier_id", "account_tier", "id"), many("account_stage_id", "company_stage", "id"),
            many("owner_crm_id", "owner_crm_id"), many("industry", "industry"), many("country", "country"),
            many("state", "state"), many("city", "city"), many("locales", "locale")),
    CADENCES("cadences", "cadence", "", 25_500, "updated_at", "DESC",
            sorts("created_at", "created_at", "updated_at", "updated_at", "name", "name"),
            range("updated_at"), flag("team_cadence", "team_cadence"), flag("shared", "shared"), many("name", "name")),
    PEOPLE("people", "person", "CUD", 103_358_000, "updated_at", "DESC",
            sorts("created_at", "created_at", "updated_at", "updated_at", "last_contacted_at", "last_contacted_at",
                    "name", "display_name", "title", "title", "job_seniority", "job_seniority"),
            range("created_at"), range("updated_at"), range("last_contacted", "last_contacted_at"),
            many("email_addresses", "email_address").index(), many("crm_id", "crm_id").index(),
            many("cadence_id", "cadences", "id").index(), many("account_id", "account", "id").index(),
            internal("phone"),
            many("owner_id", "owner", "id"), many("person_stage_id", "person_stage", "id"),
            many("owner_crm_id", "owner_crm_id"), many("import_id", "import", "id"),
            many("job_seniority", "job_seniority"), many("title", "title"), many("country", "country"),
            many("state", "state"), many("city", "city"), many("locales", "locale"),
            flag("do_not_contact", "do_not_contact"), flag("eu_resident", "eu_resident"), flag("bounced", "bouncing")),
    CADENCE_MEMBERSHIPS("cadence_memberships", "cadence_membership", "CD", 71_245_000, "updated_at", "DESC",
            sorts("added_at", "added_at", "updated_at", "updated_at"),
            range("updated_at"), one("person_id", "person", "id").index(), one("cadence_id", "cadence", "id").index(),
            flag("currently_on_cadence", "currently_on_cadence")),
    STEPS("steps", "step", "", 80_300, "updated_at", "DESC", times(),
            range("updated_at"),
            one("cadence_id", "cadence", "id").index(), one("type", "type")),
    EMAILS("activities/emails", "email", "", 400_120_000, "updated_at", "DESC",
            sorts("updated_at", "updated_at", "send_time", "sent_at"),
            range("updated_at"), range("sent_at"), many("person_id", "recipient", "id").index(),
            many("cadence_id", "cadence", "id"), many("step_id", "step", "id"), many("user_id", "user", "id"),
            many("status", "status"), many("email_addresses", "recipient_email_address"), flag("bounced", "bounced")),
    CALLS("activities/calls", "call", "", 50_430_000, "updated_at", "DESC", times(),
            range("created_at"), range("updated_at"), many("person_id", "called_person", "id").index(),
            many("sentiment", "sentiment"), many("disposition", "disposition")),
    NOTES("notes", "note", "CUD", 60_210_000, "updated_at", "DESC", times(),
            range("updated_at"), one("associated_with_type", "associated_type"),
            one("associated_with_id", "associated_with", "id")),
    SUCCESSES("successes", "success", "", 9_310_000, "updated_at", "DESC",
            sorts("created_at", "created_at", "updated_at", "updated_at", "succeeded_at", "succeeded_at"),
            range("updated_at"), many("person_id", "person", "id").index()),
    TASKS("tasks", "task", "CUD", 30_540_000, "due_date", "ASC",
            sorts("due_date", "due_date", "due_at", "due_at", "updated_at", "updated_at"),
            range("updated_at"),
            many("user_id", "user", "id"), many("person_id", "person", "id").index(),
            many("current_state", "current_state"), many("task_type", "task_type"),
            one("idempotency_key", "idempotency_key").index()),
    MEETINGS("meetings", "meeting", "", 20_650_000, "start_time", "DESC",
            sorts("start_time", "start_time", "created_at", "created_at", "updated_at", "updated_at"),
            range("created_at"), range("start_time"), one("status", "status"),
            many("person_id", "person", "id").index(), many("person_ids", "person", "id"),
            many("account_id", "account_id")),
    WEBHOOK_SUBSCRIPTIONS("webhook_subscriptions", null, "CUD", 500, "id", "ASC", Map.of(),
            flag("enabled", "enabled"));

    /** Every event a subscription may name. */
    static final List<String> EVENTS = List.of(
            "account_created", "account_updated", "account_deleted", "bulk_job_completed", "cadence_created",
            "cadence_updated", "cadence_deleted", "cadence_membership_created", "cadence_membership_updated",
            "call_created", "call_updated", "call_data_record_created", "call_data_record_updated",
            "conversation_created", "conversation_recording_created", "conversation_transcript_created",
            "email_updated", "email_with_body_and_subject_updated", "link_swap", "meeting_booked", "meeting_updated", "note_created", "note_updated",
            "note_deleted", "person_created", "person_updated", "person_deleted", "step_created", "step_updated",
            "step_deleted", "success_created", "task_created", "task_updated", "task_deleted", "task_completed",
            "user_created", "user_updated");

    final String path;
    final String eventStem;
    final long firstId;
    final String defaultSort;
    final String defaultDirection;
    final Map<String, String> sorts;
    final Map<String, Filter> filters = new LinkedHashMap<>();
    private final String writes;

    Resource(String path, String eventStem, String writes, long firstId, String defaultSort, String defaultDirection,
            Map<String, String> sorts, Filter... filters) {
        this.path = path;
        this.eventStem = eventStem;
        this.writes = writes;
        this.firstId = firstId;
        this.defaultSort = defaultSort;
        this.defaultDirection = defaultDirection;
        this.sorts = sorts;
        for (Filter filter : filters) {
            this.filters.put(filter.name(), filter);
        }
    }

    boolean mayCreate() {
        return writes.contains("C");
    }

    boolean mayUpdate() {
        return writes.contains("U");
    }

    boolean mayDelete() {
        return writes.contains("D");
    }

    boolean stamped() {
        return this != WEBHOOK_SUBSCRIPTIONS;
    }

    /** The event for a change ({@code created}, {@code updated}, {@code deleted}), or null if SalesLoft has none. */
    String event(String change) {
        String event = switch (this) {
            case MEETINGS -> change.equals("created") ? "meeting_booked" : "meeting_" + change;
            case EMAILS -> change.equals("created") ? "email_updated" : "email_" + change;
            default -> eventStem + "_" + change;
        };
        return EVENTS.contains(event) ? event : null;
    }

    /**
     * Finds a resource by path ({@code activities/emails}), last part of it ({@code emails}) or short name
     * ({@code memberships}).
     *
     * @throws IllegalArgumentException when there is none
     */
    static Resource of(String name) {
        String wanted = name.equals("memberships") ? "cadence_memberships" : name;
        for (Resource resource : values()) {
            if (resource.path.equals(wanted) || resource.path.equals("activities/" + wanted)) {
                return resource;
            }
        }
        throw new IllegalArgumentException("no such resource: " + name);
    }

    /** The resource an event speaks of, or null. */
    static Resource ofEvent(String event) {
        for (Resource resource : values()) {
            if (resource.eventStem != null && event.startsWith(resource.eventStem + "_")
                    && event.indexOf('_', resource.eventStem.length() + 1) < 0) {
                return resource;
            }
        }
        return null;
    }

    private static Map<String, String> sorts(String... pairs) {
        Map<String, String> sorts = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            sorts.put(pairs[i], pairs[i + 1]);
        }
        return sorts;
    }

    private static Map<String, String> times() {
        return sorts("created_at", "created_at", "updated_at", "updated_at");
    }
}
