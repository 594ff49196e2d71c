package integration.salesloft;

import static integration.salesloft.sandbox.FaultRule.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import integration.salesloft.sandbox.FaultRule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Rows that go by bulk jobs, killed in one of their steps while another batch stands elsewhere: everybody is in SalesLoft once. */
final class PushBulkCrash implements PushCrash {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int ROWS = 110;
    private static final int PAGE = 100;
    private static final String JOBS = "/v2/bulk_jobs";
    private static final String DATA = "/v2/bulk_jobs/\\d+/job_data";
    private static final String ONE = "/v2/bulk_jobs/\\d+";

    /** In which step it is killed. */
    enum Step {
        /** The bulk job is made, and SalesLoft's answer was never seen. */
        CREATED("POST /v2/bulk_jobs", on("POST", JOBS).times(1).afterWork().hangs(), on("POST", JOBS).hangs()),
        /** The records are sent, and SalesLoft's answer was never seen. */
        SENT("POST /v2/bulk_jobs/{id}/job_data", on("POST", DATA).times(1).afterWork().hangs(), on("POST", DATA).hangs()),
        /** It was started; and when another one goes on, the answer is lost of the one that is made for the other batch. */
        STARTED("PUT /v2/bulk_jobs/{id}", on("PUT", ONE).times(1).afterWork().hangs(), on("PUT", ONE).hangs()),
        /** Between two pages of results. */
        ANSWERED("GET /v2/bulk_jobs/{id}/results", on("GET", "/v2/bulk_jobs/\\d+/results").afterCalls(1).hangs());

        private final String endpoint;
        private final FaultRule[] faults;

        Step(String endpoint, FaultRule... faults) {
            this.endpoint = endpoint;
            this.faults = faults;
        }
    }

    private final Step step;
    private final Installation here;
    private final List<String> jobs = new ArrayList<>();

    PushBulkCrash(Step step) {
        this.step = step;
        here = new Installation(Postgres.shared(), "push_bulk_" + step.name().toLowerCase(), PushCrashes.TEAM);
        here.salesloft.faults(step.faults);
    }

    @Override
    public Installation here() {
        return here;
    }

    @Override
    public Map<String, String> settings() {
        return Map.of("PUSH_BULK_FROM", "100");
    }

    @Override
    public void begin(Container container) throws Exception {
        push(container, "a");
    }

    @Override
    public void goOn(Container container) throws Exception {
        await(this + "").atMost(Duration.ofSeconds(60)).until(() -> here.statuses(step.endpoint).getOrDefault("hang", 0L) > 0);
        if (step != Step.ANSWERED) {
            push(container, "b");
        }
    }

    /** Another batch still gathers; or, where there is none, the first page is stored. */
    @Override
    public boolean reached() {
        return step == Step.ANSWERED ? here.count("select count(*) from sync_row where state = 'done'") >= PAGE : here.count("select count(*) from push_batch where state = 'gather'") > 0;
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + " " + step;
    }

    @Override
    public void killed() {
        here.salesloft.faults();
        if (step == Step.STARTED) {
            here.salesloft.faults(on("POST", JOBS).times(1).afterWork().resets());
        }
        assertThat(here.count("select count(*) from sync_row where state = 'done'")).as(this + "").isBetween(step == Step.ANSWERED ? PAGE : 0, jobs.size() * ROWS - 1);
    }

    @Override
    public void verify(Container container) throws Exception {
        for (String job : jobs) {
            await(this + "").atMost(Duration.ofSeconds(90)).until(() -> job(container, job).path("state").asText().equals("done"));
            assertThat(List.of(job(container, job).path("created").asInt(), job(container, job).path("updated").asInt(), job(container, job).path("failed").asInt())).containsExactly(ROWS / 2, ROWS / 2, 0);
            assertThat(container.get("/sync/jobs/" + job + "/results").body().lines().toList()).hasSize(ROWS).allMatch(line -> line.matches(".*\"personId\" : \\d+.*"));
        }
        int rows = jobs.size() * ROWS;
        assertThat(here.salesloft.count("people")).isEqualTo(rows);
        assertThat(here.salesloft.stats().get("duplicatesCreated")).isEqualTo(Map.of("people", 0L, "memberships", 0L, "reenrolled", 0L));
        assertThat(here.salesloft.bulkJobs("done")).isEqualTo(jobs.size());
        assertThat(here.salesloft.bulkJobs("open")).isZero();
        assertThat(here.calls("POST " + JOBS)).isEqualTo(jobs.size());
        assertThat(here.calls("POST /v2/people") + here.calls("PUT /v2/people/{id}")).isZero();
        // The start of a batch is settled with its end, a moment after its last row.
        await().untilAsserted(() -> assertThat(here.count("select count(*) from operation where state = 'started'")).isZero());
        assertThat(here.count("select count(distinct idempotency_key) from audit_log where resource = 'people' and phase = 'outcome' and outcome = 'done' and resource_id is not null")).isEqualTo(rows);
        assertThat(here.count("select count(*) from record where resource = 'people' and document ->> 'title' = 'New'")).isEqualTo(rows);
    }

    /** Half of them are there. */
    private void push(Container container, String name) throws Exception {
        ArrayNode rows = JSON.createArrayNode();
        for (int i = 0; i < ROWS; i++) {
            if (i < ROWS / 2) {
                here.salesloft.put("people", JSON.createObjectNode().put("email_address", name + i + "@example.com").put("title", "Old"));
            }
            rows.addObject().put("email_address", name + i + "@example.com").put("title", "New");
        }
        jobs.add(JSON.readTree(container.push("application/json", rows.toString(), "bulk-" + name)).path("job").asText());
    }

    private static JsonNode job(Container container, String job) throws Exception {
        return JSON.readTree(container.get("/sync/jobs/" + job).body());
    }
}
