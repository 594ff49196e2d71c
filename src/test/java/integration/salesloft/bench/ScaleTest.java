package integration.salesloft.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.jdbc.core.JdbcTemplate;

/** A million people in a container with a heap of 256 MB: what its flows take, whether its tables keep their size, and how soon it answers. */
@Tag("bench")
@ExtendWith(Report.Parameter.class)
class ScaleTest {

    private static final int PEOPLE = Integer.getInteger("bench.people", 1_000_000);
    private static final int CHANGED = PEOPLE / 100;
    private static final int EVENTS = PEOPLE / 20;
    private static final int ASKED = 40;
    private static final int POINTS_A_MINUTE = 600;

    @Test
    void holdsALargeTeam(Report report) throws Exception {
        try (Surroundings around = Surroundings.start(PEOPLE); ImageProcess container = Image.extract().start(settings(around), "-Xmx256m")) {
            JdbcTemplate sql = around.sql();
            pull(report, around, container, sql);
            compare(report, around, sql);
            changeOften(report, around, sql);
            apply(report, sql);
            upload(report, container, sql);
            fillLog(sql);
            answer(report, container, sql);
            report.add("memory of the container at its largest, heap of 256 MB", memory(container.pid()), "");
            report.note("A million: container, sandbox and PostgreSQL in processes of their own, on these cores together, SalesLoft without limit. " + around.durability() + ".");
        }
    }

    private static Map<String, String> settings(Surroundings around) {
        Map<String, String> settings = around.settings();
        settings.put("SYNC_COMPARE_HOURS", "00:00-23:59");
        return settings;
    }

    private static void pull(Report report, Surroundings around, ImageProcess container, JdbcTemplate sql) throws Exception {
        awaitPulled(sql);
        double seconds = sql.queryForObject("select extract(epoch from finished_at - last_run_at) from sync_cursor where resource = 'people'", Double.class);
        assertThat(sql.queryForObject("select count(*) from record where resource = 'people'", Integer.class)).isEqualTo(PEOPLE);
        report.add(Report.number("first pull of %,d people", PEOPLE), Report.number("%,.0f s, %,.0f a second", seconds, PEOPLE / seconds), "");
        report.add("  points per 1,000, and memory of the container so far",
                Report.number("%.2f, %s", around.salesloft.total().path("cost").asDouble() / (PEOPLE / 1000.0), memory(container.pid())), "10.5 or less");
        around.salesloft.resetStats();
    }

    private static void compare(Report report, Surroundings around, JdbcTemplate sql) throws Exception {
        long begun = System.nanoTime(); // it begins when the first pull has ended
        until(() -> sql.queryForObject("select count(*) from comparison where finished_at is not null", Integer.class) == 1);
        double points = around.salesloft.total().path("cost").asDouble();
        report.add("comparison: seconds, points, and minutes of all of SalesLoft's limit",
                Report.number("%,.0f, %,.0f, %.1f", (System.nanoTime() - begun) / 1e9, points, points / POINTS_A_MINUTE), "30 minutes or less");
    }

    /** The same people again and again, as a team's busiest are. */
    private static void changeOften(Report report, Surroundings around, JdbcTemplate sql) throws Exception {
        List<Long> ids = sql.queryForList("select id from record where resource = 'people' order by hashint8(id) limit " + CHANGED, Long.class);
        Map<String, Object> before = updates(sql);
        long pages = sql.queryForObject("select pg_relation_size('record')", Long.class);
        double[] rates = new double[5];
        double points = 0;
        for (int run = 0; run < rates.length; run++) {
            around.salesloft.touch(ids);
            around.salesloft.resetStats();
            sql.update("update sync_cursor set next_run_at = now() where resource = 'people'");
            String last = sql.queryForObject("select finished_at::text from sync_cursor where resource = 'people'", String.class);
            until(() -> sql.queryForObject("select count(*) from sync_cursor where resource = 'people' and run_started_at is null and finished_at::text <> ?", Integer.class, last) == 1);
            rates[run] = CHANGED / sql.queryForObject("select extract(epoch from finished_at - last_run_at) from sync_cursor where resource = 'people'", Double.class);
            points = around.salesloft.total().path("cost").asDouble();
        }
        // PostgreSQL's processes tell of their updates when they have been idle for a while.
        until(() -> difference(updates(sql), before, "updated") >= CHANGED * (double) rates.length);
        Map<String, Object> after = updates(sql);
        double updated = difference(after, before, "updated");
        report.add(Report.number("incremental pulls of %,d, records a second, median of %d", CHANGED, rates.length), Report.spread(rates), "");
        report.add("  points of each, per 1,000 changed", Report.number("%.2f", points / (CHANGED / 1000.0)), "");
        report.add("  updated in place (HOT); growth of the table", Report.number("%.0f %%; %.1f %%", 100 * difference(after, before, "hot") / updated,
                100.0 * (sql.queryForObject("select pg_relation_size('record')", Long.class) - pages) / pages), "80 % or more; 5 % or less");
    }

