package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** What a record of each resource looks like: every field SalesLoft sends, in its order, and its references. */
final class Shapes {

    private static final String API = "https://api.salesloft.com/v2/";

    private static final Map<String, Resource> REFERENCES = Map.ofEntries(
            Map.entry("account", Resource.ACCOUNTS), Map.entry("owner", Resource.USERS),
            Map.entry("creator", Resource.USERS), Map.entry("user", Resource.USERS),
            Map.entry("created_by_user", Resource.USERS), Map.entry("completed_by", Resource.USERS),
            Map.entry("last_contacted_by", Resource.USERS), Map.entry("person", Resource.PEOPLE),
            Map.entry("called_person", Resource.PEOPLE), Map.entry("recipient", Resource.PEOPLE),
            Map.entry("person_stage", Resource.PERSON_STAGES), Map.entry("cadence", Resource.CADENCES),
            Map.entry("most_recent_cadence", Resource.CADENCES), Map.entry("latest_cadence", Resource.CADENCES),
            Map.entry("step", Resource.STEPS), Map.entry("latest_step", Resource.STEPS),
            Map.entry("latest_email", Resource.EMAILS), Map.entry("latest_call", Resource.CALLS),
            Map.entry("call", Resource.CALLS), Map.entry("note", Resource.NOTES));

    private static final Map<Resource, String> BLANKS = new HashMap<>();

