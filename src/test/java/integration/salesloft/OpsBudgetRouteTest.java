package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** GET /ops/budget: who has spent what of this window, and whether SalesLoft's limit has what this installation needs. */
class OpsBudgetRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LIMIT = 600;
    /** Points that others have spent. */
    private static final int OTHERS = 40;

    @Test
    void showsWhatEachPriorityHasSpentAndMaySpend() {
        JsonNode budget = budgetAfter(() -> {
            call(Map.of("priority", "bulk"), null);
            call(Map.of("priority", "bulk", "page", 101), null); // reserved for 3 points, and SalesLoft says that it has cost one
            call(Map.of("query", "per_page=1"), null);
            await().until(() -> count("select coalesce(max(open), 0) from rate_budget") == 0);
            sql.update("update rate_budget set spent = spent + ?", OTHERS);
        });

        assertThat(budget.path("limit").asInt()).isEqualTo(LIMIT);
        assertThat(budget.path("windowSeconds").asInt()).isEqualTo(4);
        assertThat(budget.path("endsInMs").asInt()).isBetween(0, 4000);
        int others = budget.path("others").asInt();
        assertThat(others).isBetween(OTHERS, OTHERS + 2); // SalesLoft may remember a call from before the test
        JsonNode priorities = budget.path("priorities");
        assertThat(priorities.path("bulk").path("spent").asInt()).isEqualTo(2);
        assertThat(priorities.path("interactive").path("spent").asInt()).isEqualTo(1);
        int spent = budget.path("spent").asInt();
        assertThat(priorities.path("health").path("spent").asInt()).isEqualTo(spent - 3 - others).isBetween(0, 2);
        assertThat(budget.path("remaining").asInt()).isEqualTo(LIMIT - spent);
        assertThat(priorities.path("bulk").path("remaining").asInt()).isEqualTo(LIMIT * policy("bulk-share") / 100 - spent);
        assertThat(priorities.path("interactive").path("remaining").asInt()).isEqualTo(LIMIT * policy("interactive-share") / 100 - spent);
        assertThat(priorities.path("health").path("remaining").asInt()).isEqualTo(LIMIT - spent);
        assertThat(priorities.path("bulk").path("share").asInt()).isEqualTo(policy("bulk-share"));
        assertThat(budget.has("forecast")).isFalse();
    }

    /** A release that knows nothing of priorities writes into the same row. */
    @Test
    void countsWhatAnOlderReleaseSpendsAsOthers() {
        JsonNode budget = budgetAfter(() -> sql.update("insert into rate_budget (window_start, spent, open) values (date_bin('4 seconds', now(), timestamptz 'epoch'), 7, 0) "
                + "on conflict (window_start) do update set spent = rate_budget.spent + 7"));
        assertThat(budget.path("others").asInt()).isEqualTo(7);
    }

    /** What is shown after this in the same window: done once more where the next one has begun meanwhile. */
    private JsonNode budgetAfter(Runnable work) {
        JsonNode budget;
        String window;
        do {
            sql.update("delete from rate_budget");
            inWindowBefore(1);
            window = window();
            work.run();
            budget = budget("");
        } while (!window.equals(window()));
        return budget;
    }

    private String window() {
        return sql.queryForObject("select date_bin('4 seconds', clock_timestamp(), timestamptz 'epoch')", String.class);
    }

    /** 100 pages at 1 point, 50 at 3, 100 at 8, 250 at 10 and 900 at 30 by page numbers. */
    @Test
    void forecastsAFirstLoadByCursorAgainstOneByPageNumbers() {
        JsonNode forecast = forecast("?people=140000");
        JsonNode people = forecast.path("resources").path("people");
        assertThat(people.path("records").asInt()).isEqualTo(140_000);
        assertThat(people.path("points").asInt()).isEqualTo(1_400);
        assertThat(people.path("byPageNumbers").asInt()).isEqualTo(30_550);
        int others = RESOURCES.size() - 1; // of which there is nothing, which is found out for a point each
        assertThat(forecast.path("load").path("points").asInt()).isEqualTo(1_400 + others);
        assertThat(forecast.path("load").path("byPageNumbers").asInt()).isEqualTo(30_550 + others);
        assertThat(forecast.path("fits").asBoolean()).isTrue();
        assertThat(forecast.path("reason").isNull()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"0,1", "1,1", "100,1", "10000,100", "10001,103", "15100,258", "25100,1060", "50100,3580"})
    void knowsThePriceOfEachDepth(int records, int byPageNumbers) {
        assertThat(forecast("?accounts=" + records).path("resources").path("accounts").path("byPageNumbers").asInt()).isEqualTo(byPageNumbers);
    }

    /** The same table as the gateway's. */
    @Test
    void changesWithThePricesOfTheGateway() {
        var prices = camel.getRegistry().lookupByNameAndType("page-prices", Map.class);
        @SuppressWarnings("unchecked") Object before = prices.put(101, 5);
        try {
            assertThat(forecast("?accounts=10001").path("resources").path("accounts").path("byPageNumbers").asInt()).isEqualTo(105);
            call(Map.of("page", 101), null);
            await().until(() -> metric("salesloft_budget_spent_total", "priority=interactive") >= 5);
        } finally {
            @SuppressWarnings("unchecked") Object none = prices.put(101, before);
        }
    }

    @Test
    void addsUpWhatADayNeeds() {
        JsonNode forecast = forecast("?people=100000&accounts=0&memberships=0&writesPerDay=1000&pollSeconds=60");
        JsonNode day = forecast.path("perDay");
        // A poll of each resource a minute, and a page for each hundred of the tenth that is assumed to change.
        assertThat(day.path("polls").asInt()).isEqualTo(RESOURCES.size() * 1440 + 100);
        assertThat(day.path("comparison").asInt()).isEqualTo(1_000);
        assertThat(day.path("writes").asInt()).isEqualTo(2_000);
        assertThat(day.path("health").asInt()).isEqualTo(86_400 / policy("probe-seconds"));
        int total = RESOURCES.size() * 1440 + 100 + 1_000 + 2_000 + 86_400 / policy("probe-seconds");
        assertThat(day.path("total").asInt()).isEqualTo(total);
        // Windows of four seconds: 15 times 600 points a minute.
        assertThat(day.path("limit").asInt()).isEqualTo(LIMIT * 15 * 1440);
        assertThat(day.path("bulkMaySpend").asInt()).isEqualTo(LIMIT * 15 * 1440 * policy("bulk-share") / 100);
        assertThat(forecast.path("room").path("percent").asDouble()).isEqualTo(Math.round(1000 - 1000.0 * total / (LIMIT * 15 * 1440)) / 10.0);
        assertThat(forecast.path("room").path("pointsPerMinute").asDouble()).isEqualTo(Math.round((LIMIT * 15 - total / 1440.0) * 10) / 10.0);
        // An hour: 417 people have changed, and 42 writes have waited.
        JsonNode hour = forecast.path("catchUp").path(0);
        assertThat(hour.path("outageHours").asInt()).isEqualTo(1);
        assertThat(hour.path("points").asInt()).isEqualTo(5 + (RESOURCES.size() - 1) + 84);
        JsonNode day24 = forecast.path("catchUp").path(1);
        assertThat(day24.path("outageHours").asInt()).isEqualTo(24);
        assertThat(day24.path("points").asInt()).isEqualTo(100 + (RESOURCES.size() - 1) + 2_000);
        double spare = LIMIT * 15 * policy("bulk-share") / 100.0 - (total - 86_400.0 / policy("probe-seconds")) / 1440;
        assertThat(day24.path("minutes").asDouble()).isEqualTo(Math.round(day24.path("points").asInt() / spare * 10) / 10.0);
    }

    /** What the mirror holds, what it has learnt within a day, what the routes say of a list, and what was written. */
    @Test
    void takesFromMirrorAndRoutesWhatIsNotAsked() {
        pull("users");
        pull("accounts");
        awaitPulled("users");
        awaitPulled("accounts");
        sql.update("insert into record (resource, id, updated_at, document) select 'people', n, now() - n * interval '1 hour', '{}' from generate_series(1, 240) n");
        sql.update("update record set deleted_at = now() where resource = 'people' and id > 200");
        sql.update("insert into operation (key, operation, resource, actor, state, holder, lease_until, ended_at) "
                + "select 'w' || n, 'update', 'people', 'test', 'done', '', now(), now() - n * interval '10 hours' from generate_series(0, 4) n");
        // Read whole, by page numbers, and once an hour: 100 pages at a point and one at three.
        sql.update("insert into record (resource, id, updated_at, document) select 'meetings', n, '2026-01-01', '{}' from generate_series(1, 10001) n");
        sql.update("update sync_cursor set list_order = 'sort_by=created_at', every = '1h' where resource = 'meetings'");

        JsonNode forecast = forecast("?people=");
        assertThat(forecast.path("people").asInt()).isEqualTo(200);
        assertThat(forecast.path("accounts").asInt()).isEqualTo(10);
        assertThat(forecast.path("memberships").asInt()).isZero();
        assertThat(forecast.path("writesPerDay").asInt()).isEqualTo(3);
        assertThat(forecast.path("pollSeconds").asInt()).isEqualTo(60);
        JsonNode resources = forecast.path("resources");
        assertThat(resources.path("people").path("changesPerDay").asInt()).isBetween(23, 24);
        assertThat(resources.path("people").path("changesAssumed").asBoolean()).isFalse();
        assertThat(resources.path("accounts").path("readWhole").asBoolean()).isFalse();
        assertThat(resources.path("users").path("readWhole").asBoolean()).isTrue();
        assertThat(sql.queryForObject("select cast(every as text) from sync_cursor where resource = 'users'", String.class)).isEqualTo("00:10:00");
        assertThat(resources.path("meetings").path("points").asInt()).isEqualTo(103);
        // Eleven by the minute, users every ten, meetings every hour.
        assertThat(forecast.path("perDay").path("polls").asInt()).isBetween(11 * 1440 + 144 + 24 * 103, 11 * 1440 + 144 + 24 * 103 + 2);
        assertThat(forecast("?pollSeconds=120").path("perDay").path("polls").asInt()).isBetween(11 * 720 + 144 + 24 * 103, 11 * 720 + 144 + 24 * 103 + 2);
    }

    @ParameterizedTest
    @CsvSource({"writesPerDay=6000000, 'pulls, comparison and writes need 120'", "writesPerDay=5100000, after an outage of a day it takes more than a day to catch up",
            "people=999999999, 'which is 80 % of SALESLOFT_RATE_LIMIT'"})
    void saysWhyItDoesNotFit(String arguments, String reason) {
        JsonNode forecast = forecast("?" + arguments);
        assertThat(forecast.path("fits").asBoolean()).isFalse();
        assertThat(forecast.path("reason").asText()).contains(reason);
    }

    /** As the checklist asks. */
    @Test
    void isARouteThatTakesAndAnswersAMap() {
        assertThat(template.requestBody("direct:ops-budget-forecast", (Object) null, Map.class)).containsEntry("fits", true).containsEntry("people", 0);
        assertThat(template.requestBody("direct:ops-budget-forecast", Map.of("people", 140_000, "pollSeconds", "30"), Map.class))
                .containsEntry("people", 140_000).containsEntry("pollSeconds", 30);
    }

    @ParameterizedTest
    @CsvSource({"people=many,people", "accounts=-1,accounts", "memberships=1.5,memberships", "writesPerDay=1000000000,writesPerDay", "pollSeconds=0,pollSeconds",
            "people=1&pollSeconds=x,pollSeconds", "peple=1,'the parameters are people, accounts, memberships, writesPerDay and pollSeconds'"})
    void namesWhatIsWrong(String query, String named) {
        HttpResponse<String> answer = get("/ops/budget?" + query, AS_OPS);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(answer.body()).contains(quoted("'detail':'%s", named));
    }

    @Test
    void isForHoldersOfTheOpsTokenAlone() {
        assertThat(get("/ops/budget").statusCode()).isEqualTo(401);
        assertThat(get("/ops/budget", AS_SYNC).statusCode()).isEqualTo(401);
    }

    private JsonNode forecast(String query) {
        return budget(query).path("forecast");
    }

    private JsonNode budget(String query) {
        HttpResponse<String> answer = get("/ops/budget" + query, AS_OPS);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        try {
            return JSON.readTree(answer.body());
        } catch (JsonProcessingException e) {
            throw new AssertionError(answer.body(), e);
        }
    }
}
