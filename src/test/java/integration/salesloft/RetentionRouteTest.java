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

    @Test
    void forgetsAppliedEventsAfterAWeek() {
        sql.update("""
                insert into webhook_event (id, event, body, received_at, state)
                select state || age || n, 'person_updated', '{}', now() - age, state
                  from unnest(array['applied', 'dead']) state, unnest(array[interval '8 days', interval '6 days']) age, generate_series(1, 1500) n
                """);
        template.sendBody("direct:retention-now", null);
        assertThat(count("select count(*) from webhook_event where state = 'applied'")).isEqualTo(1500);
        assertThat(count("select count(*) from webhook_event where state = 'applied' and received_at < now() - interval '7 days'")).isZero();
        assertThat(count("select count(*) from webhook_event where state = 'dead'")).isEqualTo(3000);
    }
}
