package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Looking at jobs: how far they are, and what came of their rows. */
class SyncJobsRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String JOB = "00000000-0000-0000-0000-000000000001";

    @Test
    void saysHowFarAJobIs() throws Exception {
        job(10, "now() - interval '10 seconds'");
        rows(10, 4);
        JsonNode job = JSON.readTree(get("/sync/jobs/" + JOB, AS_SYNC).body());
        assertThat(job.path("state").asText()).isEqualTo("running");
        assertThat(job.path("created").asInt() + job.path("failed").asInt()).isEqualTo(4);
        assertThat(job.path("rowsPerSecond").asDouble()).isBetween(0.3, 0.4);
        assertThat(job.path("etaSeconds").asInt()).isBetween(15, 20);
        // How long it takes may have become another number between the two.
        await().untilAsserted(() -> assertThat(JSON.readTree(get("/sync/jobs", AS_SYNC).body())).hasSize(1).first().isEqualTo(JSON.readTree(get("/sync/jobs/" + JOB.toUpperCase(), AS_SYNC).body())));

        sql.update("update control set paused = true");
        assertThat(get("/sync/jobs/" + JOB, AS_SYNC).body()).contains(quoted("'state' : 'paused'"));
        sql.update("update control set paused = false");
        sql.update("update sync_job set started_at = null");
        assertThat(get("/sync/jobs/" + JOB, AS_SYNC).body()).contains(quoted("'state' : 'queued'"));
    }

    /** What has been counted is not counted again by everybody who looks. */
    @Test
    void keepsATallyOfWhatIsDone() throws Exception {
        job(10, "now() - interval '5 minutes'");
        rows(10, 4, "2 minutes");
        template.sendBody("direct:sync-push-worker-wake", null); // which is done every five seconds
        await().until(() -> count("select count(*) from sync_job where tally is not null") == 1);
        sql.update("delete from sync_row where state = 'done'");
        sql.update("update sync_row set state = 'done', outcome = 'failed', skipped = 'x', ended_at = now() where number = 5");
        JsonNode job = JSON.readTree(get("/sync/jobs/" + JOB, AS_SYNC).body());
        assertThat(List.of("created", "failed", "enrolled", "skipped").stream().map(what -> job.path(what).asInt())).containsExactly(4, 1, 5, 1);
    }

    /** More than one page of them, in order, while others are still to be done. */
    @Test
    void answersALineForEachRowThatIsDone() throws Exception {
        job(3_500, "now()");
        rows(3_500, 2_500);
        List<String> results = get("/sync/jobs/" + JOB + "/results", AS_SYNC).body().lines().toList();
        assertThat(results).hasSize(2_500);
        for (int i = 0; i < results.size(); i++) {
            assertThat(JSON.readTree(results.get(i)).path("row").asInt()).isEqualTo(i + 1);
        }
        assertThat(JSON.readTree(results.get(0))).isEqualTo(JSON.readTree("""
                {"row": 1, "key": "%s:1", "outcome": "created", "personId": 1, "membershipId": 2, "enrolled": true,
                 "skipped": null, "error": null, "original": {"email_address": "p1@example.com"}}
                """.formatted(JOB)));
        List<String> failures = get("/sync/jobs/" + JOB + "/failures", AS_SYNC).body().lines().toList();
        assertThat(failures).hasSize(25).allMatch(line -> line.contains("\"failed\"") && line.contains("bad row"));
        assertThat(get("/sync/jobs/" + JOB + "/failures", AS_SYNC).headers().firstValue("Content-Type")).contains("application/x-ndjson");
    }

    /** The same as a table, with the columns that the rows came with; nothing in it is a formula to a spreadsheet. */
    @Test
    void answersFailuresForASpreadsheet() {
        job(5, "now()");
        failure(1, "{\"email_address\":\"a@example.com\",\"phone\":\"+4930123\",\"title\":\"=HYPERLINK(\\\"http://x\\\")\"}", "no \"match\"");
        failure(2, quoted("{'email_address':'@SUM(1)','phone':'-2+3','tags':['a','b'],'title':null}"), "bad, row");
        failure(3, "\"\\t=1\"", "no row");
        failure(4, quoted("{'-x':'  +1 (2)','phone':'\\uff1d1','title':'two\\nlines'}"), "+");
        var answer = get("/sync/jobs/" + JOB + "/failures", "Authorization", "Bearer " + SYNC_TOKEN, "Accept", "text/csv");
        assertThat(answer.headers().firstValue("Content-Type").orElseThrow().replace(" ", "")).isEqualToIgnoringCase("text/csv;charset=utf-8");
        assertThat(answer.body().split("\r\n")).containsExactly(
                "\"row\",\"key\",\"error\",\"'-x\",\"email_address\",\"original\",\"phone\",\"tags\",\"title\"",
                "\"1\",\"k1\",\"no \"\"match\"\"\",\"\",\"a@example.com\",\"\",\"+4930123\",\"\",\"'=HYPERLINK(\"\"http://x\"\")\"",
                "\"2\",\"k2\",\"bad, row\",\"\",\"'@SUM(1)\",\"\",\"'-2+3\",\"[\"\"a\"\", \"\"b\"\"]\",\"\"",
                "\"3\",\"k3\",\"no row\",\"\",\"\",\"'\t=1\",\"\",\"\",\"\"",
                "\"4\",\"k4\",\"'+\",\"'  +1 (2)\",\"\",\"\",\"'\uff1d1\",\"\",\"two\nlines\"");
    }

    /** More than a page, with one line of names; and of a job without failures the names alone. */
    @Test
    void answersAnyNumberOfFailuresForASpreadsheet() {
        job(2_100, "now()");
        sql.update("insert into sync_row (job, number, key, given, original, identities, state, outcome, error, ended_at) "
                + "select ?::uuid, n, n, false, jsonb_build_object('email_address', 'p' || n), '{}', 'done', 'failed', 'bad row', now() from generate_series(1, 2100) n", JOB);
        List<String> lines = get("/sync/jobs/" + JOB + "/failures", "Authorization", "Bearer " + SYNC_TOKEN, "Accept", "text/csv, */*").body().lines().toList();
        assertThat(lines).hasSize(2_101);
        assertThat(lines.get(2_100)).isEqualTo("\"2100\",\"2100\",\"bad row\",\"p2100\"");
        sql.update("delete from sync_row");
        assertThat(get("/sync/jobs/" + JOB + "/failures", "Authorization", "Bearer " + SYNC_TOKEN, "Accept", "text/csv").body()).isEqualTo("\"row\",\"key\",\"error\"\r\n");
    }

    private void failure(int number, String original, String error) {
        sql.update("insert into sync_row (job, number, key, given, original, identities, state, outcome, error, ended_at) values (?::uuid, ?, 'k' || ?, false, ?::jsonb, '{}', 'done', 'failed', ?, now())",
                JOB, number, number, original, error);
    }

    @Test
    void answersNothingOfAJobWithoutResults() {
        job(1, "null");
        assertThat(get("/sync/jobs/" + JOB + "/results", AS_SYNC).statusCode()).isEqualTo(200);
        assertThat(get("/sync/jobs/" + JOB + "/results", AS_SYNC).body()).isEmpty();
    }

    @Test
    void knowsNoOtherJobs() {
        for (String path : List.of("/sync/jobs/" + JOB, "/sync/jobs/1'", "/sync/jobs/x/results", "/sync/jobs/" + JOB + "/failures")) {
            assertThat(get(path.replace("'", "%27"), AS_SYNC).statusCode()).isEqualTo(404);
            assertThat(get(path.replace("'", "%27")).statusCode()).isEqualTo(401);
        }
        assertThat(get("/sync/jobs", AS_SYNC).body()).isEqualTo("[]");
        assertThat(get("/sync/jobs").statusCode()).isEqualTo(401);
    }

    private void job(int total, String started) {
        sql.update("insert into sync_job (job, digest, actor, on_existing, dry_run, total, started_at) values (?::uuid, '', 'sync', 'update', false, ?, %s)".formatted(started), JOB, total);
    }

    /** The first of them done, each hundredth failed; the rest held by nobody who is there, and not to be done yet. */
    private void rows(int all, int done) {
        rows(all, done, "0 seconds");
    }

    /** Those that are done were done so long ago. */
    private void rows(int all, int done, String ago) {
        sql.update("""
                insert into sync_row (job, number, key, given, original, fields, identities, state, outcome, error, person_id, membership_id, enrolled, ended_at, not_before)
                select ?::uuid, n, ? || ':' || n, false, jsonb_build_object('email_address', 'p' || n || '@example.com'), '{}', '{}', case when n <= ? then 'done' else 'open' end,
                       case when n <= ? then case when n %% 100 = 0 then 'failed' else 'created' end end, case when n %% 100 = 0 then 'bad row' end, n, n + 1, true,
                       case when n <= ? then now() - cast(? as interval) end, 'infinity'
                  from generate_series(1, ?) n""".replace("%%", "%"), JOB, JOB, done, done, done, ago, all);
    }
}
