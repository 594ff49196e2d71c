package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The comparison: deletions in SalesLoft are detected and marked, and nothing else is. */
class SyncReconcileRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void marksWhatVanishedAndNotWhatMoved() {
        pull("people");
        awaitPulled("people");
        List<Long> ids = sql.queryForList("select id from record order by updated_at limit 4", Long.class);
        SALESLOFT.remove("people", ids.get(0));
        SALESLOFT.remove("people", ids.get(1));
        SALESLOFT.put("people", JSON.createObjectNode().put("id", ids.get(2)).put("title", "Moved to the last page"));
        SALESLOFT.resetStats();

        compare("people");
        awaitCompared("people");

        assertThat(sql.queryForList("select id from record where deleted_at is not null order by updated_at", Long.class)).isEqualTo(ids.subList(0, 2));
        assertThat(count("select count(*) from people")).isEqualTo(118);
        assertThat(count("select compared from comparison where resource = 'people'")).isEqualTo(120);
        assertThat(count("select deleted from comparison where resource = 'people'")).isEqualTo(2);
        assertThat(calls("GET /v2/people")).isEqualTo(3); // two for 120 of them, one to make sure
    }

    /** Users: the list hides who was deactivated unless asked; the comparison must ask as the pull does. */
    @Test
    void doesNotTakeTheHiddenForVanished() {
        pull("users");
        awaitPulled("users");
        SALESLOFT.put("users", JSON.createObjectNode().put("id", sql.queryForObject("select min(id) from record", Long.class)).put("active", false));
        compare("users");
        await().until(() -> progress().working().contains("\"compare\""));
        awaitCompared("users");
        assertThat(count("select count(*) from users")).isEqualTo(5);
    }

    /** What changed while SalesLoft was being asked is not what it was asked for. */
    @Test
    void leavesWhatTheMirrorHasLearntMeanwhile() {
        pull("accounts");
        awaitPulled("accounts");
        long id = sql.queryForObject("select min(id) from record", Long.class);
        SALESLOFT.remove("accounts", id);
        faults(under("/v2/accounts").query("ids").hangs());
        compare("accounts");
        awaitAsking();
        sql.update("update record set updated_at = updated_at + interval '1 hour' where id = ?", id);
        faults(); // what was asked is asked again, and answered
        awaitCompared("accounts");
        assertThat(count("select count(*) from accounts")).isEqualTo(10);
    }

    @Test
    void marksNothingOnAnAnswerToAnotherQuestion() {
        pull("accounts");
        awaitPulled("accounts");
        for (String answer : List.of("{'metadata':{},'data':[{'id':1,'updated_at':'2026-01-01T00:00:00Z'}]}", "{'metadata':{'filtering':{'ids':[1]}},'data':[]}", "{'metadata':{}}")) {
            faults(under("/v2/accounts").answers(200, quoted(answer)));
            compare("accounts");
            await().until(() -> count("select count(*) from comparison where resource = 'accounts' and error like '%nothing was marked%'") == 1);
            assertThat(count("select count(*) from accounts")).isEqualTo(10);
        }
        faults();
        compare("accounts");
        awaitCompared("accounts");
        assertThat(count("select count(*) from accounts")).isEqualTo(10);
    }

    @Test
    void writesNothingOnceTheLeaseIsLost() {
        pull("accounts");
        awaitPulled("accounts");
        SALESLOFT.remove("accounts", sql.queryForObject("select min(id) from record", Long.class));
        faults(under("/v2/accounts").query("ids").hangs());
        compare("accounts");
        awaitAsking();
        sql.update("update lease set holder = 'another', fence = fence + 1, expires_at = now() + interval '1 minute' where name = 'compare'");
        faults(); // what was asked is asked again, and answered
        await().until(() -> camel.getInflightRepository().size("sync-reconcile") == 0);
        assertThat(count("select count(*) from accounts")).isEqualTo(10);
        assertThat(count("select compared from comparison where resource = 'accounts'")).isZero();
    }

    /** PostgreSQL fails: the lease is given back at once, and whoever has it next goes on. */
    @Test
    void givesTheLeaseBackAfterAFailure() {
        pull("accounts");
        awaitPulled("accounts");
        int before = count("select coalesce(max(fence), 0) from lease where name = 'compare'");
        sql.execute("alter table comparison add constraint refused check (run_started_at is null) not valid");
        try {
            compare("accounts");
            await().until(() -> count("select count(*) from lease where name = 'compare' and holder = '' and fence > ?", before) == 1);
        } finally {
            sql.execute("alter table comparison drop constraint refused");
        }
        awaitCompared("accounts");
    }

    @Test
    void goesOnWhereItWasCutOff() {
        pull("people");
        awaitPulled("people");
        long last = sql.queryForObject("select id from record order by id offset 99 limit 1", Long.class);
        SALESLOFT.resetStats();
        sql.update("update comparison set run_started_at = now(), after_id = ?, next_run_at = now() where resource = 'people'", last);
        awaitCompared("people");
        assertThat(calls("GET /v2/people")).isEqualTo(1);
        assertThat(count("select compared from comparison where resource = 'people'")).isEqualTo(20);
    }

    private void compare(String resource) {
        sql.update("update comparison set next_run_at = now(), error = null where resource = ?", resource);
    }

    /** What is asked for has been read by then; before, the mirror could still be changed under the reading. */
    private void awaitAsking() {
        await().until(() -> camel.getInflightRepository().size("sync-reconcile-find") == 1);
    }

    private void awaitCompared(String resource) {
        await().until(() ->
                count("select count(*) from comparison where resource = ? and finished_at is not null and run_started_at is null", resource) == 1);
    }
}
