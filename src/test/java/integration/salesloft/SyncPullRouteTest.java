package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import integration.salesloft.sandbox.FaultRule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The pull: what arrives in the mirror, how it was asked for, and what a page that is not as it should be does. */
class SyncPullRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void mirrorsEveryResourceWithItsView() {
        RESOURCES.forEach(this::pull);
        for (String resource : RESOURCES) {
            awaitPulled(resource);
            assertThat(count("select count(*) from " + resource)).as(resource).isEqualTo(SALESLOFT.count(resource)).isPositive();
        }
        assertThat(count("select count(*) from people p join accounts a on a.id = p.account_id join users u on u.id = p.owner_id "
                + "where p.email_address like '%@%'")).isGreaterThan(100); // a few have a phone only, or no account
        assertThat(count("select count(*) from cadence_memberships m join people p on p.id = m.person_id join cadences c on c.id = m.cadence_id"))
                .isEqualTo(20);
        await().until(() -> metric("salesloft_sync_records_total", "resource=people") >= 120);
        await().until(() -> metric("salesloft_sync_lag_seconds", "resource=people") >= 0);
    }

    @Test
    void asksForWhatChangedOnly() {
        pullToTheEnd("people");
        SALESLOFT.resetStats();
        long changed = anyId("people");
        SALESLOFT.put("people", fields(changed).put("title", "Changed"));

        pullToTheEnd("people");

        assertThat(sql.queryForObject("select title from people where id = ?", String.class, changed)).isEqualTo("Changed");
        assertThat(calls("GET /v2/people")).isLessThanOrEqualTo(2);
        assertThat(count("select pulled from sync_cursor where resource = 'people'")).isEqualTo(121);
    }

    @Test
    void readsAGroupOfEqualTimestampsLargerThanAPage() {
        seed(Map.of("people", 1_000, "tieGroup", 650));
        pullToTheEnd("people");

        assertThat(count("select count(*) from people")).isEqualTo(1_000);
        assertThat(count("select max(n) from (select count(*) n from people group by updated_at) t")).isEqualTo(650);
        assertThat(calls("GET /v2/people")).isLessThanOrEqualTo(13);
        assertThat((Long) SALESLOFT.stats().get("highestPage")).isEqualTo(7);
    }

    /** One of the group changes between two of its pages: those behind it move up by one, and none is skipped. */
    @Test
    void readsTheGroupAgainWhenOneLeavesIt() {
        seed(Map.of("people", 400, "tieGroup", 350));
        faults(under("/v2/people").query("page=3.*lte").hangs());
        pull("people");
        await().until(() -> count("select count(*) from sync_cursor where resource = 'people' and phase = 'tie' and page = 3") == 1);
        long first = sql.queryForObject("select min(id) from record where updated_at = (select cursor from sync_cursor where resource = 'people')", Long.class);
        SALESLOFT.put("people", fields(first).put("title", "Left the group"));
        faults();

        awaitPulled("people");
        assertThat(count("select count(*) from people")).isEqualTo(400);
        assertThat(sql.queryForObject("select title from people where id = ?", String.class, first)).isEqualTo("Left the group");
    }

    @Test
    void skipsNothingThatChangesWhileThePullGoesOn() {
        seed(Map.of("people", 1_500, "latencyMs", 40));
        pull("people");
        await().until(() -> count("select count(*) from people") > 0);
        List<Long> ids = new ArrayList<>();
        await().pollInterval(Duration.ofMillis(20)).until(() -> {
            long id = anyId("people");
            ids.add(id);
            SALESLOFT.put("people", fields(id).put("title", "Change " + ids.size()));
            return count("select count(*) from people") >= 1_400;
        });
        awaitPulled("people");
        pullToTheEnd("people");

        for (long id : ids) {
            assertThat(sql.queryForObject("select title from people where id = ?", String.class, id))
                    .isEqualTo(SALESLOFT.get("people", id).get("title").asText());
        }
        assertThat(count("select count(*) from people")).isEqualTo(1_500);
    }

    @Test
    void takesNewerVersionsOnlyAndRevivesOnlyWithOne() {
        pullToTheEnd("people");
        long newer = anyId("people");
        long deleted = anyId("people", newer);
        long revived = anyId("people", newer, deleted);
        sql.update("update record set updated_at = now() + interval '1 day', document = jsonb_build_object('title', 'newer') where id = ?", newer);
        sql.update("update record set deleted_at = now() where id in (?, ?)", deleted, revived);
        SALESLOFT.put("people", fields(newer).put("title", "older"));
        SALESLOFT.put("people", fields(revived).put("title", "back again"));

        pullFromTheBeginning("people");

        assertThat(sql.queryForObject("select title from people where id = ?", String.class, newer)).isEqualTo("newer");
        assertThat(count("select count(*) from people where id = ?", deleted)).isZero();
        assertThat(sql.queryForObject("select title from people where id = ?", String.class, revived)).isEqualTo("back again");
    }

    /** No updated_at filter for users: read whole, and compared by document. */
    @Test
    void readsUsersWhole() {
        seed(Map.of("users", 230));
        pullToTheEnd("users");
        assertThat(count("select count(*) from users")).isEqualTo(230);
        assertThat(calls("GET /v2/users")).isEqualTo(3);

        sql.update("update record set document = document || jsonb_build_object('name', 'drifted') where resource = 'users'");
        pullToTheEnd("users");
        assertThat(count("select count(*) from users where name = 'drifted'")).isZero();
    }

    @Test
    void buriesWhatCannotBeStoredAndKeepsTheRest() {
        String good = quoted("{'id':1,'updated_at':'2026-01-01T00:00:00.000001Z','name':'good'}");
        String nul = quoted("{'id':2,'updated_at':'2026-01-01T00:00:00.000002Z','name':'n\\u0000ul \\ud800 end \\\\u0000'}");
        page(200, """
                {"metadata": {"paging": {"next_page": null}, "sorting": {"sort_by": "updated_at", "sort_direction": "ASC NULLS FIRST"}},
                 "data": [%s, %s,
                  {"updated_at": "2026-01-01T00:00:00Z"},
                  {"id": 4, "updated_at": "yesterday"},
                  {"id": 5},
                  {"id": "six", "updated_at": "2026-01-01T00:00:00Z"},
                  {"id": 7, "updated_at": "2026-01-01T00:00:00Z", "n": 1e999999},
                  7]}
                """.formatted(good, nul));
        pullToTheEnd("accounts");

        assertThat(sql.queryForList("select name from accounts order by id", String.class)).containsExactly("good", "n\ufffdul \ufffd end \\u0000");
        assertThat(sql.queryForList("select error from dead_letter where source = 'pull:accounts' order by id", String.class)).hasSize(6)
                .first().isEqualTo("no id");
        assertThat(count("select count(*) from dead_letter where payload like '%yesterday%'")).isEqualTo(1);
        await().until(() -> metric("salesloft_dead_letters") == 6);
    }

    @Test
    void keepsTheNewestWhenAPageHoldsARecordTwice() {
        page(200, """
                {"metadata": {"paging": {"next_page": null}}, "data": [
                 {"id": 1, "updated_at": "2026-01-01T00:00:00Z", "name": "old"},
                 {"id": 1, "updated_at": "2026-01-02T00:00:00Z", "name": "new"}]}
                """);
        pullToTheEnd("accounts");
        assertThat(sql.queryForList("select name from accounts", String.class)).containsExactly("new");
    }

    /** An unknown filter is ignored silently: what comes back then is everything, and must not pass for what changed. */
    @Test
    void refusesAPageThatWasNotFilteredAsAsked() {
        pullToTheEnd("accounts");
        sql.update("delete from record where resource = 'accounts'");
        faults(under("/v2/accounts").answers(200, quoted("{'metadata':{'filtering':{},'paging':{'next_page':null}},'data':[{'id':1,'updated_at':'2026-01-01T00:00:00Z'}]}")));
        pull("accounts");

        // It is tried again by itself.
        await().until(() -> count("select count(*) from sync_cursor where resource = 'accounts' and state = 'waiting' and error like '%did not list, filter or sort%' and next_run_at < now() + interval '6 seconds'") == 1);
        assertThat(count("select count(*) from accounts")).isZero();
        faults();
        pull("accounts");
        awaitPulled("accounts");
    }

    /** No list is not an empty list: what it would end as complete was never pulled. */
    @Test
    void refusesAnAnswerWithoutAList() {
        for (String body : List.of("{}", "{'metadata':{}}", "{'data':{}}", "{'data':null}")) {
            page(200, quoted(body));
            sql.update("update sync_cursor set state = 'idle', error = null where resource = 'accounts'");
            pull("accounts");
            await().until(() -> "waiting".equals(state("accounts")));
        }
        faults();
        pull("accounts"); // it would be tried again by itself, in a few seconds
        awaitPulled("accounts");
        assertThat(count("select count(*) from accounts")).isEqualTo(10);
    }

    /** A list that always has a next page, and never a record on it. */
    @Test
    void givesUpOnAListWithoutAnEnd() {
        sql.update("update sync_cursor set run_started_at = now(), phase = 'after', page = 1000, cursor = '2026-01-01T00:00:00Z' where resource = 'accounts'");
        faults(response("'filtering':{'updated_at':{'gt':'2026-01-01T00:00:00Z'}},'paging':{'next_page':1001}"));
        pull("accounts");
        await().until(() -> count("select count(*) from sync_cursor where resource = 'accounts' and state = 'waiting' and error like '%does not end%'") == 1);
    }

    @Test
    void refusesAPageThatIsNotSortedAsAsked() {
        page(200, """
                {"metadata": {"paging": {"next_page": 2}, "sorting": {"sort_by": "updated_at", "sort_direction": "DESC NULLS LAST"}},
                 "data": [{"id": 1, "updated_at": "2026-01-01T00:00:00Z"}]}
                """);
        pull("accounts");
        await().until(() -> "waiting".equals(state("accounts")));
        assertThat(count("select count(*) from accounts")).isZero();
    }

    @Test
    void goesOnWithoutPagingAsLongAsPagesAreFull() {
        int size = policy("page-size");
        String full = String.join(",", IntStream.rangeClosed(1, size).mapToObj(n -> account(n, n)).toList());
        faults(under("/v2/accounts").times(1).answers(200, quoted("{'metadata':{},'data':[%s]}", full)),
                under("/v2/accounts").times(1).answers(200, quoted("{'metadata':{'filtering':{'updated_at':{'gte':'2026-01-01T00:00:00.%06dZ'}}},'data':[%s,%s]}", size, account(size, size), account(size + 1, size + 1))));
        pullToTheEnd("accounts");
        assertThat(count("select count(*) from accounts")).isEqualTo(size + 1);
        assertThat(calls("GET /v2/accounts")).isEqualTo(2);
    }

    /** Short and empty pages with more behind them: the cursor decides, and where it does not move, the next page. */
    @Test
    void goesOnPastShortAndEmptyPages() {
        faults(response("'paging':{'next_page':2}", account(1, 1), account(2, 2)),
                response("'filtering':{'updated_at':{'gte':'2026-01-01T00:00:00.000002Z'}},'paging':{'next_page':2}"),
                response("'filtering':{'updated_at':{'gte':'2026-01-01T00:00:00.000002Z'}},'paging':{'next_page':null,'total_count':1}", account(2, 2)),
                response("'filtering':{'updated_at':{'gt':'2026-01-01T00:00:00.000002Z'}},'paging':{'next_page':2}"),
                response("'filtering':{'updated_at':{'gt':'2026-01-01T00:00:00.000002Z'}},'paging':{'next_page':null}", account(3, 3)));
        pullToTheEnd("accounts");
        assertThat(count("select count(*) from accounts")).isEqualTo(3);
        assertThat(calls("GET /v2/accounts")).isEqualTo(5);
    }

    @Test
    void asksForStepsAndTasksByTheirChangeToo() {
        suspendProbes();
        for (String resource : List.of("steps", "tasks")) {
            pullToTheEnd(resource);
            long changed = anyId(resource);
            SALESLOFT.put(resource, fields(changed).put("name", "Changed").put("subject", "Changed"));
            SALESLOFT.resetStats();
            pullToTheEnd(resource);
            assertThat(lastQuery()).contains("sort_by=updated_at", "updated_at%5Bgte%5D=");
            assertThat(count("select count(*) from record where resource = ? and id = ? and cast(document as text) like '%Changed%'", resource, changed)).isOne();
            assertThat(count("select pulled from sync_cursor where resource = ?", resource)).isEqualTo(13);
        }
        assertThat(count("select count(*) from sync_cursor where whole_since is not null")).isZero();
    }

    /** Of steps it sorts the list and does not filter it, of tasks neither. It is found out once a week, not in each run. */
    @Test
    void readsStepsAndTasksWholeWhereSalesLoftCannotSayWhatChanged() {
        suspendProbes();
        seed(Map.of("incremental", false, "steps", 150));
        for (Map.Entry<String, String> order : Map.of("steps", "sort_by=created_at", "tasks", "sort_by=due_date").entrySet()) {
            String resource = order.getKey();
            pullToTheEnd(resource);
            assertThat(count("select count(*) from " + resource)).isEqualTo(SALESLOFT.count(resource));
            assertThat(lastQuery()).contains(order.getValue()).doesNotContain("updated_at");
            assertThat(count("select count(*) from sync_cursor where resource = ? and whole_since is not null and next_run_at > now() + interval '9 minutes'", resource)).isOne();
            SALESLOFT.put(resource, fields(anyId(resource)).put("name", "Changed").put("subject", "Changed"));
            SALESLOFT.resetStats();
            pullToTheEnd(resource);
            assertThat(calls("GET /v2/" + resource)).isEqualTo(resource.equals("steps") ? 2 : 1);
            assertThat(lastQuery()).contains(order.getValue()).doesNotContain("updated_at");
            assertThat(count("select count(*) from record where resource = ? and cast(document as text) like '%Changed%'", resource)).isOne();
            assertThat(count("select count(*) from sync_cursor where resource = ? and list_order = ?", resource, order.getValue())).isOne();
            sql.update("update sync_cursor set whole_since = now() - interval '8 days' where resource = ?", resource);
            SALESLOFT.settings(Map.of("incremental", true));
            pullToTheEnd(resource);
            assertThat(lastQuery()).contains("sort_by=updated_at");
            SALESLOFT.settings(Map.of("incremental", false));
        }
    }

    /** A release that knows no other way to read a list may find a run by updated_at open. */
    @Test
    void beginsAnOpenRunAnewWhenItsListIsSortedOtherwise() {
        sql.update("update sync_cursor set run_started_at = now(), phase = 'after', page = 3, list_order = 'sort_by=updated_at' where resource = 'tasks'");
        sql.update("update sync_cursor set phase = phase, list_order = 'sort_by=due_date' where resource = 'tasks'");
        assertThat(sql.queryForMap("select phase, page from sync_cursor where resource = 'tasks'")).isEqualTo(Map.of("phase", "full", "page", 1));
    }

    private static String lastQuery() {
        return String.valueOf(((Map<?, ?>) SALESLOFT.stats().get("lastRequest")).get("query"));
    }

    @Test
    void showsAForbiddenResourceAndPullsTheOthers() {
        seed(Map.of("forbidden", List.of("/v2/accounts")));
        pull("accounts");
        pullToTheEnd("people");
        await().until(() -> get("/sync/status", AS_OPS).body().replace(" ", "").contains(quoted("'accounts':{'state':'forbidden'")));
        assertThat(count("select count(*) from people")).isEqualTo(120);
    }

    @Test
    void stopsAtItsPageWhenPausedAndGoesOnAfterwards() {
        seed(Map.of("people", 1_000));
        faults(under("/v2/people").afterCalls(3).delayed(Duration.ofSeconds(20))); // in the middle of it
        pull("people");
        await().until(() -> count("select count(*) from people") > 0 && SALESLOFT.held() == 1);
        sql.update("update control set paused = true");
        faults();
        await().until(() -> "paused".equals(state("people")));
        long then = calls("GET /v2/people");
        assertThat(count("select count(*) from people")).isLessThan(1_000);

        sql.update("update control set paused = false");
        awaitPulled("people");
        assertThat(count("select count(*) from people")).isEqualTo(1_000);
        assertThat(calls("GET /v2/people")).isBetween(then, 13L);
    }

    @Test
    void leavesAResourceToTheReplicaThatHasItsLease() {
        sql.update("insert into lease values ('pull:people', 'another', 7, now() + interval '1 minute') "
                + "on conflict (name) do update set holder = excluded.holder, fence = excluded.fence, expires_at = excluded.expires_at");
        pull("people");
        pullToTheEnd("accounts"); // ticks have passed
        assertThat(calls("GET /v2/people")).isZero();
        sql.update("update lease set expires_at = now() where name = 'pull:people'");
        awaitPulled("people");
        assertThat(count("select fence from lease where name = 'pull:people'")).isEqualTo(8);
    }

    /** Another replica took over while a page was on its way: it is not written, and the cursor does not move. */
    @Test
    void writesNothingOnceTheLeaseIsLost() {
        faults(under("/v2/people").hangs());
        pull("people");
        await().until(() -> "running".equals(state("people")));
        sql.update("update lease set holder = 'another', fence = fence + 1, expires_at = now() + interval '1 minute' where name = 'pull:people'");
        faults(); // the page that was on its way is asked for again, and comes
        await().until(() -> statuses("GET /v2/people").containsKey("200")
                && camel.getInflightRepository().size("sync-lists-people") == 0);
        assertThat(count("select count(*) from record")).isZero();
        assertThat(count("select count(*) from sync_cursor where resource = 'people' and cursor is null")).isEqualTo(1);
    }

    private void pullToTheEnd(String resource) {
        sql.update("update sync_cursor set finished_at = null where resource = ?", resource);
        pull(resource);
        awaitPulled(resource);
    }

    private void pullFromTheBeginning(String resource) {
        sql.update("update sync_cursor set finished_at = null where resource = ?", resource);
        assertThat(send("POST", "/sync/pull", quoted("{'resource':'%s'}", resource), AS_OPS).statusCode()).isEqualTo(202);
        awaitPulled(resource);
    }

    private void page(int status, String body) {
        faults(under("/v2/accounts").answers(status, body));
    }

    private static FaultRule response(String metadata, String... records) {
        return under("/v2/accounts").times(1).answers(200, quoted("{'metadata':{" + metadata + "},'data':[%s]}", String.join(",", records)));
    }

    private static String account(int id, int micros) {
        return quoted("{'id':%d,'updated_at':'2026-01-01T00:00:00.%06dZ','name':'a%d'}", id, micros, id);
    }

    private String state(String resource) {
        return sql.queryForObject("select state from sync_cursor where resource = ?", String.class, resource);
    }

    private long anyId(String resource, Long... others) {
        return sql.queryForObject("select id from record where resource = ? and id <> all(?) order by random() limit 1", Long.class,
                resource, others.length == 0 ? new Long[] {-1L} : others);
    }

    private static ObjectNode fields(long id) {
        return JSON.createObjectNode().put("id", id);
    }
}
