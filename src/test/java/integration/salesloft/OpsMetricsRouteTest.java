package integration.salesloft;

import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import integration.salesloft.deploy.Alerts;
import integration.salesloft.deploy.Dashboard;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Metrics: what Prometheus reads follows the tables, without a scrape touching the database, and is what the contract says. */
class OpsMetricsRouteTest extends IntegrationTest {

    private static final Pattern LINE = Pattern.compile("([a-z0-9_]+)(?:\\{(.*)})? (\\S+)");
    private static final Set<String> GIVEN_BY_PROMETHEUS = Set.of("job", "namespace", "instance");
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"([^\"]*)\"");

    @Test
    void followsTheTables() {
        sql.update("update control set paused = true");
        sql.update("insert into dead_letter (source, error, payload) values ('test', 'none', 'a'), ('test', 'none', 'b')");
        sql.update("update sync_cursor set state = 'forbidden', last_run_at = now() - interval '5 minutes' where resource = 'notes'");
        // What the gauges showed before the test is there until they are read again.
        await().untilAsserted(() -> {
            assertThat(metric("salesloft_paused")).isEqualTo(1);
            assertThat(metric("salesloft_dead_letters")).isEqualTo(2);
            assertThat(metric("salesloft_breaker_state")).isZero();
            assertThat(metric("salesloft_budget_limit")).isEqualTo(600);
            assertThat(metric("salesloft_budget_remaining")).isBetween(0.0, 600.0);
            assertThat(metric("salesloft_sync_lag_seconds", "resource=notes")).isBetween(300.0, 330.0);
            assertThat(metric("salesloft_sync_forbidden", "resource=notes")).isEqualTo(1);
            assertThat(metric("salesloft_sync_forbidden")).as("no other").isEqualTo(1);
            assertThat(metric("salesloft_gauges_read_timestamp_seconds")).isBetween(Instant.now().getEpochSecond() - 10.0, Instant.now().getEpochSecond() + 1.0);
        });
        sql.update("update control set paused = false");
        await().until(() -> metric("salesloft_paused") == 0);
        assertThat(metric("salesloft_build_info", "release=" + camel.resolvePropertyPlaceholders("{{salesloft.release}}"))).isEqualTo(1);
    }

    /** What Kafka does not get is seen by its number, and by its age. */
    @Test
    void saysHowLongKafkaWaits() {
        sql.update("insert into lease (name, holder, fence, expires_at) values ('outbox', 'test', 1, 'infinity') on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at");
        sql.update("insert into result_outbox (key, document, at) values ('a', '{}', now() - interval '20 minutes'), ('b', '{}', now())");
        await().untilAsserted(() -> {
            assertThat(metric("salesloft_outbox_backlog")).isEqualTo(2);
            assertThat(metric("salesloft_outbox_oldest_seconds")).isBetween(1200.0, 1230.0);
        });
    }

    /** Every metric that scripts, alerts and dashboards rely on, with its labels; counters with all values, before anything was counted. */
    @Test
    void isWhatTheContractSays() {
        Map<String, Set<String>> resources = Map.of("resource", Set.copyOf(RESOURCES));
        Map<String, Map<String, Set<String>>> promised = new TreeMap<>(Map.of(
                "salesloft_api_errors_total", Map.of("kind", Set.of("auth", "forbidden", "rate_limited", "server", "invalid", "io")),
                "salesloft_token_refreshes_total", Map.of("outcome", Set.of("ok", "failed", "invalid_grant"), "reason", Set.of("start", "rejected", "expiry", "authorized")),
                "salesloft_budget_spent_total", Map.of("priority", Set.of("health", "interactive", "bulk")),
                "salesloft_webhook_events_total", Map.of("outcome", Set.of("accepted", "duplicate", "rejected", "dead", "unavailable")),
                "salesloft_sync_lag_seconds", resources,
                "salesloft_push_rows_total", Map.of("outcome", Set.of("created", "updated", "unchanged", "failed", "cancelled"))));
        for (String gauge : List.of("auth_down", "budget_remaining", "breaker_state", "webhook_last_event_timestamp_seconds", "outbox_backlog", "dead_letters", "paused", "rollback_state",
                "gauges_read_timestamp_seconds")) {
            promised.put("salesloft_" + gauge, Map.of());
        }
        // What the gauges showed of other tests' lists is there until they are read again.
        await().untilAsserted(() -> {
            String now = management("/actuator/prometheus").body();
            promised.forEach((name, labels) -> assertThat(labels(now, name)).as(name).isEqualTo(labels));
        });
        String scraped = management("/actuator/prometheus").body();
        // Tests before this one may have pulled more.
        assertThat(labels(scraped, "salesloft_sync_records_total").get("resource")).containsAll(RESOURCES);
        assertThat(labels(scraped, "salesloft_api_seconds_count").keySet()).containsExactlyInAnyOrder("method", "resource", "status", "priority");
        assertThat(labels(scraped, "salesloft_api_seconds_bucket").get("le")).contains("0.3", "0.5", "2.0", "+Inf").hasSizeBetween(9, 13);
    }

    /** By Prometheus' own rules, and by those of them that need no promtool where there is none. */
    @Test
    void isCleanByPrometheusRules() throws Exception {
        // Many series of one name: promtool sees the help text of whichever comes first.
        faults(under("/v2/calls").answers(403));
        RESOURCES.forEach(this::pull);
        for (String resource : RESOURCES) {
            if (!resource.equals("calls")) {
                awaitPulled(resource);
            }
        }
        await().until(() -> management("/actuator/prometheus").body().contains("salesloft_paused"));
        String scraped = management("/actuator/prometheus").body();
        assertThat(scraped.lines().filter(line -> line.startsWith("# HELP "))).allMatch(line -> line.split(" ", 4).length == 4 && !line.split(" ", 4)[3].isBlank());
        assertThat(scraped.lines().filter(line -> line.startsWith("# TYPE ")).map(line -> line.split(" ")[2]))
                .allSatisfy(name -> assertThat(scraped).contains("# HELP " + name + " "));
        assertThat(scraped.lines().filter(line -> !line.startsWith("#")).flatMap(line -> LABEL.matcher(line).results().map(label -> label.group(1)))).doesNotContain("camelContext");
        assertThat(scraped).doesNotContain("camelContext");
        if (Promtool.isThere("promtool", "the metrics of a scrape by promtool check metrics")) {
            assertThat(Promtool.run(scraped, "promtool", "check", "metrics")).isEqualTo(new Promtool.Answer(0, ""));
        }
    }

    /** Alerts and dashboard ask for what there is: metrics, and labels in the braces behind them. */
    @Test
    void isWhatAlertsAndDashboardAskFor() throws Exception {
        await().until(() -> management("/actuator/prometheus").body().contains("salesloft_paused"));
        String scraped = management("/actuator/prometheus").body();
        List<String> queries = new ArrayList<>(Alerts.all().stream().map(Alerts.Alert::expression).toList());
        queries.addAll(Dashboard.queries());
        assertThat(queries).hasSizeGreaterThan(40).allSatisfy(query -> assertThat(Alerts.metrics(query)).allSatisfy(metric -> {
            Map<String, Set<String>> labels = labels(scraped, metric);
            Matcher selected = Pattern.compile("\\b" + metric + "\\{([^}]*)}").matcher(query);
            while (selected.find()) {
                assertThat(Pattern.compile("(\\w+)\\s*(=|!)").matcher(selected.group(1)).results().map(label -> label.group(1)).filter(label -> !GIVEN_BY_PROMETHEUS.contains(label)))
                        .as("%s in %s", metric, query).allMatch(labels::containsKey);
            }
        }));
        // That this would see it.
        assertThatThrownBy(() -> labels(scraped, "salesloft_api_errors")).isInstanceOf(AssertionError.class);
    }

    /** The values of each label of a metric. */
    private static Map<String, Set<String>> labels(String scraped, String name) {
        List<Matcher> lines = scraped.lines().map(LINE::matcher).filter(line -> line.matches() && line.group(1).equals(name)).toList();
        assertThat(lines).as(name).isNotEmpty();
        return lines.stream().filter(line -> line.group(2) != null).flatMap(line -> LABEL.matcher(line.group(2)).results())
                .collect(Collectors.groupingBy(label -> label.group(1), Collectors.mapping(label -> label.group(2), Collectors.toCollection(TreeSet::new))));
    }
}
