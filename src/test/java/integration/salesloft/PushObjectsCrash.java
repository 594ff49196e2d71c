package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import integration.salesloft.sandbox.FaultRule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Accounts, notes, tasks and ends of memberships, all at once: none twice, none missing, a result for each row. */
final class PushObjectsCrash implements PushCrash {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int ROWS = 60;
    /** Of them, those that are there, or not on the cadence. */
    private static final int OTHERS = 20;
    /** How many of each kind are answered before SalesLoft does one of which nobody hears: fewer than there are workers wait for it then. */
    private static final int ANSWERED = 5;
    private static final Map<String, String> CALLS = Map.of("/v2/accounts", "POST /v2/accounts", "/v2/notes", "POST /v2/notes", "/v2/tasks", "POST /v2/tasks",
            "/v2/cadence_memberships/.*", "DELETE /v2/cadence_memberships/{id}");

    private final Installation here = new Installation(Postgres.shared(), "objects_killed", Map.of("people", 0, "accounts", 0, "memberships", 0, "notes", 0, "tasks", 0, "rateLimit", 0));
    private final Map<String, ArrayNode> rows = new LinkedHashMap<>();
    private final Map<String, String> jobs = new LinkedHashMap<>();
    private final List<Long> memberships = new ArrayList<>();

    PushObjectsCrash() throws Exception {
        long cadence = put("cadences", "{'name':'C'}");
        long user = put("users", "{'name':'U'}");
        for (String object : List.of("accounts", "notes", "tasks", "people")) {
            rows.put(object, JSON.createArrayNode());
        }
        for (int i = 0; i < ROWS; i++) {
            long person = put("people", "{'email_address':'p%s@example.com'}", i);
            if (i < OTHERS) {
                put("accounts", "{'name':'A','domain':'d%s.com'}", i);
            } else {
                memberships.add(put("cadence_memberships", "{'person_id':%s,'cadence_id':%s}", person, cadence));
            }
            rows.get("accounts").addObject().put("domain", "D" + i + ".com").put("name", "A").put("city", "Bonn");
            // The same words five times for each of some: five notes.
            long whom = i % 12 == 0 ? person : rows.get("notes").get(i / 12 * 12).path("associated_with_id").asLong();
            rows.get("notes").addObject().put("content", "said " + i % 2).put("associated_with_type", "person").put("associated_with_id", whom);
            rows.get("tasks").addObject().put("subject", "do " + i).put("task_type", "call").put("due_date", "2026-12-01").put("person_id", person).put("user_id", user);
            rows.get("people").addObject().put("email_address", "p" + i + "@example.com").put("cadence_id", cadence).put("leave", true);
        }
        here.salesloft.resetStats();
        List<FaultRule> faults = new ArrayList<>();
        CALLS.forEach((path, call) -> {
            String method = call.replaceFirst(" .*", "");
            FaultRule unheard = on(method, path).times(2).afterWork();
            faults.add(method.equals("POST") ? unheard.resets() : unheard.answers(502));
            faults.add(on(method, path).afterCalls(ANSWERED).times(1).afterWork().hangs());
            faults.add(on(method, path).delayed(Duration.ofMillis(500)));
        });
        here.salesloft.faults(faults.toArray(FaultRule[]::new));
    }

    @Override
    public Installation here() {
        return here;
    }

    @Override
    public Map<String, String> settings() {
        return Map.of("SYNC_RESOURCES", "users");
    }

    @Override
    public void begin(Container container) throws Exception {
        for (String object : rows.keySet()) {
            jobs.put(object, JSON.readTree(container.post("/sync/" + object, rows.get(object).toString()).body()).path("job").asText());
        }
    }

    @Override
    public boolean reached() {
        return CALLS.values().stream().allMatch(call -> here.statuses(call).getOrDefault("hang", 0L) > 0);
    }

    @Override
    public void killed() {
        here.salesloft.faults();
        assertThat(here.count("select count(distinct resource) from operation where state = 'done'")).isEqualTo(4);
        assertThat(here.count("select count(*) from operation where state = 'started'")).as("in doubt").isPositive();
        assertThat(here.count("select count(*) from sync_row where state = 'open'")).as("left to do").isPositive();
    }

    @Override
    public void verify(Container container) throws Exception {
        for (String job : jobs.values()) {
            await().atMost(Duration.ofSeconds(120)).until(() -> JSON.readTree(container.get("/sync/jobs/" + job).body()).path("state").asText().equals("done"));
            assertThat(container.get("/sync/jobs/" + job + "/results").body().lines().toList()).hasSize(ROWS);
        }
        assertThat(counts(container, jobs.get("accounts"))).isEqualTo("created 40 updated 20 unchanged 0 left 0 skipped 0 failed 0");
        assertThat(here.salesloft.count("accounts")).isEqualTo(ROWS);
        assertThat(counts(container, jobs.get("notes"))).isEqualTo("created 60 updated 0 unchanged 0 left 0 skipped 0 failed 0");
        assertThat(here.salesloft.count("notes")).isEqualTo(ROWS);
        assertThat(counts(container, jobs.get("tasks"))).isEqualTo("created 60 updated 0 unchanged 0 left 0 skipped 0 failed 0");
        assertThat(here.salesloft.count("tasks")).isEqualTo(ROWS);
        assertThat(counts(container, jobs.get("people"))).isEqualTo("created 0 updated 0 unchanged 60 left 40 skipped 20 failed 0");
        assertThat(memberships).allSatisfy(id -> assertThat(here.salesloft.get("cadence_memberships", id).path("currently_on_cadence").asBoolean()).isFalse());
        // Each row of a note has a note of its own, of what it says.
        Set<Long> ids = new HashSet<>();
        for (String line : container.get("/sync/jobs/" + jobs.get("notes") + "/results").body().lines().toList()) {
            JsonNode result = JSON.readTree(line);
            assertThat(ids.add(result.path("id").asLong())).isTrue();
            assertThat(here.salesloft.get("notes", result.path("id").asLong()).path("content")).isEqualTo(result.at("/original/content"));
        }
        // What a tap lost comes back from the ledger.
        await().atMost(Duration.ofSeconds(90)).until(() -> here.count("select count(distinct idempotency_key) from audit_log where phase = 'outcome' and outcome = 'done'") == 220);
        assertThat(here.count("select count(*) from operation where state = 'started'")).isZero();
        assertThat(here.count("select count(*) from sync_identity")).isZero();
    }

    private static String counts(Container container, String job) throws Exception {
        JsonNode counts = JSON.readTree(container.get("/sync/jobs/" + job).body());
        StringBuilder text = new StringBuilder();
        for (String what : List.of("created", "updated", "unchanged", "left", "skipped", "failed")) {
            text.append(text.isEmpty() ? "" : " ").append(what).append(' ').append(counts.path(what).asInt());
        }
        return text.toString();
    }

    private long put(String resource, String fields, Object... values) throws Exception {
        return here.salesloft.put(resource, (ObjectNode) JSON.readTree(quoted(fields, values))).path("id").asLong();
    }
}
