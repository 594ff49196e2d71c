package integration.salesloft.bench;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.jdbc.core.JdbcTemplate;

/** How many rows a second a push does, with neither limit nor latency, and what each kind of row costs in points. */
@Tag("bench")
@ExtendWith(Report.Parameter.class)
class PushRateTest {

    private static final int ROWS = 10_000;
    private static final int UPLOAD = 200_000;

    @Test
    void pushesPeople(Report report) throws Exception {
        try (Surroundings around = Surroundings.start(0); ImageProcess container = Image.extract().start(around.settings())) {
            JdbcTemplate sql = around.sql();
            push(around, container, sql, 0, ROWS, "warm-up");
            push(around, container, sql, 0, ROWS, "warmed up");
            Pushed created = push(around, container, sql, ROWS, ROWS, "T");
            Pushed changed = push(around, container, sql, ROWS, ROWS, "New");
            Pushed unchanged = push(around, container, sql, ROWS, ROWS, "New");
            assertThat(sql.queryForList("select created + updated from sync_job order by at", Integer.class)).containsExactly(ROWS, ROWS, ROWS, ROWS, 0);
            assertThat(sql.queryForObject("select sum(failed) from sync_job", Integer.class)).isZero();

            report.add("rows pushed per second: created", Report.number("%,.0f", created.rate), "500 or more");
            report.add("rows pushed per second: changed", Report.number("%,.0f", changed.rate), "500 or more");
            report.add("rows pushed per second: unchanged", Report.number("%,.0f", unchanged.rate), "500 or more");
            report.add("points per created row", Report.number("%.3f", created.points), "1.02 or less");
            report.add("points per changed row", Report.number("%.3f", changed.points), "1.02 or less");
            report.add("points per unchanged row", Report.number("%.3f", unchanged.points), "0.02 or less");

            sql.update("update control set paused = true");
            String rows = body(0, UPLOAD, "T");
            long begun = System.nanoTime();
            assertThat(container.post("/sync/people", rows)).isEqualTo(202);
            report.add("rows taken per second, an upload of " + UPLOAD, Report.number("%,.0f", UPLOAD / ((System.nanoTime() - begun) / 1e9)), "");
            report.note("Push: container, sandbox and PostgreSQL in processes of their own, on these cores together. " + around.durability() + ".");
        }
    }

    private record Pushed(double rate, double points) {
    }

    private static Pushed push(Surroundings around, ImageProcess container, JdbcTemplate sql, int from, int count, String title) throws Exception {
        around.salesloft.resetStats();
        assertThat(container.post("/sync/people", body(from, count, title))).isEqualTo(202);
        await().atMost(Duration.ofMinutes(3)).until(() -> sql.queryForObject("select count(*) from sync_job where finished_at is null", Integer.class) == 0);
        double seconds = sql.queryForObject("select extract(epoch from finished_at - started_at) from sync_job order by at desc limit 1", Double.class);
        return new Pushed(count / seconds, around.salesloft.total().path("cost").asDouble() / count);
    }

    private static String body(int from, int count, String title) {
        return IntStream.range(from, from + count)
                .mapToObj(i -> quoted("{'email_address':'person%s@example.com','first_name':'Ann','last_name':'Person%s','title':'%s'}", i, i, title))
                .collect(Collectors.joining(",", "[", "]"));
    }
}
