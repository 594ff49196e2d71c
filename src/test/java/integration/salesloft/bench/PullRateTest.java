package integration.salesloft.bench;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.jdbc.core.JdbcTemplate;

/** How many records a second a pull writes, from its first request to its last row, and what it costs. */
@Tag("bench")
@ExtendWith(Report.Parameter.class)
class PullRateTest {

    private static final int PEOPLE = 60_000;
    private static final int RUNS = 3;

    @Test
    void pullsAWholeTeam(Report report) throws Exception {
        try (Surroundings around = Surroundings.start(PEOPLE); ImageProcess container = Image.extract().start(around.settings())) {
            JdbcTemplate sql = around.sql();
            awaitPulled(sql);  // the first pull, into the empty mirror, is the warm-up
            double[] rates = new double[RUNS];
            double points = 0;
            for (int run = 0; run < RUNS; run++) {
                sql.execute("truncate record");
                sql.execute("checkpoint");
                around.salesloft.resetStats();
                rates[run] = PEOPLE / seconds(pull(around, container, sql));
                assertThat(sql.queryForObject("select count(*) from record where resource = 'people'", Integer.class)).isEqualTo(PEOPLE);
                points = around.salesloft.total().path("cost").asDouble() / (PEOPLE / 1000.0);
            }
            report.add("records pulled per second, median of " + RUNS + " pulls of " + PEOPLE, Report.spread(rates), "5,000 or more");
            report.add("points per 1,000 records pulled", Report.number("%.2f", points), "10.5 or less");
            report.note("Pull: container, sandbox and PostgreSQL in processes of their own, on these cores together. " + around.durability() + ".");
        }
    }

    private static Duration pull(Surroundings around, ImageProcess container, JdbcTemplate sql) throws Exception {
        assertThat(container.post("/sync/pull", quoted("{'resource':'people'}"))).isEqualTo(202);
        until(5, () -> around.salesloft.total().path("calls").asLong() > 0);
        Instant first = Instant.now();
        awaitPulled(sql);
        return Duration.between(first, sql.queryForObject("select finished_at from sync_cursor where resource = 'people'", java.sql.Timestamp.class).toInstant());
    }

    private static void awaitPulled(JdbcTemplate sql) {
        until(100, () -> sql.queryForObject(
                "select count(*) from sync_cursor where resource = 'people' and run_started_at is null and state = 'idle'", Integer.class) == 1);
    }

    private static void until(int everyMillis, Callable<Boolean> condition) {
        await().ignoreExceptions().atMost(Duration.ofMinutes(3)).pollInterval(Duration.ofMillis(everyMillis)).until(condition);
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }
}
