package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import integration.salesloft.gateway.BreakerOpen;
import integration.salesloft.gateway.BudgetExhausted;
import integration.salesloft.gateway.CallLimits;
import integration.salesloft.gateway.Forbidden;
import integration.salesloft.gateway.InProgress;
import integration.salesloft.gateway.Invalid;
import integration.salesloft.gateway.NotFound;
import integration.salesloft.gateway.NotPermitted;
import integration.salesloft.gateway.Paused;
import integration.salesloft.gateway.RateLimited;
import integration.salesloft.gateway.SalesLoftException;
import integration.salesloft.gateway.Unauthorized;
import integration.salesloft.gateway.Unavailable;
import integration.salesloft.sandbox.FaultRule;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.camel.component.http.CompositeHttpConfigurer;
import org.apache.camel.component.http.HttpEndpoint;
import org.apache.camel.model.OnExceptionDefinition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** The gateway: each of its policies, by what SalesLoft saw and what the caller got. */
@ExtendWith(OutputCaptureExtension.class)
class GatewayCallRouteTest extends IntegrationTest {

    private static final String NEW_PERSON = quoted("{'email_address':'ada@example.com','first_name':'Ada','last_name':'L'}");

    /** A probe's calls, points and failures are not counted with those of a test. */
    @BeforeEach
    void withoutProbes() {
        suspendProbes();
    }

    @Test
    void answersWhatSalesLoftAnswers() {
        assertThat(call(Map.of("query", "per_page=1"), null)).contains(quoted("'data':[{"));
    }

