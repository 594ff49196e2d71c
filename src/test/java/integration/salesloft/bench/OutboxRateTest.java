package integration.salesloft.bench;

import static org.awaitility.Awaitility.await;

import integration.salesloft.Kafka;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.jdbc.core.JdbcTemplate;

/** How many records a second go from a filled outbox to Kafka, acknowledged and deleted. */
@Tag("bench")
@ExtendWith(Report.Parameter.class)
class OutboxRateTest {

    private static final int PEOPLE = 20_000;
    private static final int ROWS = 100_000;
    private static final int RUNS = 3;

    @Test
    void publishesAFilledOutbox(Report report) throws Exception {
        try (Kafka kafka = Kafka.start(); Surroundings around = Surroundings.start(PEOPLE);
             ImageProcess container = Image.extract().start(with(around.settings(), "KAFKA_BROKERS", kafka.brokers()))) {
            JdbcTemplate sql = around.sql();
            await().atMost(Duration.ofMinutes(3)).until(() -> sql.queryForObject("select count(*) from record", Integer.class) == PEOPLE);
            double[] rates = new double[RUNS];
            publish(sql); // the warm-up
            for (int run = 0; run < RUNS; run++) {
                rates[run] = publish(sql);
            }
            long size = size(sql);
            int vacuumed = vacuumed(sql);
            await().atMost(Duration.ofMinutes(3)).pollInterval(Duration.ofSeconds(1)).until(() -> vacuumed(sql) > vacuumed);
            for (int run = 0; run <= RUNS; run++) {
                publish(sql);
            }
            report.add("records published per second, median of " + RUNS + " outboxes of " + ROWS,
                    Report.spread(rates), "10,000 or more");
            report.add("  size of the outbox's table after as many more, once PostgreSQL has vacuumed it", Report.number("%.2f", size(sql) / (double) size), "1.2 or less");
        }
    }

    /** Fills the outbox; how many rows a second are sent until it is empty. */
    private static double publish(JdbcTemplate sql) {
        awaitEmpty(sql);
        sql.update("insert into outbox (resource, id, updated_at, document, source) "
                + "select resource, id, updated_at, document, 'pull' from record, generate_series(1, ?)", ROWS / PEOPLE);
        long begun = System.nanoTime();
        awaitEmpty(sql);
        return ROWS / ((System.nanoTime() - begun) / 1e9);
    }

    /** Bytes, with its indexes and what lies beside it. */
    private static long size(JdbcTemplate sql) {
        return sql.queryForObject("select pg_total_relation_size('outbox')", Long.class);
    }

    /** How often PostgreSQL has done so by itself. */
    private static int vacuumed(JdbcTemplate sql) {
        return sql.queryForObject("select autovacuum_count from pg_stat_user_tables where relname = 'outbox'", Integer.class);
    }

    private static void awaitEmpty(JdbcTemplate sql) {
        await().atMost(Duration.ofMinutes(3)).pollInterval(Duration.ofMillis(50)).until(() ->
                sql.queryForObject("select count(*) from (select from outbox limit 1) waiting", Integer.class) == 0);
    }

    private static Map<String, String> with(Map<String, String> settings, String name, String value) {
        Map<String, String> all = new HashMap<>(settings);
        all.put(name, value);
        return all;
    }
}
