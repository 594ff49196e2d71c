package integration.salesloft.bench;

import static org.awaitility.Awaitility.await;

import integration.salesloft.Delivery;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.jdbc.core.JdbcTemplate;

/** How many events a second are verified, stored and answered, against the same by hand, an empty route and bare inserts. */
@Tag("bench")
@ExtendWith(Report.Parameter.class)
class WebhookRateTest {

    private static final String WEBHOOKS = "/webhooks/salesloft";
    private static final int CONNECTIONS = 16;
    private static final int ROUNDS = 5;
    private static final int SECONDS = 3;
    private static final int WARM_UP_SECONDS = 25;
    private static final List<String> PATHS = List.of(WEBHOOKS, WebhookServer.BY_HAND, WebhookServer.EMPTY, WebhookServer.INSERTS);

    @Test
    void takesEvents(Report report) throws Exception {
        try (Surroundings around = Surroundings.start(5_000)) {
            report.note("Webhooks: load, container and PostgreSQL on these cores together; the events are applied meanwhile. " + around.durability() + ".");
            Map<String, String> settings = new HashMap<>(around.settings());
            settings.put("SALESLOFT_CALLBACK_TOKEN", Delivery.TOKEN);
            settings.put("CAMEL_MAIN_JMXENABLED", "false"); // as in the image, where camel-management is not
            String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
            String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
            try (ImageProcess server = ImageProcess.exec(List.of(java, "-Xmx1g", "-cp", classPath, WebhookServer.class.getName()), settings,
                    Path.of("target", "bench-webhooks.log"))) {
                server.awaitReady();
                JdbcTemplate sql = around.sql();
                await().atMost(Duration.ofMinutes(2)).until(() -> sql.queryForObject("select count(*) from people", Integer.class) == 5_000);
                String person = sql.queryForObject("select cast(document as text) from people limit 1", String.class)
                        .replaceFirst("\"id\": ?\\d+, ", "\"id\":1,").replaceFirst("\"updated_at\": ?\"[^\"]*\"", "\"updated_at\":\"2026-01-01T00:00:00.000000Z\"");
                if (!person.contains("\"id\":1,")) {
                    person = "{\"id\":1," + person.substring(1);
                }
                measure(report, sql, server.port(), person);
            }
        }
    }

    private static void measure(Report report, JdbcTemplate sql, int port, String person) throws Exception {
        Load load = new Load(port, person);
        Map<String, double[]> rates = new LinkedHashMap<>();
        for (String path : PATHS) { // warm: what is measured is not the compiler
            rate(load, sql, path, port, person, -1, path.equals(WebhookServer.INSERTS) ? SECONDS : WARM_UP_SECONDS);
        }
        for (int round = 0; round < ROUNDS; round++) {
            for (String path : PATHS) {
                rates.computeIfAbsent(path, key -> new double[ROUNDS])[round] = rate(load, sql, path, port, person, round, SECONDS);
            }
        }
        double ours = Report.median(rates.get(WEBHOOKS));
        report.add("webhooks taken per second, " + CONNECTIONS + " connections, median of " + ROUNDS, Report.spread(rates.get(WEBHOOKS)), "2,500 or more");
        report.add("  of a hand-written controller with the same insert", Report.number("%.2f", ours / Report.median(rates.get(WebhookServer.BY_HAND)))
                + " of " + Report.spread(rates.get(WebhookServer.BY_HAND)), "0.9 or more");
        report.add("  of bare inserts over the same pool", Report.number("%.2f", ours / Report.median(rates.get(WebhookServer.INSERTS)))
                + " of " + Report.spread(rates.get(WebhookServer.INSERTS)), "");
        report.add("  of an empty platform-http route", Report.number("%.2f", ours / Report.median(rates.get(WebhookServer.EMPTY)))
                + " of " + Report.spread(rates.get(WebhookServer.EMPTY)), "");
        long[] latencies = load.latencies(WEBHOOKS, 500, 8, 20);
        report.add("webhook answered at 500 a second, median, p99, worst", Report.number("%.1f ms, %.1f ms, %.1f ms",
                latencies[latencies.length / 2] / 1e6, latencies[latencies.length * 99 / 100] / 1e6, latencies[latencies.length - 1] / 1e6), "p99 under 50 ms");
        report.add("events not taken in all of this; and by hand", Report.number("%d, %d", load.refusals(WEBHOOKS), load.refusals(WebhookServer.BY_HAND)), "");
    }

    private static double rate(Load load, JdbcTemplate sql, String path, int port, String person, int round, int seconds) throws Exception {
        double rate = path.equals(WebhookServer.INSERTS) ? inserts(port, person, round, seconds) : load.rate(path, CONNECTIONS, seconds);
        awaitApplied(sql);
        // So that the disk does not become what is measured.
        sql.execute("truncate webhook_event, record");
        sql.execute("checkpoint");
        return rate;
    }

    private static double inserts(int port, String person, int round, int seconds) throws Exception {
        String count = HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create("http://localhost:" + port + WebhookServer.INSERTS
                        + "?seconds=" + seconds + "&threads=" + CONNECTIONS + "&run=" + round))
                .POST(HttpRequest.BodyPublishers.ofString(person)).build(), BodyHandlers.ofString()).body();
        return Double.parseDouble(count) / seconds;
    }

    private static void awaitApplied(JdbcTemplate sql) {
        await().atMost(Duration.ofMinutes(2)).until(() -> sql.queryForObject("select count(*) from webhook_event where state = 'received'", Integer.class) == 0);
    }
}
