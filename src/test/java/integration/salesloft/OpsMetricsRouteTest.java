package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import integration.salesloft.metrics.Gauges;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Gauges: what Prometheus reads follows the tables, and does so without a scrape touching the database. */
class OpsMetricsRouteTest extends IntegrationTest {

    @Test
    void followsTheTables() {
        sql.update("update control set paused = true");
        sql.update("insert into dead_letter (source, error, payload) values ('test', 'none', 'a'), ('test', 'none', 'b')");
        await().atMost(Duration.ofSeconds(12)).until(() -> metric("salesloft_paused") == 1 && metric("salesloft_dead_letters") == 2);
        assertThat(metric("salesloft_breaker_state")).isZero();
        assertThat(metric("salesloft_budget_remaining")).isBetween(0.0, 600.0);
        sql.update("update control set paused = false");
        await().atMost(Duration.ofSeconds(12)).until(() -> metric("salesloft_paused") == 0);
        assertThat(metric("salesloft_build_info", "release=\"" + camel.resolvePropertyPlaceholders("{{salesloft.release}}") + "\"")).isEqualTo(1);
    }
}
