package integration.salesloft;

import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import integration.salesloft.gateway.Unavailable;
import java.util.List;
import java.util.Map;
import org.apache.camel.processor.TotalRequestsThrottler;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An outage of SalesLoft's is told once when it begins and once when it is over, whoever notices, and none for a failure now and then. */
class OpsWatchRouteTest extends IntegrationTest {

    /** What other tests have counted within the last minute. */
    @BeforeEach
    void forgetFailures() {
        TotalRequestsThrottler pace = camel.getProcessor("ops-watch-pace", TotalRequestsThrottler.class);
        pace.shutdown();
        pace.start();
    }

    @Test
    void tellsOfMoreThanFiveFailuresInAMinute() {
        for (int failure = 1; failure <= 5; failure++) {
            failed();
        }
        assertThat(incidents()).isZero();
        failed();
        assertThat(incidents()).isEqualTo(1);
        failed();
        await().until(() -> told().size() == 1);
        JsonNode notice = CHAT.messages("ops").get(0).body();
        assertThat(List.of("priority", "severity", "over")).extracting(field -> notice.path(field).asText()).containsExactly("P1", "critical", "false");
        assertThat(notice.path("runbookUrl").asText()).endsWith("#api-errors");
    }

    /** Calls, as the gateway counts them: 5xx and no answer, but not what SalesLoft refuses. */
    @Test
    void countsTheFailuresOfCalls() {
        faults(under("/v2/people").answers(422));
        inMidWindow();
        for (int call = 1; call <= 7; call++) {
            assertThatThrownBy(() -> call(Map.of("priority", "interactive"), null)).hasMessageContaining("422");
        }
        assertThat(incidents()).isZero();
        faults(under("/v2/people").answers(503));
        inMidWindow();
        assertThatThrownBy(() -> call(Map.of("resource", "people"), null)).isInstanceOf(Unavailable.class);
        faults(under("/v2/notes").resets());
        assertThatThrownBy(() -> call(Map.of("resource", "notes", "path", "/v2/notes.json"), null)).isInstanceOf(Unavailable.class);
        await().until(() -> incidents() == 1);
    }

    /** A quiet minute, in which nobody calls because the breaker is open, ends nothing; nor does a breaker that tries whether it is better. */
    @Test
    void goesOnWhileTheBreakerIsOpenAndForFiveMinutesAfter() {
        breaker().transitionToForcedOpenState();
        await().until(() -> told().size() == 1);
        sql.update("update incident set seen_at = now() - interval '6 minutes'");
        await().until(() -> count("select count(*) from incident where seen_at > now() - interval '1 minute'") == 1);
        breaker().reset();
        await().until(() -> camel.getInflightRepository().size("ops-watch") == 0); // which may have seen it open
        sql.update("update incident set seen_at = now() - interval '4 minutes'");
        looked();
        assertThat(incidents()).isEqualTo(1);
        sql.update("update incident set seen_at = now() - interval '5 minutes 1 second'");
        await().until(() -> told().size() == 2);
        looked();
        assertThat(incidents()).isZero();
        assertThat(told()).containsExactly(false, true);
    }

    private void failed() {
        assertThat(template.request("direct:ops-watch-failed", exchange -> { }).getException()).isNull();
    }

    /** As the timer does. */
    private void looked() {
        assertThat(template.request("direct:ops-watch-judge", exchange -> exchange.setProperty("seen", false)).getException()).isNull();
    }

    private int incidents() {
        return count("select count(*) from incident where name = 'api-errors'");
    }

    /** Of each notice that came, whether it said that it is over. */
    private static List<Boolean> told() {
        return CHAT.messages("ops").stream().filter(notice -> notice.id().startsWith("api-errors:")).map(notice -> notice.body().path("over").asBoolean()).toList();
    }
}