    private static Map<String, Object> updates(JdbcTemplate sql) {
        return sql.queryForMap("select n_tup_upd as updated, n_tup_hot_upd as hot from pg_stat_user_tables where relname = 'record'");
    }

    private static double difference(Map<String, Object> after, Map<String, Object> before, String what) {
        return ((Number) after.get(what)).doubleValue() - ((Number) before.get(what)).doubleValue();
    }

    /** Events as SalesLoft would send them, put where those lie that were taken. The room of the first rounds is used again: indexes need two, to have pages to reuse. */
    private static void apply(Report report, JdbcTemplate sql) {
        double[] rates = new double[4];
        long[] sizes = new long[rates.length];
        for (int run = 0; run < rates.length; run++) {
            sql.update("delete from webhook_event");
            sql.execute("vacuum webhook_event");
            long begun = System.nanoTime();
            sql.update("""
                    insert into webhook_event (id, event, body, received_at, state)
                    select gen_random_uuid(), 'person_updated', document || jsonb_build_object('updated_at', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')), now(), 'received'
                      from record where resource = 'people' order by hashint8(id + ?) limit ?""", run, EVENTS);
            until(() -> sql.queryForObject("select count(*) from webhook_event where state = 'received'", Integer.class) == 0);
            rates[run] = EVENTS / ((System.nanoTime() - begun) / 1e9);
            sizes[run] = sql.queryForObject("select pg_total_relation_size('webhook_event')", Long.class);
        }
        assertThat(sql.queryForObject("select count(*) from webhook_event where state = 'applied'", Integer.class)).isEqualTo(EVENTS);
        report.add(Report.number("events applied per second, %d times %,d", rates.length, EVENTS), Report.spread(rates), "");
        report.add("  size of their table after the last and the second time", Report.number("%.2f", sizes[rates.length - 1] / (double) sizes[1]), "1.2 or less");
    }

    private static void upload(Report report, ImageProcess container, JdbcTemplate sql) throws Exception {
        sql.update("update control set paused = true");
        Path rows = writeRows(sql);
        long begun = System.nanoTime();
        String job = container.upload("/sync/people", "text/csv", rows);
        double seconds = (System.nanoTime() - begun) / 1e9;
        assertThat(sql.queryForObject("select count(*) from sync_row", Integer.class)).isEqualTo(PEOPLE);
        report.add(Report.number("a CSV of %,d rows taken", PEOPLE), Report.number("%,.0f s, %,.0f rows a second", seconds, PEOPLE / seconds), "");
        sql.update("update control set paused = false");
        until(() -> sql.queryForObject("select coalesce(unchanged, cast(tally ->> 'unchanged' as integer), 0) from sync_job", Integer.class) >= PEOPLE / 50);
        report.add("  rows of it that change nothing, per second",
                Report.number("%,.0f", sql.queryForObject("select count(*) / extract(epoch from max(ended_at) - min(ended_at)) from sync_row where outcome = 'unchanged'", Double.class)), "500 or more");
        begun = System.nanoTime();
        assertThat(container.post("/sync/jobs/" + Pattern.compile("[0-9a-f-]{36}").matcher(job).results().findFirst().orElseThrow().group() + "/cancel", "{}")).isEqualTo(200);
        report.add("  the rest of it cancelled in", Report.number("%,.1f s", (System.nanoTime() - begun) / 1e9), "");
        until(() -> sql.queryForObject("select count(*) from sync_job where finished_at is null", Integer.class) == 0);
    }

