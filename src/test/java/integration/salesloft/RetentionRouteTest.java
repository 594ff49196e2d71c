package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Retention: what only grows is cut, and no more than that. */
class RetentionRouteTest extends IntegrationTest {

    @Test
    void forgetsWindowsOlderThanADay() {
        sql.update("insert into rate_budget values (now() - interval '2 days', 5, 0), (now() - interval '2 hours', 5, 0)");
        template.sendBody("direct:retention-now", null);
        assertThat(count("select count(*) from rate_budget where window_start < now() - interval '1 hour'")).isEqualTo(1);
    }
}