    static {
        BLANKS.put(Resource.PEOPLE, """
                {"id":null,"created_at":null,"updated_at":null,"last_contacted_at":null,"last_replied_at":null,
                "first_name":null,"last_name":null,"display_name":null,"email_address":null,"full_email_address":null,
                "secondary_email_address":null,"personal_email_address":null,"phone":null,"phone_extension":null,
                "home_phone":null,"mobile_phone":null,"linkedin_url":null,"title":null,"city":null,"state":null,
                "country":null,"work_city":null,"work_state":null,"work_country":null,"crm_url":null,"crm_id":null,
                "account_crm_id":null,"crm_object_type":null,"owner_crm_id":null,"person_company_name":null,
                "person_company_website":null,"person_company_industry":null,"do_not_contact":false,"bouncing":false,
                "locale":null,"locale_utc_offset":null,"eu_resident":false,"personal_website":null,
                "twitter_handle":null,"last_contacted_type":null,"job_seniority":null,"custom_fields":{},"tags":[],
                "contact_restrictions":[],"success_count":0,"starred":false,"untouched":true,
                "counts":{"emails_sent":0,"emails_viewed":0,"emails_clicked":0,"emails_replied_to":0,
                "emails_bounced":0,"calls":0},"account":null,"owner":null,"last_contacted_by":null,"import":null,
                "person_stage":null,"most_recent_cadence":null,"last_completed_step_cadence":null,
                "last_completed_step":null,"cadences":[]}""");
        BLANKS.put(Resource.ACCOUNTS, """
                {"id":null,"created_at":null,"updated_at":null,"archived_at":null,"name":null,
                "conversational_name":null,"description":null,"phone":null,"website":null,"linkedin_url":null,
                "twitter_handle":null,"street":null,"city":null,"state":null,"postal_code":null,"country":null,
                "locale":null,"industry":null,"company_type":null,"founded":null,"revenue_range":null,"size":null,
                "crm_id":null,"crm_url":null,"crm_object_type":null,"owner_crm_id":null,"last_contacted_at":null,
                "last_contacted_type":null,"do_not_contact":false,"custom_fields":{},"user_relationships":{},
                "tags":[],"counts":{"people":0},"owner":null,"creator":null,"last_contacted_by":null,
                "last_contacted_person":null,"company_stage":null,"account_tier":null,"domain":null}""");
        BLANKS.put(Resource.CADENCES, """
                {"id":null,"created_at":null,"updated_at":null,"archived_at":null,"team_cadence":true,"shared":true,
                "remove_bounces_enabled":true,"remove_replies_enabled":true,"opt_out_link_included":false,
                "draft":false,"cadence_framework_id":null,"cadence_function":"outbound","external_identifier":null,
                "name":null,"tags":[],"cadence_priority":null,"creator":null,"owner":null,"bounced_stage":null,
                "replied_stage":null,"added_stage":null,"finished_stage":null,"groups":[],
                "counts":{"cadence_people":0,"people_acted_on_count":0,"target_daily_people":0,
                "opportunities_created":0,"meetings_booked":0}}""");
        BLANKS.put(Resource.CADENCE_MEMBERSHIPS, """
                {"id":null,"added_at":null,"created_at":null,"updated_at":null,"person_deleted":false,
                "currently_on_cadence":true,"current_state":"active","cadence":null,"person":null,"user":null,
                "latest_action":null,"counts":{"views":0,"clicks":0,"replies":0,"calls":0,"sent_emails":0,
                "bounces":0}}""");
        BLANKS.put(Resource.USERS, """
                {"id":null,"guid":null,"created_at":null,"updated_at":null,"name":null,"first_name":null,
                "last_name":null,"job_role":null,"active":true,"time_zone":"US/Eastern","locale_utc_offset":-240,
                "slack_username":null,"twitter_handle":null,"email":null,"email_client_email_address":null,
                "sending_email_address":null,"from_address":null,"full_email_address":null,
                "bcc_email_address":null,"work_country":null,"email_signature":"","email_signature_type":"html",
                "email_signature_click_tracking_disabled":false,"team_admin":false,"local_dial_enabled":false,
                "click_to_call_enabled":false,"email_client_configured":true,"crm_connected":true,
                "external_feature_flags":{},"phone_client":null,"phone_number_assignment":null,"group":null,
                "team":{"_href":"https://api.salesloft.com/v2/team","id":1700},"role":{"id":"User"}}""");
        BLANKS.put(Resource.EMAILS, """
                {"id":null,"created_at":null,"updated_at":null,"recipient_email_address":null,"status":"sent",
                "bounced":false,"send_after":null,"sent_at":null,"view_tracking":true,"click_tracking":true,
                "personalization":null,"subject":null,"error_message":null,"headers":{},
                "counts":{"clicks":0,"views":0,"replies":0,"unique_devices":0,"unique_locations":0,"attachments":0},
                "user":null,"recipient":null,"cadence":null,"step":null,"action":null,"task":null,
                "email_template":null,"crm_activity":null,"mailing":null}""");
        BLANKS.put(Resource.CALLS, """
                {"id":null,"created_at":null,"updated_at":null,"to":null,"duration":0,"sentiment":null,
                "disposition":null,"recordings":[],"user":null,"action":null,"called_person":null,
                "crm_activity":null,"note":null,"cadence":null,"step":null}""");
        BLANKS.put(Resource.NOTES, """
                {"id":null,"content":null,"created_at":null,"updated_at":null,"associated_type":null,
                "associated_with":null,"call":null,"user":null}""");
        BLANKS.put(Resource.STEPS, """
                {"id":null,"created_at":null,"updated_at":null,"disabled":false,"display_name":null,"name":null,
                "type":null,"day":1,"step_number":1,"multitouch_enabled":false,"details":null,"cadence":null}""");
        BLANKS.put(Resource.SUCCESSES, """
                {"id":null,"created_at":null,"updated_at":null,"succeeded_at":null,
                "success_window_started_at":null,"counts":{"total_emails":0,"total_calls":0,
                "total_other_touches":0},"person":null,"user":null,"latest_action":null,"latest_email":null,
                "latest_call":null,"latest_cadence":null,"latest_step":null}""");
        BLANKS.put(Resource.PERSON_STAGES, """
                {"id":null,"name":null,"created_at":null,"updated_at":null,"order":null}""");
        BLANKS.put(Resource.TASKS, """
                {"id":null,"created_at":null,"updated_at":null,"subject":null,"description":null,
                "current_state":"scheduled","task_type":"general","due_date":null,"due_at":null,"remind_at":null,
                "completed_at":null,"user":null,"person":null,"created_by_user":null,"completed_by":null}""");
        BLANKS.put(Resource.MEETINGS, """
                {"id":null,"created_at":null,"updated_at":null,"title":null,"description":null,"start_time":null,
                "end_time":null,"all_day":false,"location":null,"calendar_id":null,"calendar_type":null,
                "meeting_type":null,"status":"booked","no_show":false,"canceled_at":null,"event_id":null,
                "event_source":"salesloft","i_cal_uid":null,"reschedule_status":null,"recipient_name":null,
                "recipient_email":null,"account_id":null,"task_id":null,"guests":[],"attendees":[],
                "crm_references":{},"crm_custom_fields":{},"strict_attribution":false,"person":null,"cadence":null,
                "step":null,"booked_by_user":null,"booked_by_meetings_settings":null,
                "owned_by_meetings_settings":null}""");
        BLANKS.put(Resource.WEBHOOK_SUBSCRIPTIONS, """
                {"id":null,"tenant_id":1700,"user_guid":null,"callback_url":null,"callback_token":null,
                "event_type":null,"enabled":true}""");
    }

