package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code kill -9} of containers whose rows go by bulk jobs, each in another step while other batches stand elsewhere: everybody is in SalesLoft once. */
class PushBulkCrashTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int ROWS = 150;
    /** A team that would allow two people with one address: nothing but the container keeps them apart. */
    private static final Map<String, Object> TEAM = Map.of("people", 0, "memberships", 0, "rateLimit", 0, "uniqueEmails", false);
    private static final Map<String, String> SETTINGS = Map.of("SYNC_RESOURCES", "accounts", "SALESLOFT_RATE_LIMIT", "0", "SYNC_COMPARE_HOURS", "00:00-00:00", "PUSH_BULK_FROM", "100");

    @Test
    void writesEverybodyOnceInWhateverStepItIsKilled() throws Exception {
        try (Installation here = new Installation(Postgres.shared(), "push_bulk_killed", TEAM)) {
            for (String name : List.of("a", "b", "c")) {
                for (int i = 0; i < ROWS / 2; i++) {
                    here.salesloft.put("people", JSON.createObjectNode().put("email_address", name + i + "@example.com").put("title", "Old"));
                }
            }
            // Killed with the records sent, of which SalesLoft's answer was never seen, while another batch still gathers.
            here.salesloft.faults(List.of(Map.of("path", "/v2/bulk_jobs/\\d+/job_data", "method", "POST", "times", 1, "afterWork", true, "hang", true)));
            Container first = here.launch(SETTINGS).awaitStarted();
            String a = push(first, "a");
            awaitHung(here, "POST /v2/bulk_jobs/{id}/job_data");
            String b = push(first, "b");
            here.awaitRow(20, "push_batch where state = 'gather'");
            kill(here, first);
            // Killed as it was started; and the answer is lost of the one that is made for the other batch.
            here.salesloft.faults(List.of(Map.of("path", "/v2/bulk_jobs/\\d+", "method", "PUT", "times", 1, "afterWork", true, "hang", true),
                    Map.of("path", "/v2/bulk_jobs", "method", "POST", "times", 1, "afterWork", true, "reset", true)));
            Container second = here.launch(SETTINGS).awaitStarted();
            String c = push(second, "c");
            awaitHung(here, "PUT /v2/bulk_jobs/{id}");
            kill(here, second);
            // Killed between two pages of results.
            here.salesloft.faults(List.of(Map.of("path", "/v2/bulk_jobs/\\d+/results", "times", 1, "after", 1, "hang", true)));
            Container third = here.launch(SETTINGS).awaitStarted();
            awaitHung(here, "GET /v2/bulk_jobs/{id}/results");
            assertThat(here.count("select count(*) from sync_row where state = 'done'")).isBetween(100, 2 * ROWS);
            kill(here, third);
            here.salesloft.faults(List.of());

            Container last = here.launch(SETTINGS).awaitStarted();
            for (String job : List.of(a, b, c)) {
                await().atMost(Duration.ofSeconds(90)).until(() -> job(last, job).path("state").asText().equals("done"));
                assertThat(List.of(job(last, job).path("created").asInt(), job(last, job).path("updated").asInt(), job(last, job).path("failed").asInt())).containsExactly(ROWS / 2, ROWS / 2, 0);
                assertThat(last.get("/sync/jobs/" + job + "/results").body().lines().toList()).hasSize(ROWS).allMatch(line -> line.matches(".*\"personId\" : \\d+.*"));
            }
            assertThat(here.salesloft.count("people")).isEqualTo(3 * ROWS);
            assertThat(here.salesloft.stats().get("duplicatesCreated")).isEqualTo(Map.of("people", 0L, "memberships", 0L, "reenrolled", 0L));
            assertThat(here.salesloft.bulkJobs("done")).isEqualTo(3);
            assertThat(here.salesloft.bulkJobs("open")).isZero();
            assertThat(here.calls("POST /v2/people") + here.calls("PUT /v2/people/{id}")).isZero();
            assertThat(here.count("select count(*) from operation where state = 'started'")).isZero();
            assertThat(here.count("select count(distinct idempotency_key) from audit_log where resource = 'people' and phase = 'outcome' and outcome = 'done' and resource_id is not null")).isEqualTo(3 * ROWS);
            assertThat(here.count("select count(*) from record where resource = 'people' and document ->> 'title' = 'New'")).isEqualTo(3 * ROWS);
        }
    }

    private static void awaitHung(Installation here, String endpoint) {
        await().atMost(Duration.ofSeconds(60)).until(() -> here.statuses(endpoint).getOrDefault("hang", 0L) == 1);
    }

    /** Its leases run out by themselves, after 15 seconds. */
    private static void kill(Installation here, Container container) {
        container.kill();
        here.sql.update("update lease set expires_at = now()");
    }

    private static String push(Container container, String name) throws Exception {
        ArrayNode rows = JSON.createArrayNode();
        for (int i = 0; i < ROWS; i++) {
            rows.addObject().put("email_address", name + i + "@example.com").put("title", "New");
        }
        return JSON.readTree(container.push("application/json", rows.toString(), "bulk-" + name)).path("job").asText();
    }

    private static JsonNode job(Container container, String job) throws Exception {
        return JSON.readTree(container.get("/sync/jobs/" + job).body());
    }
}
