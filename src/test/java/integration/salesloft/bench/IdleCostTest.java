package integration.salesloft.bench;

import static org.awaitility.Awaitility.await;

import integration.salesloft.Kafka;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.jdbc.core.JdbcTemplate;

/** What a container costs while nothing happens: its mirror is full, SalesLoft is silent, no job is open. */
@Tag("bench")
@ExtendWith(Report.Parameter.class)
class IdleCostTest {

    private static final int PEOPLE = 2_000;
    private static final String RESOURCES = "people,accounts,cadences,cadence_memberships,users,emails,calls,notes,steps,successes,person_stages";
    /** A whole number of {@code SYNC_INTERVAL}s, so that each measurement holds as many pulls. */
    private static final int SECONDS = 60;
    /** In which Linux counts a process's time. */
    private static final double TICKS_PER_SECOND = 100;

    @Test
    void costsNextToNothing(Report report) throws Exception {
        try (Kafka kafka = Kafka.start(); Surroundings around = Surroundings.start(PEOPLE)) {
            Map<String, String> settings = new HashMap<>(around.settings());
            settings.putAll(Map.of("KAFKA_BROKERS", kafka.brokers(), "SYNC_RESOURCES", RESOURCES, "SYNC_INTERVAL", "60s"));
            JdbcTemplate sql = around.sql();
            try (ImageProcess container = Image.extract().start(settings)) {
                await().atMost(Duration.ofMinutes(2)).until(() -> sql.queryForObject("select count(*) from record where resource = 'people'", Integer.class) == PEOPLE
                        && sql.queryForObject("select count(*) from outbox", Integer.class) == 0);
                pass(SECONDS); // what is compiled, and read ahead, at the start
                report.add("CPU of an idle container, of a core: PostgreSQL and JVM, in the second minute", cpu(around, container), "");
                pass(4 * SECONDS); // the JVM goes on compiling what comes around once a second, and then rests as well
                report.add("CPU of an idle container, of a core: PostgreSQL and JVM, in the seventh", cpu(around, container), "2 % together");

                sql.execute("alter system set log_min_duration_statement = 0");
                sql.execute("select pg_reload_conf()");
                pass(1);
                Path log = around.postgresLog();
                long from = Files.size(log);
                pass(SECONDS);
                sql.execute("alter system reset log_min_duration_statement");
                sql.execute("select pg_reload_conf()");
                String lines = new String(Files.readAllBytes(log), (int) from, (int) (Files.size(log) - from), java.nio.charset.StandardCharsets.UTF_8);

                report.add("statements per second of an idle container", Report.number("%.1f", count(lines, " ms  execute ") / SECONDS), "5 or less");
                report.add("  of which parsed anew", Report.number("%.1f", count(lines, " ms  parse ") / SECONDS), "1 or less");
                report.note("Idle: " + RESOURCES.split(",").length + " resources pulled every 60 s or ten minutes, with Kafka, each figure over " + SECONDS + " s. "
                        + most(lines));
            }
        }
    }

    /** What the two take of a core within a minute. */
    private static String cpu(Surroundings around, ImageProcess container) throws Exception {
        List<Long> postgres = around.postgresProcesses();
        long backendsBefore = ticks(postgres);
        long jvmBefore = ticks(List.of(container.pid()));
        pass(SECONDS);
        return Report.number("%.2f %% and %.2f %%", share(ticks(postgres) - backendsBefore), share(ticks(List.of(container.pid())) - jvmBefore));
    }

    private static void pass(int seconds) {
        await().pollDelay(Duration.ofSeconds(seconds)).atMost(Duration.ofSeconds(seconds + 5)).until(() -> true);
    }

    private static double count(String lines, String what) {
        return Pattern.compile(what, Pattern.LITERAL).matcher(lines).results().count();
    }

    /** The statements that ran most often, by their first line: each file begins with a comment that says what it does. */
    private static String most(String lines) {
        Map<String, Integer> counts = new HashMap<>();
        Pattern.compile(" ms  execute [^:]*: ([^\\n]{0,60})").matcher(lines).results().forEach(match -> counts.merge(match.group(1).strip(), 1, Integer::sum));
        StringBuilder text = new StringBuilder("Most often:");
        counts.entrySet().stream().sorted(Map.Entry.<String, Integer>comparingByValue().reversed()).limit(12)
                .forEach(entry -> text.append(System.lineSeparator()).append(Report.number("  %5.2f/s %s", entry.getValue() / (double) SECONDS, entry.getKey())));
        return text.toString();
    }

    private static double share(long ticks) {
        return 100 * ticks / TICKS_PER_SECOND / SECONDS;
    }

    /** Time that processes have used, of the user's and of the system's. One that is gone counts nothing. */
    private static long ticks(List<Long> processes) throws IOException {
        long sum = 0;
        for (long process : processes) {
            Path stat = Path.of("/proc", Long.toString(process), "stat");
            if (Files.exists(stat)) {
                String[] fields = Files.readString(stat).replaceFirst("^.*\\) ", "").split(" ");
                sum += Stream.of(fields[11], fields[12]).mapToLong(Long::parseLong).sum();
            }
        }
        return sum;
    }
}