    @Test
    void refusesAnArgumentThatIsNone() {
        assertThatThrownBy(() -> call(Map.of("qurey", "per_page=1"), null)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("no parameter qurey");
        assertThatThrownBy(() -> template.requestBody("direct:gateway-call", "GET /v2/people")).rootCause().hasMessageStartingWith("the body must be a map of arguments");
        assertThat(calls("GET /v2/people")).isZero();
    }

    @Test
    void leavesTheCallersHeadersAndPropertiesAsTheyWere() {
        String trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var caller = template.request("direct:gateway-call", exchange -> {
            exchange.getMessage().setHeader("found", "mine");
            exchange.setProperty("status", "mine");
            exchange.setProperty("traceparent", trace);
            exchange.getMessage().setBody(Map.of("method", "GET", "resource", "people", "path", "/v2/people.json", "query", "per_page=1", "priority", "interactive"));
        });
        assertThat(caller.getMessage().getBody(String.class)).contains(quoted("'data':[{"));
        assertThat(caller.getMessage().getHeaders()).isEqualTo(Map.of("found", "mine"));
        assertThat(caller.getProperties()).containsOnly(Map.entry("status", "mine"), Map.entry("traceparent", trace));
    }

    @Test
    @SuppressWarnings("unchecked")
    void sendsItsOwnHeadersAndNoOthers() {
        template.request("direct:gateway-call", exchange -> {
            exchange.getMessage().setHeader("Cookie", "session=1");
            exchange.getMessage().setHeader("X-Forwarded-For", "10.0.0.1");
            exchange.getMessage().setHeader("CamelHttpQuery", "per_page=77");
            exchange.getMessage().setBody(Map.of("method", "GET", "resource", "people", "path", "/v2/people.json", "priority", "interactive"));
        });
        call(mutation("POST", "/v2/people.json", "headers"), NEW_PERSON);

        Map<String, List<String>> headers = (Map<String, List<String>>) SALESLOFT.stats().get("headers");
        assertThat(headers.get("GET /v2/people")).containsExactlyInAnyOrder(
                "authorization", "accept", "accept-encoding", "connection", "host", "user-agent");
        assertThat(headers.get("POST /v2/people")).containsExactlyInAnyOrder(
                "authorization", "accept", "accept-encoding", "connection", "host", "user-agent",
                "content-type", "content-length", "idempotency-key");
    }

    @Test
    void repeatsOutagesSomeTimesAndThenGivesUp() {
        faults(under("/v2/people").answers(500));

        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(Unavailable.class).hasMessageContaining("500");
        assertThat(calls("GET /v2/people")).isEqualTo(attempts());
    }

    @Test
    void treatsACutConnectionAsAnOutage() {
        faults(under("/v2/people").resets());

        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(Unavailable.class);
        assertThat(calls("GET /v2/people")).isEqualTo(attempts());
    }

    @Test
    void givesEveryKindOfFailureItsOwnAttempts() {
        faults(under("/v2/people").times(1).answers(500),
                under("/v2/people").times(1).answers(401),
                under("/v2/people").times(1).answers(429),
                under("/v2/people").times(1).answers(502, "<html>bad gateway</html>"));

        assertThat(call(Map.of("query", "per_page=1"), null)).contains(quoted("'data'"));
        assertThat(statuses("GET /v2/people")).containsExactlyInAnyOrderEntriesOf(Map.of("500", 1L, "401", 1L, "429", 1L, "502", 1L, "200", 1L));
    }

    @Test
    void waitsAsLongAsRetryAfterSays() {
        Instant begun = Instant.now();
        isAskedAgainInTheFirstOpenWindow("2");
        assertThat(Duration.between(begun, Instant.now())).isGreaterThanOrEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void readsRetryAfterAsADateToo() {
        Instant begun = Instant.now();
        isAskedAgainInTheFirstOpenWindow(DateTimeFormatter.RFC_1123_DATE_TIME.format(begun.plusSeconds(3).atOffset(ZoneOffset.UTC)));
        assertThat(Duration.between(begun, Instant.now())).isGreaterThanOrEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void waitsForTheNextWindowWithoutRetryAfter() {
        assertThat(isAskedAgainInTheFirstOpenWindow(null)).isEqualTo(1);
    }

    @Test
    void doesNotKeepAPersonWaitingForALongRetryAfter() {
        faults(under("/v2/people").header("Retry-After", "3600").answers(429));

        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(RateLimited.class)
                .hasMessageMatching(".*asked to wait " + policy("longest-retry-after") + "\\d{3} ms");  // so long is an hour at most, and 250 ms of jitter may come on top
        assertThat(calls("GET /v2/people")).isEqualTo(1);
    }

    @Test
    void stopsEveryReplicaForAsLongAsRetryAfterSays() {
        faults(under("/v2/people").header("Retry-After", "30").answers(429));

        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(RateLimited.class);
        assertThat(count("select count(*) from rate_budget, (select min(window_start) as first from rate_budget where interactive > 0) asked "
                + "where spent >= 600 and window_start > first and window_start < first + interval '38 seconds'")).isBetween(7, 8);
        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(BudgetExhausted.class);
        assertThat(calls("GET /v2/people")).isEqualTo(1);
    }

    @Test
    void logsARefusalWithItsPayloadMaskedAndKeepsIt(CapturedOutput output) {
        call(mutation("POST", "/v2/people.json", "first"), NEW_PERSON);

        assertThatThrownBy(() -> call(mutation("POST", "/v2/people.json", "second"), NEW_PERSON))
                .isInstanceOf(Invalid.class).hasMessageNotContaining("ada@");
        assertThat(calls("POST /v2/people")).isEqualTo(2);
        assertThat(sql.queryForMap("select source, error, payload, state from dead_letter"))
                .containsEntry("source", "POST /v2/people.json").containsEntry("payload", NEW_PERSON).containsEntry("state", "dead")
                .hasEntrySatisfying("error", error -> assertThat(error.toString()).startsWith("422").contains("email_address"));
        await().untilAsserted(() -> assertThat(output.getOut()).containsPattern(quoted("refused 422: POST people [{] *'email_address' *: *'[*]{3}', *'first_name' *: *'[*]{3}'"))
                .doesNotContain("ada@example.com"));
        assertThat(sql.queryForObject("select state from operation where key = 'second'", String.class)).isEqualTo("failed");
    }

    /** A healed 401 is nobody's alert, and what fails after it is another matter. */
    @Test
    void alertsOnlyOfWhatIsNoGoodAfterARenewal() {
        for (int status : new int[] {403, 404, 500}) {
            faults(under("/v2/people").times(1).answers(401), under("/v2/people").answers(status));
            assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(SalesLoftException.class);
            assertThat(count("select cast(auth_down as integer) from probe")).as("after " + status).isZero();
        }
    }

    @Test
    void alertsOfATokenThatIsRejectedTwice() {
        faults(under("/v2/people").answers(401));
        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(Unauthorized.class);
        assertThat(statuses("GET /v2/people")).isEqualTo(Map.of("401", 2L));
        assertThat(count("select cast(auth_down as integer) from probe")).isEqualTo(1);
    }

    @Test
    void handsForbiddenAndNotFoundToTheCallerAtOnce() {
        faults(under("/v2/people").answers(403));
        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(Forbidden.class);
        assertThat(calls("GET /v2/people")).isEqualTo(1);

        faults();
        assertThatThrownBy(() -> call(Map.of("path", "/v2/people/404.json"), null))
                .isInstanceOf(NotFound.class);
    }

    @Test
    void opensTheBreakerAndSpendsNothingWhileItIsOpen() {
        faults(under("/v2/").answers(503));
        int enough = breaker().getCircuitBreakerConfig().getMinimumNumberOfCalls();
        List<String> resources = RESOURCES.subList(0, (enough + attempts() - 1) / attempts());
        for (String resource : resources) {
            assertThatThrownBy(() -> ask(resource)).isInstanceOf(SalesLoftException.class);
        }
        assertThat(breaker().getState()).isNotEqualTo(CircuitBreaker.State.CLOSED);
        breaker().transitionToForcedOpenState(); // or it would soon let one through
        long made = resources.stream().mapToLong(resource -> calls("GET /v2/" + resource)).sum();
        int spent = count("select coalesce(sum(spent), 0) from rate_budget");

        assertThatThrownBy(() -> ask("steps")).isInstanceOf(BreakerOpen.class).hasMessage("the breaker is open");
        assertThatThrownBy(() -> ask("people")).isInstanceOf(BreakerOpen.class).hasMessage("the breaker is open");
        assertThat(resources.stream().mapToLong(resource -> calls("GET /v2/" + resource)).sum()).isEqualTo(made).isLessThanOrEqualTo(resources.size() * attempts());
        assertThat(count("select coalesce(sum(spent), 0) from rate_budget")).isEqualTo(spent);
    }

    /** Whoever calls for it, and however many at once: the others are served as ever, and it is tried again by itself. */
    @Test
    void leavesOneSickResourceAloneAndServesTheOthers() {
        faults(under("/v2/people").delayed(Duration.ofMillis(300)).answers(500));
        List<CompletableFuture<Void>> calls = IntStream.range(0, 20).mapToObj(n -> CompletableFuture.runAsync(
                () -> assertThatThrownBy(() -> ask("people")).isInstanceOf(SalesLoftException.class), command -> new Thread(command).start())).toList();
        while (!calls.stream().allMatch(CompletableFuture::isDone)) {
            assertThat(ask("accounts")).contains("data");
        }
        calls.forEach(CompletableFuture::join);
        long made = calls("GET /v2/people");
        assertThatThrownBy(() -> ask("people")).isInstanceOf(BreakerOpen.class).hasMessageContaining("people has failed");
        assertThat(calls("GET /v2/people")).isEqualTo(made);
        assertThat(breaker().getState()).isEqualTo(CircuitBreaker.State.CLOSED);

        faults();
        await().ignoreException(BreakerOpen.class).until(() -> ask("people").contains("data"));
        assertThat(ask("people")).contains("data");
    }

    /** A byte now and then meets no time-out of a read; a probe's total is the shortest there is. */
    @Test
    void cutsOffAnAnswerThatDrips() {
        faults(under("/v2/people").dripping(Duration.ofMillis(200)));
        double errors = metric("salesloft_api_errors_total", "kind=io");

        call(Map.of("resource", "me", "path", "/v2/me.json"), null); // has a token now
        inMidWindow();
        assertThatThrownBy(() -> call(Map.of("priority", "health"), null)).isInstanceOf(Unavailable.class)
                .hasMessageContaining("GET people: 0 InterruptedIOException");
        assertThat(metric("salesloft_api_errors_total", "kind=io")).isCloseTo(errors + 1, within(0.1));
        assertThat(breaker().getMetrics().getNumberOfFailedCalls()).isEqualTo(1);
    }

    @Test
    void looksACreateUpThatWasCutOff() {
        faults(on("POST", "/v2/people").dripping(Duration.ofMillis(200)));
        Map<String, Object> create = with(mutation("POST", "/v2/people.json", "cut"),
                Map.of("lookupPath", "/v2/people.json", "lookupQuery", "email_addresses%5B%5D=ada%40example.com"));
        call(Map.of("resource", "me", "path", "/v2/me.json"), null); // has a token now
        inMidWindow();
        assertThatThrownBy(() -> call(with(create, Map.of("priority", "health")), NEW_PERSON)).isInstanceOf(Unavailable.class);
        assertThat(sql.queryForObject("select state from operation where key = 'cut'", String.class)).isEqualTo("started");
        assertThat(count("select count(*) from operation where key = 'cut' and lease_until between started_at + interval '59 seconds' and started_at + interval '61 seconds'")).isEqualTo(1);

        sql.update("update operation set lease_until = now() - interval '1 second'");
        assertThat(call(create, NEW_PERSON)).contains("ada@example.com");
        assertThat(calls("POST /v2/people")).isEqualTo(1);
        assertThat(calls("GET /v2/people")).isEqualTo(1);
    }

    @Test
    void givesEveryCallOutATotalTime() {
        assertThat(camel.getEndpoints().stream().filter(HttpEndpoint.class::isInstance).map(HttpEndpoint.class::cast)).hasSize(6)
                .allSatisfy(endpoint -> assertThat(endpoint.getHttpClientConfigurer()).isInstanceOfAny(CallLimits.class, CompositeHttpConfigurer.class));
    }

    /** 17 kB that unpack to 17 MB: no outage, and no reason to ask for the same again. */
    @Test
    void refusesAnAnswerThatSwells() {
        faults(under("/v2/people").afterWork().answersSwollen(200, 17 << 20));

        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(Invalid.class).hasMessageContaining("more than 16777216 bytes");
        assertThat(calls("GET /v2/people")).isEqualTo(1);
        assertThat(breaker().getMetrics().getNumberOfFailedCalls()).isZero();

        // Done, but its outcome is unknown.
        assertThatThrownBy(() -> call(mutation("POST", "/v2/people.json", "swollen"), NEW_PERSON)).isInstanceOf(Unavailable.class);
        assertThat(sql.queryForObject("select state from operation where key = 'swollen'", String.class)).isEqualTo("started");
        assertThat(count("select count(*) from dead_letter")).isZero();
    }

    /** It looked closed enough, and other calls have taken what a half-open breaker permits. */
    @Test
    void isRefusedByAHalfOpenBreakerThatHasNoPermitLeft() {
        CircuitBreaker breaker = breaker();
        breaker.transitionToOpenState();
        breaker.transitionToHalfOpenState();
        while (breaker.tryAcquirePermission()) {
            assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.HALF_OPEN);
        }
        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(BreakerOpen.class);
        assertThat(calls("GET /v2/people")).isZero();
    }

    @Test
    void doesNotTakeRefusalsForAnOutage() {
        faults(under("/v2/people").answers(403));
        for (int call = 0; call < 25; call++) {
            assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(Forbidden.class);
        }
        SALESLOFT.faults();
        assertThat(call(Map.of(), null)).contains("data");
    }

    @Test
    void sharesTheBudgetByPriority() {
        inMidWindow();
        spend(share("bulk-share"));
        assertThat(priorityOf("interactive")).contains("data");
        spend(share("interactive-share"), 2); // of the next window, too, for which it would wait
        assertThatThrownBy(() -> priorityOf("interactive")).isInstanceOf(BudgetExhausted.class)
                .hasMessageContaining("next window in");
        assertThat(call(Map.of("priority", "health", "path", "/v2/me.json", "resource", "me"), null)).contains("data");
        spend(600, 2);
        assertThatThrownBy(() -> call(Map.of("priority", "health", "path", "/v2/me.json", "resource", "me"), null))
                .isInstanceOf(BudgetExhausted.class);
    }

    @Test
    void letsBulkWaitForTheNextWindow() {
        spend(share("bulk-share"));
        assertThat(priorityOf("bulk")).contains("data");
        assertThat(calls("GET /v2/people")).isEqualTo(1);
        assertThat(count("select count(*) from rate_budget where spent < ?", share("bulk-share"))).isGreaterThanOrEqualTo(1);
    }

    /** 600 points in 4 s: bulk work gets 120 of them a second, whoever else calls goes past it. */
    @Test
    void spreadsBulkWorkOverTheWindow() {
        long begun = System.nanoTime();
        CompletableFuture<Void> bulk = CompletableFuture.runAsync(() -> {
            for (int n = 0; n <= 120; n++) {
                call(Map.of("priority", "bulk", "query", "per_page=1"), null);
            }
        });
        await().until(() -> calls("GET /v2/people") > 0);
        call(Map.of("resource", "me", "path", "/v2/me.json"), null);
        assertThat(bulk).isNotDone();
        bulk.join();
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(900));
    }

    @Test
    void takesWhatSalesLoftSaysIsLeft() {
        awaitRoom();
        SALESLOFT.spend(400);
        call(Map.of(), null);
        await().until(() -> count("select max(open) from rate_budget") == 0); // a moment later
        assertThat(count("select max(spent) from rate_budget")).isBetween(401, 420);
    }

    @Test
    void takesTheFirstOfARepeatedHeaderThatCanBeRead() {
        awaitRoom();
        faults(under("/v2/people").header("x-ratelimit-remaining-minute", "many", "550", "600"));
        assertThat(call(Map.of(), null)).contains("data");
        await().untilAsserted(() -> assertThat(count("select max(spent) from rate_budget")).isBetween(50, 60));

        faults(under("/v2/people").header("Retry-After", "soon", "30").answers(429));
        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(RateLimited.class).hasMessageMatching(".*asked to wait 30\\d{3} ms");
        assertThat(sql.queryForObject("select cast(first_instant('Xxx, 99 Xxx 2026 00:00:00 GMT,Tue, 24 Nov 2026 22:00:00 GMT') = '2026-11-24 22:00:00+00' as text)", String.class))
                .isEqualTo("true");
    }

    @Test
    void chargesWhatSalesLoftSaysACallCosts(CapturedOutput output) {
        double differences = metric("salesloft_api_price_differences_total", "resource=people");
        faults(under("/v2/people").header("x-ratelimit-endpoint-cost", "7"));
        call(Map.of(), null);
        call(Map.of(), null);
        await().untilAsserted(() -> assertThat(count("select sum(spent) from rate_budget")).isBetween(14, 16)); // and a probe's
        await().untilAsserted(() -> assertThat(metric("salesloft_api_price_differences_total", "resource=people")).isCloseTo(differences + 2, within(0.1)));
        await().until(() -> output.getOut().contains("GET people costs 7 points, not 1"));
        await().untilAsserted(() -> assertThat(output.getOut().split("people costs 7 points", -1)).hasSize(2));
    }

    @Test
    void chargesDeepPages() {
        call(Map.of("query", "page=120", "page", 120), null);
        assertThat(count("select sum(spent) from rate_budget")).isGreaterThanOrEqualTo(3);
        assertThat(metric("salesloft_budget_spent_total", "priority=interactive")).isGreaterThanOrEqualTo(3);
    }

    @Test
    void refusesEverythingButHealthWhilePaused() {
        sql.update("update control set paused = true");
        assertThatThrownBy(() -> call(Map.of(), null)).isInstanceOf(Paused.class);
        assertThatThrownBy(() -> priorityOf("bulk")).isInstanceOf(Paused.class);
        // Near the end of a window a probe has no points, either.
        await().ignoreException(BudgetExhausted.class)
                .until(() -> call(Map.of("priority", "health", "path", "/v2/me.json", "resource", "me"), null).contains("data"));
    }

    @Test
    void writesEveryMutationDownBeforeAndAfter() {
        call(mutation("POST", "/v2/people.json", "audited"), NEW_PERSON);

        await().until(() -> count("select count(*) from audit_log where idempotency_key = 'audited'") == 2);
        assertThat(sql.queryForList("select phase, operation, resource, actor, status, outcome, resource_id is not null as has_id "
                + "from audit_log where idempotency_key = 'audited' order by id").toString())
                .isEqualTo("[{phase=intent, operation=create, resource=people, actor=test, status=null, outcome=null, has_id=false}, "
                        + "{phase=outcome, operation=create, resource=people, actor=test, status=200, outcome=done, has_id=true}]");
    }

    @Test
    void answersADoneMutationFromTheLedger() {
        String first = call(mutation("POST", "/v2/people.json", "twice"), NEW_PERSON);
        String second = call(mutation("POST", "/v2/people.json", "twice"), NEW_PERSON);

        assertThat(calls("POST /v2/people")).isEqualTo(1);
        assertThat(second).contains("ada@example.com");
        assertThat(first).contains("ada@example.com");
    }

    /** As after ninety days; the audit log keeps what was done then. */
    @Test
    void takesAKeyAgainThatTheLedgerHasForgotten() {
        call(mutation("POST", "/v2/people.json", "forgotten"), NEW_PERSON);
        sql.update("delete from operation where key = 'forgotten'");
        call(mutation("POST", "/v2/people.json", "forgotten"), NEW_PERSON.replace("ada@", "eva@"));

        assertThat(calls("POST /v2/people")).isEqualTo(2);
        assertThat(sql.queryForList("select attempts from audit_log where idempotency_key = 'forgotten' and phase = 'intent' order by id", Integer.class)).containsExactly(1, 2);
    }

    @Test
    void refusesAMutationThatIsUnderWayElsewhere() {
        sql.update("insert into operation (key, operation, resource, actor, state, holder, lease_until) "
                + "values ('busy', 'create', 'people', 'test', 'started', 'another', now() + interval '1 minute')");
        assertThatThrownBy(() -> call(mutation("POST", "/v2/people.json", "busy"), NEW_PERSON)).isInstanceOf(InProgress.class);
        assertThat(calls("POST /v2/people")).isZero();
    }

    /** Another's lease ends between the check of the ledger and the entry: what it has sent was not looked up. */
    @Test
    void createsNothingThatItHasNotLookedUp() throws Exception {
        sql.update("insert into operation (key, operation, resource, actor, state, holder, lease_until) "
                + "values ('taken over', 'create', 'people', 'test', 'started', 'another', now() + interval '1 minute')");
        Map<String, Object> create = with(mutation("POST", "/v2/people.json", "taken over"), Map.of("lookupPath", "/v2/people.json", "lookupQuery", "email_addresses%5B%5D=ada%40example.com"));
        try (Connection ending = sql.getDataSource().getConnection()) {
            ending.setAutoCommit(false);
            ending.createStatement().executeUpdate("update operation set lease_until = '-infinity' where key = 'taken over'");
            CompletableFuture<Object> call = CompletableFuture.supplyAsync(() -> call(create, NEW_PERSON));
            await().until(() -> count("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into operation%'") == 1);
            ending.commit();
            assertThatThrownBy(call::get).hasCauseInstanceOf(InProgress.class);
        }
        assertThat(calls("POST /v2/people")).isZero();
        call(create, NEW_PERSON);
        assertThat(calls("GET /v2/people")).isEqualTo(1);
        assertThat(calls("POST /v2/people")).isEqualTo(1);
    }

    /** As when the process is frozen between ledger and call: by the time it wakes another may have sent it. */
    @Test
    void sendsNoMutationThatWasHeldUp() {
        var held = template.request("direct:gateway-http", exchange -> {
            mutation("POST", "/v2/people.json", "late").forEach(exchange::setProperty);
            Map.of("attempt", 1, "failed", 0, "cost", 1, "window", "2026-01-01", "token", "x", "request", NEW_PERSON, "priority", "bulk", "resource", "people",
                    "sendBefore", System.currentTimeMillis() - 1).forEach(exchange::setProperty);
        });
        assertThat(held.getException()).isInstanceOf(Unavailable.class);
        assertThat(calls("POST /v2/people")).isZero();
    }

    @Test
    void refusesAMutationWithoutAKey() {
        assertThatThrownBy(() -> call(Map.of("method", "POST"), NEW_PERSON)).isInstanceOf(NotPermitted.class)
                .hasMessageContaining("idempotency key");
    }

    /** The answer is lost after the work was done: looked up after ten seconds, found, and not created twice. */
    @Test
    void looksACreateUpBeforeItRepeatsIt() {
        faults(on("POST", "/v2/people").times(1).afterWork().answers(502));

        String answer = call(with(mutation("POST", "/v2/people.json", "lost"),
                Map.of("lookupPath", "/v2/people.json", "lookupQuery", "email_addresses%5B%5D=ada%40example.com")), NEW_PERSON);

        assertThat(answer).contains("ada@example.com");
        assertThat(calls("POST /v2/people")).isEqualTo(1);
        assertThat(calls("GET /v2/people")).isEqualTo(1);
        assertThat(sql.queryForObject("select state from operation where key = 'lost'", String.class)).isEqualTo("done");
    }

    /** The work was not done: the look-up finds nothing, and the create is repeated. */
    @Test
    void repeatsACreateThatDidNotHappen() {
        faults(on("POST", "/v2/people").times(1).resets());

        String answer = call(with(mutation("POST", "/v2/people.json", "unsent"),
                Map.of("lookupPath", "/v2/people.json", "lookupQuery", "email_addresses%5B%5D=ada%40example.com")), NEW_PERSON);

        assertThat(answer).contains("ada@example.com");
        assertThat(statuses("POST /v2/people")).isEqualTo(Map.of("reset", 1L, "200", 1L));
        assertThat(count("select attempts from operation where key = 'unsent'")).isEqualTo(2);
    }

    @Test
    void doesNotRepeatACreateItCannotLookUp() {
        faults(on("POST", "/v2/people").answers(500));
        assertThatThrownBy(() -> call(mutation("POST", "/v2/people.json", "blind"), NEW_PERSON)).isInstanceOf(Unavailable.class);
        assertThat(calls("POST /v2/people")).isEqualTo(1);
        assertThat(sql.queryForObject("select state from operation where key = 'blind'", String.class)).isEqualTo("started");
    }

    @Test
    void measuresAndLogsEveryAttempt(CapturedOutput output) {
        faults(under("/v2/people").times(1).answers(500));
        double errors = metric("salesloft_api_errors_total", "kind=server");
        double served = metric("salesloft_api_seconds_count", "method=GET", "resource=people", "status=200", "priority=interactive");

        call(Map.of("query", "per_page=1&email_addresses%5B%5D=someone%40example.com"), null);

        assertThat(metric("salesloft_api_errors_total", "kind=server")).isCloseTo(errors + 1, within(0.1));
        assertThat(metric("salesloft_api_seconds_count", "method=GET", "resource=people", "status=200", "priority=interactive"))
                .isCloseTo(served + 1, within(0.1));
        await().untilAsserted(() -> assertThat(output.getOut()).containsPattern("GET people 500 cost=1 remaining=\\S* \\d+ms attempt=1 priority=interactive")
                .containsPattern("GET people 200 cost=1 remaining=\\d+ \\d+ms attempt=2 priority=interactive")
                .doesNotContain("example.com"));
    }

    /** How often a call is made in all when SalesLoft is out of order. */
    private int attempts() {
        OnExceptionDefinition policy = model().getRouteConfigurationDefinition("gateway-policies").getOnExceptions().stream()
                .filter(one -> one.getId().equals("gateway-policies-on-unavailable")).findFirst().orElseThrow();
        String again = policy.getRetryWhile().getExpressionType().getExpression();
        assertThat(again).containsPattern("failed} < \\d+ ");
        return Integer.parseInt(again.replaceAll(".*failed} < (\\d+) .*", "$1"));
    }

    /** Turned away once with a 429, and this Retry-After or none: no later than in the first window that it has not closed; how many windows later that was. */
    private int isAskedAgainInTheFirstOpenWindow(String retryAfter) {
        FaultRule turnedAway = under("/v2/people").times(1).answers(429);
        faults(retryAfter == null ? turnedAway : turnedAway.header("Retry-After", retryAfter));
        assertThat(call(Map.of("priority", "bulk"), null)).contains("data");
        assertThat(statuses("GET /v2/people")).isEqualTo(Map.of("429", 1L, "200", 1L));
        String windows = "(select min(window_start) as first, max(window_start) as last from rate_budget where bulk > 0) asked";
        int later = count("select cast(extract(epoch from last - first) as integer) / 4 from " + windows);
        assertThat(later).isBetween(1, 2);
        assertThat(count("select count(*) from rate_budget, " + windows + " where window_start > first and window_start < last and spent >= 600")).isEqualTo(later - 1);
        return later;
    }

    private String ask(String resource) {
        return call(Map.of("resource", resource, "path", "/v2/" + resource + ".json", "query", "per_page=1"), null);
    }

    private String priorityOf(String priority) {
        return call(Map.of("priority", priority, "query", "per_page=1"), null);
    }

    /** The points of a window that this part of it is. */
    private int share(String bean) {
        return 600 * policy(bean) / 100;
    }

    /** Sets what is spent in this window, at a moment that leaves room in it. */
    private void spend(int points) {
        spend(points, 1);
    }

    /** And what is spent in the windows after this one. */
    private void spend(int points, int windows) {
        awaitRoom();
        sql.update("insert into rate_budget select date_bin('4 seconds', now(), timestamptz 'epoch') + n * interval '4 seconds', ?, 0 from generate_series(0, ? - 1) n "
                + "on conflict (window_start) do update set spent = excluded.spent", points, windows);
    }

    /** Waits for a moment that leaves room in its window. */
    private static void awaitRoom() {
        await().pollInterval(Duration.ofMillis(5)).until(() -> Math.floorMod(System.currentTimeMillis(), 4000L) < 1500
                && Math.floorMod(System.currentTimeMillis(), 4000L) > 250);
    }

    private static Map<String, Object> mutation(String method, String path, String key) {
        return Map.of("method", method, "path", path, "idempotencyKey", key, "operation", "create", "actor", "test");
    }

    private static Map<String, Object> with(Map<String, Object> some, Map<String, Object> more) {
        Map<String, Object> all = new java.util.HashMap<>(some);
        all.putAll(more);
        return all;
    }
}
