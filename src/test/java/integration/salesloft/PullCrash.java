package integration.salesloft;

import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.sandbox.FaultRule;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A pull that is killed twice and resumes where it was, at SalesLoft's own limit, in its own window, while people change all the time. */
final class PullCrash implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PEOPLE = 4_000;
    /** So many of them were changed at the same time. */
    private static final int TIED = 650;
    /** The status of what must not be asked for. */
    private static final int UNASKED = 500;
    static final Map<String, String> SETTINGS = Map.of("SYNC_RESOURCES", "people", "SYNC_INTERVAL", "1h", "SYNC_COMPARE_HOURS", "00:00-00:00", // one run
            SharedProcess.WITHOUT, SharedProcess.without("webhook/*", "stream/*", "sync/push*"));

    private final Installation here = new Installation(Postgres.shared(), "killed", Map.of("people", PEOPLE, "tieGroup", TIED));
    private final AtomicLong changes = new AtomicLong();
    private final ScheduledExecutorService somebody = Executors.newSingleThreadScheduledExecutor();
    /** Whether somebody changes people. */
    private volatile boolean changing = true;

    /** In the middle of a page: asked for, and on its way. */
    void isHeldUpWithinAPage(SharedProcess killed) {
        here.salesloft.faults(under("/v2/people").afterCalls(PEOPLE / 200).hangs());
        here.launch(killed, SETTINGS);
        here.awaitRow(60, "sync_cursor where pulled >= " + PEOPLE / 4);
        somebody.scheduleAtFixedRate(() -> {
            if (changing) {
                change(changes.incrementAndGet());
            }
        }, 0, 50, TimeUnit.MILLISECONDS);
        await().until(() -> here.statuses("GET /v2/people").containsKey("hang"));
        await().until(() -> changes.get() > 10);
        changing = false;
    }

    /** Killed once, it comes between two pages: the last one is stored, and the next not yet asked for. */
    void resumesAndComesBetweenPages(SharedProcess killed) {
        changing = true;
        Container second = resume(killed, under("/v2/people").afterCalls(PEOPLE / 400).delayed(Duration.ofSeconds(2))); // it is far from its end, however late the kill is
        int before = here.count("select pulled from sync_cursor");
        here.awaitRow(60, "sync_cursor where pulled >= " + (before + PEOPLE / 4));
        int stored = here.count("select pulled from sync_cursor");
        await().pollInterval(Duration.ofMillis(5)).until(() -> here.count("select pulled from sync_cursor") > stored);
        killed.kill();
        assertThat(second.log()).doesNotContain("pull people: from 'the beginning'");
    }

    /** Killed twice, it comes to its end: all are as they are in SalesLoft, for as few calls as that needs. */
    void resumesAndComesToItsEnd(SharedProcess running) throws InterruptedException {
        here.sql.update("update lease set expires_at = now()"); // it would run out by itself; the first kill waited for that
        long hanging = here.statuses("GET /v2/people").get("hang") + 1;
        Container third = resume(running, under("/v2/people").afterCalls(3).hangs());
        await().atMost(Duration.ofSeconds(60)).until(() -> here.statuses("GET /v2/people").get("hang") > hanging);
        somebody.shutdown();
        assertThat(somebody.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        here.salesloft.faults();
        here.awaitRow(60, "sync_cursor where finished_at is not null");
        long requests = here.calls("GET /v2/people");

        assertThat(third.log()).doesNotContain("pull people: from 'the beginning'");
        assertThat(changes.get()).isGreaterThan(50);
        assertThat(here.sql.queryForList("select id, updated_at from record where resource = 'people'")).hasSize(PEOPLE)
                .allSatisfy(row -> assertThat(here.salesloft.get("people", (long) row.get("id")).get("updated_at").asText())
                        .satisfies(there -> assertThat(OffsetDateTime.parse(there).toInstant()).isEqualTo(((Timestamp) row.get("updated_at")).toInstant())));
        assertThat(requests).isLessThanOrEqualTo(lawful(changes.get()));
        assertThat(here.seen("highestPage")).as("pages of people who were changed at the same time").isLessThanOrEqualTo(10);
        assertThat(here.seen("rateLimited")).isZero();
        assertThat(here.seen("mostSpentInAWindow")).isLessThanOrEqualTo(600);
    }

    /** Starts one that asks first for what the cursor names, and is answered when it has; what goes wrong after that. */
    private Container resume(SharedProcess process, FaultRule next) {
        String killed = "select count(*) from pg_stat_activity where datname = current_database() and application_name like 'salesloft%'";
        await().until(() -> here.count(killed) == 0); // its last statement is done, or undone
        Map<String, Object> cursor = here.sql.queryForMap("select phase, case phase when 'tie' then 1 else page end as page, "
                + "to_char(cursor at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as cursor from sync_cursor");
        String filter = Map.of("from", "&updated_at[gte]=%1$s", "after", "&updated_at[gt]=%1$s", "tie", "&include_paging_counts=true&updated_at[gte]=%1$s&updated_at[lte]=%1$s")
                .get(cursor.get("phase")).formatted(cursor.get("cursor"));
        here.salesloft.faults(
                under("/v2/people").query("&page=" + cursor.get("page") + "&sort_by=updated_at&sort_direction=ASC" + filter).hangs(),
                under("/v2/people").answers(UNASKED));
        long hanging = here.statuses("GET /v2/people").getOrDefault("hang", 0L);
        Container resumed = here.launch(process, SETTINGS);
        await().atMost(Duration.ofSeconds(90)).until(() -> here.statuses("GET /v2/people").getOrDefault("hang", 0L) > hanging
                || here.statuses("GET /v2/people").containsKey("" + UNASKED));
        assertThat(here.statuses("GET /v2/people")).as("asked for something else than " + cursor).doesNotContainKey("" + UNASKED);
        here.salesloft.faults(next);
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
    private void change(long number) {
        long first = here.sql.queryForObject("select min(id) from record", Long.class);
        int before = (PEOPLE - TIED) / 2 - 1;
        here.salesloft.put("people", JSON.createObjectNode().put("id", first + number * 7919 % before).put("title", "Change " + number));
    }

    @Override
    public void close() {
        somebody.shutdownNow();
        here.close();
    }
}