    /** Of people who are there, with a name they have. */
    private static Path writeRows(JdbcTemplate sql) throws IOException {
        Path file = Path.of("target", "bench", "rows.csv");
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            out.write("email_address,first_name\n");
            sql.query("select document ->> 'email_address' as email, document ->> 'first_name' as name from record where resource = 'people'", row -> {
                try {
                    out.write(row.getString("email") + "," + row.getString("name") + "\n");
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
        return file;
    }

    /** As many mutations in ledger and audit log as there are people. */
    private static void fillLog(JdbcTemplate sql) {
        // Before the ledger: an outcome that is not in the log is written by the container.
        sql.update("""
                insert into audit_log (at, phase, operation, resource, resource_id, idempotency_key, actor, request, status, outcome, attempts, duration_ms)
                select now() - i * interval '1 second', phase, 'update', 'people', i, 'bench:' || i, 'sync', jsonb_build_object('title', 'T' || i), case phase when 'outcome' then 200 end,
                       case phase when 'outcome' then 'done' end, 1, 30 from generate_series(1, ?) i, (values ('intent'), ('outcome')) p (phase)""", PEOPLE);
        sql.update("""
                insert into operation (key, operation, resource, actor, state, holder, lease_until, request, status, answer, started_at, ended_at)
                select 'bench:' || i, 'update', 'people', 'sync', 'done', 'bench', now() - interval '1 day', jsonb_build_object('title', 'T' || i), 200,
                       jsonb_build_object('data', jsonb_build_object('id', i)), now() - i * interval '1 second', now() - i * interval '1 second' from generate_series(1, ?) i""", PEOPLE);
        sql.execute("analyze");
    }

    /** What people and their programs look at, one after the other. */
    private static void answer(Report report, ImageProcess container, JdbcTemplate sql) throws Exception {
        String job = sql.queryForObject("select job::text from sync_job", String.class);
        double slowest = 0;
        String which = "";
        for (String path : List.of("/health", "/sync/status", "/sync/jobs", "/sync/jobs/" + job, "/ops/pause", "/ops/budget", "/ops/webhooks", "/ops/dead-letters", "/ops/rollback",
                "/ops/overview", "/ops/me", "/ops/events?limit=50", "/ops/events?id=17", "/ops/audit?limit=50", "/ops/audit?resource=people&id=17", "/ops/audit?since=2099-01-01T00:00:00Z", "/ops/audit?actor=nobody", "/ops/audit?operation=delete", "/console")) {
            double[] millis = new double[ASKED];
            for (int time = 0; time < ASKED; time++) {
                long begun = System.nanoTime();
                int status = container.get(path);
                millis[time] = (System.nanoTime() - begun) / 1e6;
                assertThat(status).as(path).isIn(200, 404);
            }
            report.add("GET " + path.replace(job, "{job}"), Report.number("%.1f ms, worst of %d %.1f", Report.median(millis), ASKED, Arrays.stream(millis).max().orElseThrow()), "50 ms");
            if (Report.median(millis) > slowest) {
                slowest = Report.median(millis);
                which = path.replace(job, "{job}");
            }
        }
        report.add("  the slowest of them", Report.number("%s %.1f ms", which, slowest), "50 ms or less");
    }

    private static void awaitPulled(JdbcTemplate sql) {
        until(() -> sql.queryForObject("select count(*) from sync_cursor where resource = 'people' and finished_at is not null", Integer.class) == 1);
    }

    private static void until(Callable<Boolean> condition) {
        await().atMost(Duration.ofMinutes(30)).pollInterval(Duration.ofMillis(100)).until(condition);
    }

    /** The most that a process has held in memory so far, from Linux. */
    private static String memory(long pid) throws IOException {
        Matcher peak = Pattern.compile("VmHWM:\\s+(\\d+) kB").matcher(Files.readString(Path.of("/proc/" + pid + "/status")));
        return peak.find() ? Report.number("%,d MB", Long.parseLong(peak.group(1)) / 1024) : "unknown";
    }
}
