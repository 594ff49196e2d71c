package integration.salesloft.bench;

import static integration.salesloft.Quotes.quoted;
import static org.awaitility.Awaitility.await;

import integration.salesloft.Delivery;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * How many events a second are verified, stored and answered, against a controller written by hand that runs in a process of its
 * own. Both store in the same PostgreSQL, which writes each commit to the disk, and take turns, so that what else happens
 * on this machine happens to both.
 */
@Tag("bench")
@ExtendWith(Report.Parameter.class)
class WebhookRateTest {

    private static final int ROUNDS = 7;
    private static final int SECONDS = 3;
    /** Each takes tens of thousands of events meanwhile: what is measured is not the compiler. */
    private static final int WARM_UP_SECONDS = 45;
    /** As many as the container has for webhooks (salesloft.intake-pool). */
    private static final String CONNECTIONS_TO_POSTGRES = "8";

    @Test
    void takesEvents(Report report) throws Exception {
        try (Surroundings around = Surroundings.startDurable(5_000)) {
            report.note("Webhooks: load, container, rival and PostgreSQL on these cores together; the events are applied meanwhile. " + around.durability() + ".");
            Map<String, String> settings = new HashMap<>(around.settings());
            settings.put("SALESLOFT_CALLBACK_TOKEN", Delivery.TOKEN);
            settings.put("SALESLOFT_CALLBACK_TOKEN_PREVIOUS", "the-one-before");
            settings.put("POOL_SIZE", CONNECTIONS_TO_POSTGRES);
            JdbcTemplate sql = around.sql();
            try (ImageProcess container = Image.extract().start(settings); ImageProcess rival = startRival(settings)) {
                rival.awaitPort();
                sql.execute(Rival.TABLE);
                await().atMost(Duration.ofMinutes(2)).until(() -> sql.queryForObject("select count(*) from people", Integer.class) == 5_000);
                String person = person(sql);
                measure(report, new Contender(new Load(container.port(), person), sql), new Contender(new Load(rival.port(), person), sql));
            }
        }
    }

    private static ImageProcess startRival(Map<String, String> settings) throws Exception {
        String classPath = Arrays.stream(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")).split(File.pathSeparator))
                .filter(entry -> !entry.endsWith(Path.of("target", "classes").toString())).collect(Collectors.joining(File.pathSeparator));
        return ImageProcess.exec(List.of(Image.JAVA, "-cp", classPath, Rival.class.getName()), settings, Path.of("target", "bench", "rival.log"));
    }

    /** One of those in the mirror, with an id and a version that the load replaces. */
    private static String person(JdbcTemplate sql) {
        String person = sql.queryForObject("select cast(document as text) from people limit 1", String.class)
                .replaceFirst(quoted("'id': ?\\d+, "), quoted("'id':1,")).replaceFirst(quoted("'updated_at': ?'[^']*'"), quoted("'updated_at':'2026-01-01T00:00:00.000000Z'"));
        return person.contains(quoted("'id':1,")) ? person : quoted("{'id':1,%s", person.substring(1));
    }

    private static void measure(Report report, Contender ours, Contender rival) throws Exception {
        for (Contender contender : List.of(ours, rival)) {
            contender.run(64, WARM_UP_SECONDS);
        }
        for (int connections : List.of(64, 16)) {
            Run[] mine = new Run[ROUNDS];
            Run[] theirs = new Run[ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                mine[round] = ours.run(connections, SECONDS);
                theirs[round] = rival.run(connections, SECONDS);
            }
            double[] ratios = new double[ROUNDS];
            Arrays.setAll(ratios, round -> mine[round].rate() / theirs[round].rate());
            report.add("webhooks taken per second, " + connections + " connections, median of " + ROUNDS, Report.spread(rates(mine)), "");
            report.add("  of a controller written by hand, median of the rounds", Report.number("%.2f", Report.median(ratios)) + " of " + Report.spread(rates(theirs)),
                    connections == 64 ? "1.0 or more" : "0.8 or more");
            report.add("  transactions that write, for each event; by hand", Report.number("%.2f; %.2f", transactions(mine), transactions(theirs)), "less than 1");
        }
        long[] latencies = ours.load.latencies(500, 8, 20);
        report.add("webhook answered at 500 a second, median, p99, worst", Report.number("%.1f ms, %.1f ms, %.1f ms",
                latencies[latencies.length / 2] / 1e6, latencies[latencies.length * 99 / 100] / 1e6, latencies[latencies.length - 1] / 1e6), "p99 under 50 ms");
        report.add("events not taken in all of this; and by hand", Report.number("%d, %d", ours.load.refusals(), rival.load.refusals()), "");
    }

    private static double[] rates(Run... runs) {
        return Stream.of(runs).mapToDouble(Run::rate).toArray();
    }

    private static double transactions(Run... runs) {
        return Report.median(Stream.of(runs).mapToDouble(run -> run.transactions / run.events).toArray());
    }

    private record Run(double events, double seconds, double transactions) {

        double rate() {
            return events / seconds;
        }
    }

    private record Contender(Load load, JdbcTemplate sql) {

        Run run(int connections, double seconds) throws Exception {
            long written = written();
            long begun = System.nanoTime();
            long events = load.run(connections, seconds);
            double took = (System.nanoTime() - begun) / 1e9;
            Run run = new Run(events, took, written() - written);
            await().atMost(Duration.ofMinutes(2)).until(() ->
                    sql.queryForObject("select count(*) from webhook_event where state = 'received'", Integer.class) == 0);
            // So that the disk does not become what is measured.
            sql.execute("truncate webhook_event, record, rival_event");
            sql.execute("checkpoint");
            return run;
        }

        /** How many transactions have written something so far: PostgreSQL numbers them. */
        private long written() {
            return sql.queryForObject("select cast(cast(pg_snapshot_xmax(pg_current_snapshot()) as text) as bigint)", Long.class);
        }
    }
}
