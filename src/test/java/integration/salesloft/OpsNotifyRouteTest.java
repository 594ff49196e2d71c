package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What whoever has something to tell relies on: a notice is written once, and refused with a reason when it is none. */
class OpsNotifyRouteTest extends IntegrationTest {

    private static final Map<String, Object> NOTICE = Map.of("notice", "release-7", "audience", "sales,ops", "severity", "warning", "priority", "P2",
            "text", "Cadence <syncs> are frozen & wait; ask ada@example.com", "runbook", "dead-letters");

    /** Of what is only written here nothing is sent. */
    @BeforeEach
    void nobodySends() {
        sql.update("insert into lease (name, holder, fence, expires_at) values ('notices:sales', 'test', 1, 'infinity'), ('notices:ops', 'test', 1, 'infinity') "
                + "on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at");
    }

    @Test
    void writesANoticeOnceForEachAudienceHoweverOftenItIsAskedFor() {
        notify(without("audience", "audience", "ops"));
        IntStream.range(0, 8).mapToObj(n -> CompletableFuture.runAsync(() -> notify(NOTICE))).toList().forEach(CompletableFuture::join);

        assertThat(sql.queryForList("select audience from notice where id = 'release-7' order by audience", String.class)).containsExactly("ops", "sales");
        assertThat(sql.queryForObject("select document ->> 'message' from notice where audience = 'ops'", String.class))
                .isEqualTo("Cadence <syncs> are frozen & wait; ask ***");
        assertThat(sql.queryForObject("select document ->> 'runbookUrl' from notice where audience = 'ops'", String.class))
                .isEqualTo("https://wiki.example.com/runbook#dead-letters");
    }

    /** Whatever else the caller has in his hands stays in them. */
    @Test
    void changesNothingElseOfTheCallersMessage() {
        Exchange caller = new DefaultExchange(camel);
        caller.setProperty("text", "the caller's");
        caller.setProperty("incident", "the caller's");
        caller.getMessage().setHeader("told", "the caller's");
        caller.getMessage().setBody(NOTICE);
        template.send("direct:ops-notify", caller);
        assertThat(caller.getException()).isNull();
        assertThat(caller.getProperty("text")).isEqualTo("the caller's");
        assertThat(caller.getMessage().getHeaders()).containsOnly(Map.entry("told", "the caller's"));
        assertThat(count("select count(*) from notice where id = 'release-7'")).isEqualTo(2);
    }

    @Test
    void tellsOfAnIncidentWhenItBeginsAndWhenItIsOver() {
        Map<String, Object> begun = incident("test-down"); // of one that the container itself knows, its probes tell
        Map<String, Object> over = new HashMap<>(begun);
        over.put("over", true);
        notify(over); // of one that is not open there is nothing to tell
        assertThat(count("select count(*) from notice")).isZero();
        // As many replicas as one likes notice at the same time.
        for (int round = 1; round <= 2; round++) {
            IntStream.range(0, 8).mapToObj(n -> CompletableFuture.runAsync(() -> notify(begun))).toList().forEach(CompletableFuture::join);
            assertThat(count("select count(*) from notice")).isEqualTo(4 * round - 2);
            notify(incident("other"));
            sql.update("delete from notice where document ->> 'incident' = 'other'");
            IntStream.range(0, 8).mapToObj(n -> CompletableFuture.runAsync(() -> notify(over))).toList().forEach(CompletableFuture::join);
            assertThat(count("select count(*) from notice")).isEqualTo(4 * round);
        }
        List<String> ids = sql.queryForList("select distinct id from notice order by id", String.class);
        assertThat(ids).hasSize(4).allMatch(id -> id.matches("test-down:20\\d\\d-[\\d-]+T[\\d:.]+Z:(begun|over)"));
        assertThat(ids.get(0).replace("begun", "over")).isEqualTo(ids.get(1));
        assertThat(ids.get(2).replace("begun", "over")).isEqualTo(ids.get(3)).isNotEqualTo(ids.get(1));
        assertThat(count("select count(*) from notice where cast(document ->> 'over' as boolean) = (id like '%:over')")).isEqualTo(8);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            audience | all           | audience must be
            audience |               | audience must be
            severity | P1            | severity must be
            severity |               | severity must be
            priority | 1             | priority must be
            text     |               | text is missing
            runbook  | Dead letters  | runbook must be
            runbook  |               | runbook must be
            notice   |               | notice or incident must be given
            notice   | two words     | notice must be
            incident | auth-down     | notice or incident must be given
            over     | true          | over must be
            message  | hello         | has no parameter message
            """)
    void refusesWhatIsNoNotice(String argument, String value, String reason) {
        assertThatThrownBy(() -> notify(value == null ? without(argument) : without(argument, argument, value)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(reason);
        assertThat(count("select count(*) from notice")).isZero();
    }

    @Test
    void refusesAnIncidentThatIsNone() {
        assertThatThrownBy(() -> notify(without("notice", "incident", "auth down"))).hasMessageContaining("incident must be");
        assertThatThrownBy(() -> notify(without("notice", "incident", "auth-down", "over", "soon"))).hasMessageContaining("over must be");
        assertThatThrownBy(() -> template.requestBody("direct:ops-notify", "hello")).rootCause().hasMessageContaining("the body must be a map of arguments");
    }

    private static Map<String, Object> incident(String name) {
        return without("notice", "incident", name);
    }

    /** The notice without this argument, and with these. */
    private static Map<String, Object> without(String argument, Object... with) {
        Map<String, Object> notice = new HashMap<>(NOTICE);
        notice.remove(argument);
        for (int i = 0; i < with.length; i += 2) {
            notice.put(with[i].toString(), with[i + 1]);
        }
        return notice;
    }

    private void notify(Map<String, Object> arguments) {
        Exchange done = template.request("direct:ops-notify", exchange -> exchange.getMessage().setBody(arguments));
        if (done.getException() instanceof RuntimeException failure) {
            throw failure;
        }
        assertThat(done.getException()).isNull();
        assertThat(done.getMessage().getBody()).isNull();
    }
}
