package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** {@code kill -9} and SIGSTOP of a container that pulls, and two replicas that share one budget. */
@Execution(ExecutionMode.CONCURRENT)
class PullCrashTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PEOPLE = 8_000;
    /** So many of them were changed at the same time. */
    private static final int TIED = 650;
    /** The status of what must not be asked for. */
    private static final int UNASKED = 500;

    /** At SalesLoft's own limit, in its own window, while people change all the time. */
    @Test
    void resumesWhereItWasKilled() {
        Map<String, String> settings = Map.of("SYNC_RESOURCES", "people", "SYNC_INTERVAL", "1h"); // one run
        AtomicLong changes = new AtomicLong();
        ScheduledExecutorService somebody = Executors.newSingleThreadScheduledExecutor();
        try (Installation here = new Installation(Postgres.shared(), "killed", Map.of("people", PEOPLE, "tieGroup", TIED))) {
            Container first = here.launch(settings);
            here.awaitRow(60, "sync_cursor where pulled >= 2000");
            somebody.scheduleAtFixedRate(() -> change(here, changes.incrementAndGet()), 0, 50, TimeUnit.MILLISECONDS);

            // In the middle of a page: asked for, and on its way.
            here.salesloft.faults(List.of(Map.of("path", "/v2/people", "hang", true)));
            await().until(() -> here.statuses("GET /v2/people").containsKey("hang"));
            first.kill();
            Container second = resume(here, settings);

            // Between pages: the last one is stored, and the next not yet asked for.
            int before = here.count("select pulled from sync_cursor");
            here.awaitRow(60, "sync_cursor where pulled >= " + (before + 2000));
            int stored = here.count("select pulled from sync_cursor");
            await().pollInterval(Duration.ofMillis(5)).until(() -> here.count("select pulled from sync_cursor") > stored);
            second.kill();
            here.sql.update("update lease set expires_at = now()"); // it would run out by itself; the first kill waited for that
            Container third = resume(here, settings);

            here.awaitRow(60, "sync_cursor where pulled >= " + (PEOPLE - 2500));
            somebody.shutdown();
            here.awaitRow(60, "sync_cursor where finished_at is not null");
            long requests = here.calls("GET /v2/people");

            assertThat(List.of(second.log(), third.log())).allSatisfy(log -> assertThat(log).doesNotContain("from the beginning"));
            assertThat(changes.get()).isGreaterThan(100);
            assertThat(here.sql.queryForList("select id, updated_at from record where resource = 'people'")).hasSize(PEOPLE)
                    .allSatisfy(row -> assertThat(here.salesloft.get("people", (long) row.get("id")).get("updated_at").asText())
                            .satisfies(there -> assertThat(OffsetDateTime.parse(there).toInstant()).isEqualTo(((Timestamp) row.get("updated_at")).toInstant())));
            assertThat(requests).isLessThanOrEqualTo(lawful(changes.get()));
            assertThat(here.seen("highestPage")).as("pages of people who were changed at the same time").isLessThanOrEqualTo(10);
            assertThat(here.seen("rateLimited")).isZero();
            assertThat(here.seen("mostSpentInAWindow")).isLessThanOrEqualTo(600);
        } finally {
            somebody.shutdownNow();
        }
    }

    /** Starts one that asks first for what the cursor names, and is answered when it has. */
    private static Container resume(Installation here, Map<String, String> settings) {
        String killed = "select count(*) from pg_stat_activity where datname = current_database() and application_name like 'salesloft%'";
        await().until(() -> here.count(killed) == 0); // its last statement is done, or undone
        Map<String, Object> cursor = here.sql.queryForMap("select phase, case phase when 'tie' then 1 else page end as page, "
                + "to_char(cursor at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as cursor from sync_cursor");
        String filter = Map.of("from", "&updated_at[gte]=%1$s", "after", "&updated_at[gt]=%1$s", "tie", "&include_paging_counts=true&updated_at[gte]=%1$s&updated_at[lte]=%1$s")
                .get(cursor.get("phase")).formatted(cursor.get("cursor"));
        here.salesloft.faults(List.of(
                Map.of("path", "/v2/people", "query", "&page=" + cursor.get("page") + "&sort_by=updated_at&sort_direction=ASC" + filter, "hang", true),
                Map.of("path", "/v2/people", "status", UNASKED)));
        long hanging = here.statuses("GET /v2/people").getOrDefault("hang", 0L);
        Container resumed = here.launch(settings);
        await().atMost(Duration.ofSeconds(90)).until(() -> here.statuses("GET /v2/people").getOrDefault("hang", 0L) > hanging
                || here.statuses("GET /v2/people").containsKey("" + UNASKED));
        assertThat(here.statuses("GET /v2/people")).as("asked for something else than " + cursor).doesNotContainKey("" + UNASKED);
        here.salesloft.faults(List.of());
        return resumed;
    }

    /**
     * A page is a hundred people, of whom one was on the page before. Those who were changed at the same time are found out by a page that
     * does not lead on, and read in pages of their own; before and after them a page is not full. Each kill costs the page that was on its
     * way, the one that is not answered above, and the whole group if it was being read.
     */
    private static long lawful(long changes) {
        long group = (TIED + 99) / 100;
        return (PEOPLE + changes + 98) / 99 + 1 + group + 3 + 2 * (2 + group);
    }

    /** Of somebody who is not in the group: whenever that changes its size it is read anew. */
    private static void change(Installation here, long number) {
        long first = here.sql.queryForObject("select min(id) from record", Long.class);
        int before = (PEOPLE - TIED) / 2 - 1;
        here.salesloft.put("people", JSON.createObjectNode().put("id", first + number * 7919 % before).put("title", "Change " + number));
    }

    /** The one that is frozen holds a lease and a page; when it wakes another has both, and nothing of it gets in. */
    @Test
    void writesNothingAfterItWasFrozen() {
        try (Installation here = new Installation(Postgres.shared(), "frozen", Map.of("people", 1_500))) {
            Container frozen = here.launch(Map.of("SYNC_RESOURCES", "people"));
            here.awaitRow(60, "sync_cursor where pulled >= 300");
            here.salesloft.faults(List.of(Map.of("path", "/v2/people", "delayMs", 90_000, "times", 1)));
            AtomicLong pulled = new AtomicLong();
            await().during(Duration.ofSeconds(1)).until(() ->
                    here.count("select pulled from sync_cursor") == pulled.getAndSet(here.count("select pulled from sync_cursor")));
            frozen.freeze();
            int fence = here.count("select fence from lease where name = 'pull:people'");

            here.launch(Map.of("SYNC_RESOURCES", "people"));
            here.awaitRow(60, "sync_cursor where finished_at is not null");
            assertThat(here.count("select fence from lease where name = 'pull:people'")).isGreaterThan(fence);
            here.sql.update("delete from record"); // so that a write of the frozen one would show
            here.salesloft.faults(List.of()); // its page is answered now
            frozen.wake();

            await().until(() -> frozen.log().contains("the lease was taken over; nothing was written"));
            assertThat(here.count("select count(*) from record")).isZero();
        }
    }

    /** It waits for the next window, and is told to stop: it does, and whoever comes next need not wait for the lease. */
    @Test
    void stopsSoonWhileItWaitsForTheBudget() {
        try (Installation here = new Installation(Postgres.shared(), "stopped", Map.of("people", 3_000))) {
            Container container = here.launch(Map.of("SYNC_RESOURCES", "people", "SALESLOFT_RATE_LIMIT", "12"));
            here.awaitRow(60, "rate_budget where spent >= 9");
            await().during(Duration.ofSeconds(2)).until(() -> here.count("select count(*) from lease where holder <> ''") > 0);
            long begun = System.nanoTime();
            container.stop();
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(15));
            assertThat(here.count("select count(*) from lease where name = 'pull:people' and expires_at > now()")).isZero();
        }
    }

    /** Two that could spend twice what there is: no window above the limit, and both come to their end. */
    @Test
    void sharesOneBudgetBetweenReplicas() {
        try (SharedProcess both = new SharedProcess(); Installation here = new Installation(Postgres.shared(), "replicas", Map.of("people", 6_000, "accounts", 6_000,
                "rateLimit", 60, "rateWindowMs", 4_000, "tokenTtlSeconds", 64))) {
            for (String resource : List.of("people", "accounts")) {
                here.launch(both, Map.of("SALESLOFT_RATE_LIMIT", "60", "SALESLOFT_RATE_WINDOW", "4s", "SYNC_RESOURCES", resource));
            }
            here.awaitRow(60, "(select count(*) n from sync_cursor where pulled > 1000) working where n = 2");
            here.awaitRow(120, "(select count(*) n from sync_cursor where finished_at is not null) finished where n = 2");

            assertThat(here.count("select count(*) from people")).isEqualTo(6_000);
            assertThat(here.count("select count(*) from accounts")).isEqualTo(6_000);
            assertThat(here.seen("mostSpentInAWindow")).isBetween(20L, 60L);
            assertThat(here.seen("rateLimited")).isZero();
            assertThat(here.seen("revokedTokensUsed")).isZero();
            assertThat(here.statuses("POST /oauth/token").get("200")).isGreaterThan(1); // both wanted new tokens, too
        }
    }
}
