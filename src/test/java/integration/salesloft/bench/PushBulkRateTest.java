package integration.salesloft.bench;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.jdbc.core.JdbcTemplate;

/** What a row costs in points that goes by a bulk job, half of the rows new and half of them changed; and how many a second these are without a limit. */
@Tag("bench")
@ExtendWith(Report.Parameter.class)
class PushBulkRateTest {

    private static final int ROWS = 100_000;

    @Test
    void pushesPeopleByBulkJobs(Report report) throws Exception {
        try (Surroundings around = Surroundings.start(0)) {
            Map<String, String> settings = new HashMap<>(around.settings());
            settings.put("PUSH_BULK_FROM", "1000");
            try (ImageProcess container = Image.extract().start(settings)) {
                JdbcTemplate sql = around.sql();
                push(around, container, sql, ROWS / 2, "T");
                double seconds = push(around, container, sql, ROWS, "New");
                double points = around.salesloft.total().path("cost").asDouble() / ROWS;
                assertThat(sql.queryForMap("select created, updated, unchanged, failed from sync_job order by at desc limit 1"))
                        .isEqualTo(Map.of("created", ROWS / 2, "updated", ROWS / 2, "unchanged", 0, "failed", 0));
                assertThat(points).isLessThanOrEqualTo(0.025);
                report.add("rows pushed per second by bulk jobs, half of them new", Report.number("%,.0f", ROWS / seconds), "");
                report.add("points per row by bulk jobs, half of them new", Report.number("%.4f", points), "0.025 or less");
            }
        }
    }

    private static double push(Surroundings around, ImageProcess container, JdbcTemplate sql, int count, String title) throws Exception {
        around.salesloft.resetStats();
        String rows = IntStream.range(0, count)
                .mapToObj(i -> quoted("{'email_address':'person%s@example.com','first_name':'Ann','last_name':'Person%s','title':'%s'}", i, i, title))
                .collect(Collectors.joining(",", "[", "]"));
        assertThat(container.post("/sync/people", rows)).isEqualTo(202);
        await().atMost(Duration.ofMinutes(10)).until(() -> sql.queryForObject("select count(*) from sync_job where finished_at is null", Integer.class) == 0);
        return sql.queryForObject("select extract(epoch from finished_at - started_at) from sync_job order by at desc limit 1", Double.class);
    }
}
