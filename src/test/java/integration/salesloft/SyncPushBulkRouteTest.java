package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows that go to SalesLoft by its bulk jobs, and what becomes of them when a step goes wrong. */
class SyncPushBulkRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String JOBS = "/v2/bulk_jobs";
    private static final String DATA = "/v2/bulk_jobs/\\d+/job_data";
    private static final String ONE = "/v2/bulk_jobs/\\d+";
    private static final String RESULTS = "/v2/bulk_jobs/\\d+/results";

    /** Batches as large as a few chunks. */
    @BeforeEach
    void byBulkJobs() {
        seed(Map.of("rateLimit", 0, "people", 0, "memberships", 0));
        policy("bulk-from", 30);
        policy("bulk-rows", 150);
    }

    @AfterEach
    void byNone() {
        policy("bulk-from", 0);
        policy("bulk-rows", 4900);
        SALESLOFT.settings(Map.of("bulkHeld", false));
    }

    private void policy(String bean, int value) {
        camel.getRegistry().bind(bean, value);
    }

    /** Half of them new, half of them changed, some as they should be: how often what is called. */
    @Test
    void writesManyRowsWithFewCalls() throws Exception {
        ArrayNode rows = JSON.createArrayNode();
        for (int i = 0; i < 300; i++) {
            if (i % 3 > 0) {
                made("people", JSON.createObjectNode().put("email_address", "p" + i + "@example.com").put("title", i % 3 == 1 ? "Old" : "New"));
            }
            rows.addObject().put("email_address", "P" + i + "@example.com").put("title", "New");
        }
        SALESLOFT.resetStats();
        Map<String, Double> before = metrics();
        String job = start(rows);
        assertThat(counts(ended(job))).isEqualTo("created 100, updated 100, unchanged 100, failed 0");
        long batches = count("select count(*) from push_batch where state = 'done' and error is null");
        assertThat(batches).isBetween(1L, 3L);
        assertThat(calls("GET /v2/people")).isEqualTo(3);
        assertThat(calls("POST /v2/bulk_jobs")).isEqualTo(batches);
        assertThat(calls("POST /v2/bulk_jobs/{id}/job_data")).isEqualTo(batches);
        assertThat(calls("PUT /v2/bulk_jobs/{id}")).isEqualTo(batches);
        assertThat(calls("GET /v2/bulk_jobs/{id}/results")).isBetween(2L, 4L);
        assertThat(calls("POST /v2/people") + calls("PUT /v2/people/{id}") + calls("GET /v2/bulk_jobs")).isZero();
        assertThat(SALESLOFT.count("people")).isEqualTo(300);
        // Each row has what a single call leaves.
        assertThat(count("select count(*) from people where title = 'New'")).isEqualTo(200);
        assertThat(count("select count(*) from outbox where source = 'push'") + count("select count(*) from record")).isGreaterThanOrEqualTo(200);
        assertThat(count("select count(*) from operation where job = ?::uuid and resource = 'people' and state = 'done' and status = 200 and answer -> 'data' ->> 'title' = 'New'", job)).isEqualTo(200);
        assertThat(count("select count(*) from audit_log where job = ?::uuid and resource = 'people' and phase = 'intent' and request is not null", job)).isEqualTo(200);
        assertThat(count("select count(*) from audit_log where job = ?::uuid and resource = 'people' and phase = 'outcome' and outcome = 'done' and resource_id is not null and duration_ms is not null", job)).isEqualTo(200);
        assertThat(count("select count(*) from sync_row where person_id is null and outcome <> 'unchanged' or fields is not null or not_before is not null")).isZero();
        assertThat(count("select (select count(*) from push_batch_row) + (select count(*) from sync_identity)")).isZero();
        Map<String, Double> after = metrics();
        assertThat(after.get("created") - before.get("created")).isEqualTo(100);
        assertThat(after.get("updated") - before.get("updated")).isEqualTo(100);
        // No list of people in ledger and audit beside each row's own.
        assertThat(count("select count(*) from operation where resource = 'bulk_jobs' and cast(request as text) ~ '@'")).isZero();
    }

    private Map<String, Double> metrics() {
        Map<String, Double> metrics = new LinkedHashMap<>();
        List.of("created", "updated", "failed").forEach(outcome -> metrics.put(outcome, metric("salesloft_push_rows_total", "outcome=\"" + outcome + "\"")));
        return metrics;
    }

    private static long made(String resource, ObjectNode fields) {
        return SALESLOFT.put(resource, fields).path("id").asLong();
    }

    private String start(ArrayNode rows) throws JsonProcessingException {
        var answer = send("POST", "/sync/people", rows.toString(), AS_SYNC);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        return JSON.readTree(answer.body()).path("job").asText();
    }

    private JsonNode ended(String job) throws JsonProcessingException {
        await().atMost(Duration.ofSeconds(60)).until(() -> JSON.readTree(get("/sync/jobs/" + job, AS_SYNC).body()).path("state").asText().equals("done"));
        return JSON.readTree(get("/sync/jobs/" + job, AS_SYNC).body());
    }

    private static String counts(JsonNode job) {
        return "created %s, updated %s, unchanged %s, failed %s".formatted(job.path("created"), job.path("updated"), job.path("unchanged"), job.path("failed"));
    }
}
