package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** /health: the truth about SalesLoft and the database, soon, and no outage where there is none. */
class HealthRouteTest extends IntegrationTest {

    @Test
    void saysHealthyWithWhatAnOperatorAsksFirst() {
        await().until(() -> get("/health").statusCode() == 200); // not between two windows
        assertThat(get("/health").body()).contains(quoted("'status':'healthy'"), quoted("'connected':true"), quoted("'latencyMs':"),
                quoted("'breaker':'closed'"), quoted("'budgetRemaining':"), quoted("'paused':false"), quoted("'version':"))
                .containsPattern(quoted("'release':'[^']+\\+[0-9a-f]{7}\\.[0-9a-f]{8}'"));
    }

    @Test
    void saysDegradedWhileSalesLoftIsIllAndHeals() {
        suspendProbes(); // or one that was answered before would say that it is well
        faults(under("/v2/me").answers(500));
        probeIsDue();
        await().until(() -> count("select count(*) from probe where at is not null") == 1 && get("/health").statusCode() == 503);
        assertThat(get("/health").body()).contains(quoted("'status':'degraded'"), quoted("'connected':false"));
        faults();
        probeIsDue();
        await().until(() -> get("/health").statusCode() == 200);
    }

    @Test
    void doesNotCallALimitOrAPauseAnOutage() {
        faults(under("/v2/me").answers(429));
        sql.update("update control set paused = true");
        await().until(() -> count("select count(*) from probe where at is not null") == 1);
        assertThat(calls("GET /v2/me")).isPositive();
        assertThat(get("/health").statusCode()).isEqualTo(200);
        assertThat(get("/health").body()).contains(quoted("'paused':true"));
    }

    /** A full pull is under way and SalesLoft hangs: the answer comes within two seconds all the same. */
    @Test
    void answersWithinTwoSecondsWhileSalesLoftHangs() {
        faults(under("/v2/").hangs());
        for (String resource : RESOURCES) {
            pull(resource);
        }
        await().until(() -> {
            Instant asked = Instant.now();
            int status = get("/health").statusCode();
            assertThat(Duration.between(asked, Instant.now())).isLessThan(Duration.ofSeconds(2));
            return status == 503;
        });
        faults();
    }

    /** As on a new database: neither SalesLoft nor its token endpoint have answered yet. */
    @Test
    void answersWithinTwoSecondsWhileNothingIsKnown() {
        suspendProbes(); // or one would have a token before there is none to be had
        seed(Map.of());
        faults(on("POST", "/oauth/token").hangs());
        sql.update("update probe set at = null, connected = false");
        probeIsDue();
        await().until(() -> calls("POST /oauth/token") > 0);
        for (int asked = 0; asked < 2; asked++) {
            sql.update("update probe set claimed_at = '-infinity'"); // who asks could make the probe himself, and must not wait for it
            Instant begun = Instant.now();
            var answer = get("/health");
            assertThat(Duration.between(begun, Instant.now())).isLessThan(Duration.ofSeconds(2));
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).contains(quoted("'status':'degraded'"), quoted("'database':'up'"));
        }
        assertThat(count("select count(*) from probe where at is null")).isEqualTo(1);
        faults();
    }

    @Test
    void saysDegradedWhileTheDatabaseCannotAnswer() {
        sql.execute("alter table control rename to away");
        try {
            var answer = get("/health");
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).contains(quoted("'status':'degraded'"), quoted("'connected':false"), quoted("'database':'down'"));
        } finally {
            sql.execute("alter table away rename to control");
        }
    }

    /** Of its own accord; and then as often as the timers of many replicas would ask it to. */
    @Test
    void probesOnceInFiveSecondsHoweverOftenItIsAsked() {
        await().until(() -> count("select count(*) from probe where at is not null") == 1);
        assertThat(calls("GET /v2/me")).isPositive();
        int seconds = policy("probe-seconds");
        Instant begun;
        do { // on a machine that takes seconds for it, it would be due again
            suspendProbes();
            sql.update("update probe set claimed_at = now()");
            begun = Instant.now();
            SALESLOFT.resetStats();
            for (int asked = 0; asked < 20; asked++) {
                get("/health");
                template.sendBody("direct:health-probe", null);
            }
        } while (Duration.between(begun, Instant.now()).compareTo(Duration.ofSeconds(seconds - 1)) > 0);
        assertThat(calls("GET /v2/me")).isZero();

        sql.update("update probe set claimed_at = now() - make_interval(secs => ?)", seconds);
        CompletableFuture.allOf(Stream.generate(() -> template.asyncSendBody("direct:health-probe", null)).limit(8).toArray(CompletableFuture[]::new)).join();
        await().until(() -> calls("GET /v2/me") > 0); // later, where it fell between two windows of the budget
        assertThat(calls("GET /v2/me")).isEqualTo(1);
    }

    @Test
    void refusesOtherMethodsAndUnknownPathsAsProblems() {
        assertThat(send("POST", "/health", "{}").statusCode()).isEqualTo(405);
        var unknown = get("/nothing/here");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.headers().firstValue("Content-Type")).hasValueSatisfying(type -> assertThat(type).startsWith("application/problem+json"));
    }
}
