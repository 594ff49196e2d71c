package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/** The go-live checklist in a container that runs: what it finds, what it keeps, and what it says once a thing is broken. */
class ChecklistRunRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String[] OPS = {"Authorization", "Bearer " + Installation.OPS_TOKEN};
    private static final String CHANGED = "changed by this test";
    private final Map<String, Object> changed = new HashMap<>();
    @Autowired
    private ConfigurableEnvironment settings;

    @BeforeEach
    void noRunYet() {
        sql.execute("truncate checklist_run, drill");
        settings.getPropertySources().addFirst(new MapPropertySource(CHANGED, changed));
    }

    @AfterEach
    void settingsAsTheyWere() {
        settings.getPropertySources().remove(CHANGED);
    }

    /** Nobody has said which secrets are development's, no drill was made, and there is no cluster to roll back on. */
    @Test
    void judgesEachItemAndKeepsWhatItFound(@TempDir Path routes) throws Exception {
        ExercisesRunRouteTest.lookUpSoon(new RoutesCopy(routes)); // all other waits are the real ones
        set("salesloft.routes-dir", routes.toString());
        mirror();
        JsonNode run = JSON.readTree(send("GET", "/ops/checklist", null, OPS).body());
        Map<String, String> other = states(run);
        assertThat(run.path("items")).hasSize(23);
        assertThat(other.remove("oauth-app")).isEqualTo("MANUAL");
        assertThat(other.remove("callback-token")).isEqualTo("MANUAL");
        assertThat(other.remove("token-store")).isEqualTo("MANUAL");
        assertThat(other.remove("refresh-drill")).isEqualTo("MANUAL");
        assertThat(other.remove("rollback")).isEqualTo("FAIL");
        assertThat(other).as(run.toString()).allSatisfy((item, state) -> assertThat(state).isEqualTo("PASS"));
        assertThat(run.path("passed").asBoolean()).isFalse();
        assertThat(run.path("release").asText()).isEqualTo(camel.resolvePropertyPlaceholders("{{salesloft.release}}"));

        JsonNode kept = JSON.readTree(send("GET", "/ops/checklist", null, OPS).body());
        assertThat(kept.path("items")).isEqualTo(run.path("items"));
        assertThat(kept.path("current").asBoolean()).isTrue();
        sql.update("update checklist_run set release = 'before'");
        assertThat(JSON.readTree(send("GET", "/ops/checklist", null, OPS).body()).path("current").asBoolean()).isFalse();
        assertThat(send("GET", "/ops/checklist", null, "Authorization", OPS[1], "Accept", "text/plain").body())
                .contains("rollback: revert, verify, pause, notify", "passed: false");
        assertThat(count("select count(*) from pg_namespace where nspname like '%exercises'")).as("the tables of the exercises are gone").isZero();
        assertThat(count("select count(*) from operation")).as("nothing was written").isZero();
    }

    @Test
    void isForOpsAloneAndRunsOnceAtATime() throws Exception {
        assertThat(send("POST", "/ops/checklist", "", "Authorization", "Bearer " + SYNC_TOKEN).statusCode()).isEqualTo(401);
        assertThat(send("GET", "/ops/checklist", null).statusCode()).isEqualTo(401);
        sql.update("insert into checklist_run (release) values ('another replica runs it')");
        assertThat(send("POST", "/ops/checklist", "", OPS).statusCode()).isEqualTo(409);
        assertThat(count("select count(*) from checklist_run")).as("the other's run is left alone").isEqualTo(1);
    }

    /** What cannot look has not passed; a waiver holds until the end of its day, for what is not in order, and with a reason. */
    @Test
    void makesAVerdictOfWhatWasFound() throws Exception {
        List<Map<String, Object>> found = List.of(
                Map.of("source", "credentials", "findings", List.of(finding("oauth-app", "FAIL"), finding("token-store", "PASS"), finding("callback-token", "PASS"), finding("auth-alert", "MANUAL"))),
                Map.of("source", "exercises", "error", "the exercises failed: no memory"),
                Map.of("source", "rollback", "findings", List.of(finding("rollback", "MANUAL"))),
                Map.of("source", "smoke", "findings", List.of(finding("smoke", "FAIL"))),
                Map.of("source", "audit", "findings", List.of(finding("audit", "PASS"))));
        set("salesloft.checklist.waivers.oauth-app.reason", "an API key until spring");
        set("salesloft.checklist.waivers.oauth-app.until", sql.queryForObject("select cast(now() at time zone 'UTC' as date)::text", String.class));
        set("salesloft.checklist.waivers.rollback.reason", "by hand");
        set("salesloft.checklist.waivers.rollback.until", "2026-01-01");
        set("salesloft.checklist.waivers.token-store.reason", "not needed");
        set("salesloft.checklist.waivers.token-store.until", "2026-01-01");
        set("salesloft.checklist.waivers.smoke.reason", "later");
        set("salesloft.checklist.waivers.breaker.until", "2999-01-01");
        set("salesloft.checklist.waivers.braker.reason", "misspelt");
        set("salesloft.checklist.waivers.braker.until", "2999-01-01");
        JsonNode run = conclude(found);
        assertThat(states(run)).containsEntry("oauth-app", "WAIVED").containsEntry("token-store", "PASS").containsEntry("callback-token", "FAIL").containsEntry("auth-alert", "FAIL")
                .containsEntry("rollback", "FAIL").containsEntry("smoke", "FAIL").containsEntry("breaker", "FAIL").containsEntry("braker", "FAIL").containsEntry("audit", "FAIL");
        assertThat(item(run, "callback-token").path("evidence").asText()).isEqualTo("callback-token seen; not checked: the exercises failed: no memory");
        assertThat(item(run, "budget").path("evidence").asText()).isEqualTo("not checked: nothing was found out");
        assertThat(item(run, "rollback").path("waiver").asText()).isEqualTo("by hand (until 2026-01-01): the waiver ended on 2026-01-01");
        assertThat(item(run, "smoke").path("waiver").asText()).isEqualTo("later: the waiver has no last day, such as until: 2027-01-31");
        assertThat(item(run, "breaker").path("waiver").asText()).isEqualTo(" (until 2999-01-01): the waiver has no reason");
        assertThat(run.path("counts").path("WAIVED").asInt()).isEqualTo(1);
    }

    @Test
    void comparesSecretsWithThoseOfDevelopment() {
        String client = "45906d749329cdf5"; // printf %s sandbox-client | sha256sum
        set("salesloft.checklist.development-fingerprints", "0000000000000000, " + client);
        assertThat(judge("credentials")).containsEntry("oauth-app", "FAIL").containsEntry("callback-token", "PASS").containsEntry("token-store", "PASS").containsEntry("auth-alert", "PASS");
        String callback = evidence("credentials", "callback-token").replaceFirst(".*\\(([0-9a-f]{16})\\).*", "$1");
        String key = evidence("credentials", "token-store").replaceFirst(".*\\(([0-9a-f]{16})\\).*", "$1");
        set("salesloft.checklist.development-fingerprints", callback + "," + key);
        assertThat(judge("credentials")).containsEntry("oauth-app", "PASS").containsEntry("callback-token", "FAIL").containsEntry("token-store", "FAIL");
        set("salesloft.notify-ops-url", "");
        set("salesloft.callback-token", "");
        set("salesloft.api-key", "ak_1");
        set("salesloft.token-store", "vault");
        set("salesloft.checklist.development-fingerprints", "");
        assertThat(judge("credentials")).containsEntry("oauth-app", "FAIL").containsEntry("callback-token", "FAIL").containsEntry("token-store", "MANUAL").containsEntry("auth-alert", "MANUAL");
        assertThat(judge("drill")).containsEntry("refresh-drill", "PASS");
    }

    /** That a store is named proves nothing: it must have the newest pair. */
    @Test
    void looksWhetherTheTokenStoreHasThePair() {
        call(Map.of("method", "GET", "path", "/v2/me.json"), "");
        set("salesloft.checklist.development-fingerprints", "0000000000000000");
        set("salesloft.token-store", "vault");
        Map<String, Object> row = sql.queryForMap("select pair, waits_since, stored_in, stored_as from oauth_token");
        try {
            sql.update("update oauth_token set waits_since = now() - interval '2 minutes', trouble = 'sealed'");
            assertThat(judge("credentials")).containsEntry("token-store", "FAIL");
            assertThat(evidence("credentials", "token-store")).contains("waits for its store, vault, since ").endsWith(": sealed");
            sql.update("update oauth_token set waits_since = now()");
            assertThat(judge("credentials")).containsEntry("token-store", "MANUAL");
            sql.update("update oauth_token set pair = '', stored_in = 'vault', stored_as = '7'");
            assertThat(judge("credentials")).containsEntry("token-store", "PASS");
            assertThat(evidence("credentials", "token-store")).matches("vault has version \\d+ of the pair, as its 7");
        } finally {
            sql.update("update oauth_token set pair = ?, waits_since = ?, stored_in = ?, stored_as = ?, trouble = null", row.get("pair"), row.get("waits_since"), row.get("stored_in"), row.get("stored_as"));
        }
    }

    @Test
    void findsAMutationThatLacksItsLineInTheAuditLog() {
        call(Map.of("method", "POST", "operation", "create", "idempotencyKey", "unaudited", "actor", "test"), quoted("{'email_address':'a@example.com'}"));
        assertThat(judge("audit")).containsEntry("audit", "PASS");
        // One that was attempted long before: the lines of that are as old.
        sql.update("update operation set attempts = 2 where key = 'unaudited'");
        sql.update("insert into audit_log (at, phase, operation, resource, idempotency_key, actor, attempts) values (now() - interval '100 days', 'intent', 'create', 'people', 'unaudited', 'test', 2)");
        assertThat(judge("audit")).containsEntry("audit", "PASS");
        sql.execute("alter table audit_log disable trigger audit_log_append_only; delete from audit_log where idempotency_key = 'unaudited' and phase = 'intent'; alter table audit_log enable trigger audit_log_append_only");
        assertThat(judge("audit")).containsEntry("audit", "FAIL");
        assertThat(evidence("audit", "audit")).contains("1 of 1 mutations of the last 7 days lack a line in the audit log: create of people at ");
    }

    @Test
    void findsWhatTheAlertRulesLack() {
        assertThat(judge("alerts")).containsEntry("alert-rules", "PASS");
        set("salesloft.checklist.alerts-file", "nowhere.yaml");
        Object run = template.requestBody("direct:checklist-run-judge", (Object) "alerts");
        assertThat(run.toString()).contains("error=", "nowhere.yaml");
    }

    @Test
    void judgesForecastSmokeAndDrill() {
        assertThat(judge("budget")).as("of nothing").containsEntry("budget", "MANUAL");
        mirror();
        assertThat(judge("budget")).containsEntry("budget", "PASS");
        set("salesloft.compare-interval", "1ms");
        assertThat(judge("budget")).containsEntry("budget", "FAIL");
        assertThat(judge("smoke")).containsEntry("smoke", "PASS");
        faults(under("/v2/people").answers(403));
        assertThat(judge("smoke")).containsEntry("smoke", "FAIL");
        assertThat(judge("drill")).containsEntry("refresh-drill", "MANUAL");
        sql.update("insert into drill (name, actor, release, ended_at, healed, reason) values ('expired-token', 'ops', 'r', now() - interval '1 hour', false, 'refused')");
        assertThat(judge("drill")).containsEntry("refresh-drill", "FAIL");
        sql.update("insert into drill (name, actor, release, ended_at, healed, took_ms) values ('expired-token', 'ops', 'r', now(), true, 12)");
        sql.update("insert into drill (name, actor, release, ended_at, healed, reason) values ('expired-token', 'ops', 'r', now() + interval '1 hour', false, 'nothing was expired, because a call fails as things are: paused')");
        assertThat(judge("drill")).containsEntry("refresh-drill", "PASS");
    }

    private void mirror() {
        sql.update("insert into record (resource, id, updated_at, document) values ('people', 1, now(), '{}')");
    }

    private void set(String setting, String value) {
        changed.put(setting, value);
    }

    private static Map<String, Object> finding(String item, String state) {
        return Map.of("item", item, "state", state, "evidence", item + " seen");
    }

    private JsonNode conclude(List<Map<String, Object>> found) throws JsonProcessingException {
        String id = sql.queryForObject("insert into checklist_run (release) values ('this') returning id", String.class);
        return JSON.readTree(template.requestBodyAndHeader("direct:checklist-run-conclude", found, "run", id, String.class));
    }

    private static JsonNode item(JsonNode run, String name) {
        for (JsonNode item : run.path("items")) {
            if (item.path("item").asText().equals(name)) {
                return item;
            }
        }
        throw new AssertionError(name);
    }

    private static Map<String, String> states(JsonNode run) {
        Map<String, String> states = new TreeMap<>();
        run.path("items").forEach(item -> states.put(item.path("item").asText(), item.path("state").asText()));
        return states;
    }

    @SuppressWarnings("unchecked")
    private List<Map<String, Object>> findings(String source) {
        return template.requestBody("direct:checklist-judge-" + source, null, List.class);
    }

    private Map<String, String> judge(String source) {
        Map<String, String> states = new TreeMap<>();
        findings(source).forEach(finding -> states.put((String) finding.get("item"), (String) finding.get("state")));
        return states;
    }

    private String evidence(String source, String item) {
        return findings(source).stream().filter(finding -> finding.get("item").equals(item)).map(finding -> (String) finding.get("evidence")).findFirst().orElseThrow();
    }
}