    private static final Set<String> PHONES = Set.of("phone", "home_phone", "mobile_phone");
    private static final Map<Resource, ObjectNode> PARSED = new HashMap<>();

    static {
        BLANKS.forEach((resource, json) -> PARSED.put(resource, Json.read(json.getBytes())));
    }

    private Shapes() {
    }

    /** A record of that resource with nothing filled in. */
    static ObjectNode blank(Resource resource) {
        return PARSED.get(resource).deepCopy();
    }

    /** What the field refers to, or null if it is not a reference. */
    static Resource target(String field) {
        return REFERENCES.get(field);
    }

    /** An e-mail without those of its contents that are not wanted, as lists and most events have it. */
    static byte[] withoutContent(byte[] email, Predicate<String> wanted) {
        ObjectNode record = Json.read(email);
        if (!wanted.test("subject")) {
            record.putNull("subject");
        }
        if (!wanted.test("body")) {
            record.remove("body");
        }
        return Json.bytes(record);
    }

    static ObjectNode reference(Resource resource, long id) {
        return Json.object().put("_href", API + resource.path + "/" + id).put("id", id);
    }

    /**
     * Writes fields into a record as SalesLoft takes them: {@code owner_id} becomes the reference {@code owner},
     * custom fields are merged (null takes one away), {@code id} stays; of a person's phones it keeps the digits, if there are any.
     */
    static void apply(ObjectNode record, ObjectNode fields) {
        fields.properties().forEach(entry -> {
            String name = entry.getKey();
            JsonNode value = entry.getValue();
            String stem = name.endsWith("_id") ? name.substring(0, name.length() - 3) : null;
            if (name.equals("id")) {
                return;
            }
            if (name.equals("custom_fields") && value.isObject() && record.path(name).isObject()) {
                merge((ObjectNode) record.get(name), value);
            } else if (stem != null && REFERENCES.containsKey(stem) && record.has(stem)) {
                record.set(stem, value.asLong() == 0 ? null : reference(REFERENCES.get(stem), value.asLong()));
            } else if (PHONES.contains(name) && record.has("mobile_phone") && value.isTextual()) {
                String digits = value.asText().replaceAll("[^0-9]", "");
                record.put(name, digits.isEmpty() ? value.asText() : digits);
            } else {
                record.set(name, value);
            }
        });
        if (record.has("full_email_address") && record.has("display_name")) {
            name(record);
        }
    }

    private static void merge(ObjectNode custom, JsonNode changes) {
        changes.properties().forEach(entry -> {
            if (entry.getValue().isNull()) {
                custom.remove(entry.getKey());
            } else {
                custom.set(entry.getKey(), entry.getValue());
            }
        });
    }

    private static void name(ObjectNode person) {
        String name = (person.path("first_name").asText("") + " " + person.path("last_name").asText("")).strip();
        String email = person.path("email_address").isNull() ? null : person.path("email_address").asText();
        person.put("display_name", name.isEmpty() ? email : name);
        person.put("full_email_address", email == null ? null
                : name.isEmpty() ? email : "\"" + name + "\" <" + email + ">");
    }
}
