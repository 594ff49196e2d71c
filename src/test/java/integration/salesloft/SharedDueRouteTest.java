package integration.salesloft;

import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import org.junit.jupiter.api.Test;

/** Who has something to do is woken, whoever has not is left alone, and nobody waits for somebody else. */
class SharedDueRouteTest extends IntegrationTest {

    @Test
    void wakesWhatIsDueAndNothingElse() {
        awaitLooks(2); // whoever was woken before the test has seen that there is nothing to do
        long pulls = runs("sync-lists-people");
        long applied = runs("webhook-apply");
        long compared = runs("sync-reconcile");
        awaitLooks(2);
        assertThat(runs("sync-lists-people")).isEqualTo(pulls);
        assertThat(runs("webhook-apply")).isEqualTo(applied);
        assertThat(runs("sync-reconcile")).isEqualTo(compared);

        sql.update("insert into webhook_event (id, event, body, state) values ('left by another', 'person_updated', jsonb_build_object('id', 1, 'updated_at', '2026-03-01T12:00:00Z'), 'received')");
        await().until(() -> count("select count(*) from people") == 1);
        await().until(() -> count("select count(*) from outbox") == 0);
        due("people");
        awaitPulled("people");
        sql.update("update comparison set next_run_at = now() where resource = 'people'");
        await().until(() -> count("select count(*) from comparison where resource = 'people' and finished_at is not null") == 1);
    }

    @Test
    void leavesToAnotherReplicaWhatItHolds() {
        sql.update("insert into lease values ('pull:people', 'another', 7, now() + interval '1 minute') "
                + "on conflict (name) do update set holder = excluded.holder, fence = excluded.fence, expires_at = excluded.expires_at");
        awaitLooks(2);
        long pulls = runs("sync-lists-people");
        due("people");
        awaitLooks(2);
        assertThat(runs("sync-lists-people")).isEqualTo(pulls);
    }

    /** A pull that takes long is no reason for another to wait. */
    @Test
    void holdsNothingUpWithALongPull() {
        faults(under("/v2/people").hangs());
        due("people");
        await().until(() -> count("select count(*) from sync_cursor where resource = 'people' and state = 'running'") == 1);
        due("accounts");
        awaitPulled("accounts");
        assertThat(count("select count(*) from sync_cursor where resource = 'people' and state = 'running'")).isOne();
        faults();
    }

    private void awaitLooks(int looks) {
        long before = runs("shared-due");
        await().until(() -> runs("shared-due") >= before + looks);
    }

    private long runs(String route) {
        return RouteCoverage.runs(camel, route);
    }
}
