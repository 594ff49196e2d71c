package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import integration.salesloft.lease.Progress;
import java.util.Map;
import org.apache.camel.component.timer.TimerEndpoint;
import org.junit.jupiter.api.Test;

/** Who keeps a lease: whoever makes progress. */
class SharedLeasesRouteTest extends IntegrationTest {

    @Test
    void renewsTheLeasesOfWorkersThatMakeProgress() {
        double afterARenewal = camel.getRoute("shared-leases").getEndpoint() instanceof TimerEndpoint timer ? timer.getPeriod() / 1000.0 + 2 : 0;
        String me = camel.getRegistry().lookupByName("instance").toString();
        progress().made("test:mine");
        progress().made("test:other");
        sql.update("insert into lease values ('test:mine', ?, 1, now() + interval '10 seconds'), ('test:hangs', ?, 1, now() + ? * interval '1 second'),"
                + " ('test:other', 'another', 1, now() + ? * interval '1 second')"
                + " on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at", me, me, afterARenewal, afterARenewal);
        await().until(() -> count("select count(*) from lease where name = 'test:mine' and expires_at > now() + interval '11 seconds'") == 1);
        await().until(() -> count("select count(*) from lease where name in ('test:hangs', 'test:other') and expires_at < now()") == 2);
        assertThat(count("select count(*) from lease where name = 'test:mine' and expires_at > now()")).isEqualTo(1);
    }

    /** Each of the flows that work under a lease says that it makes progress. */
    @Test
    void knowsWhichWorkersMakeProgress() {
        seed(Map.of("people", 300, "latencyMs", 50));
        pull("people");
        await().until(() -> progress().working().contains(quoted("'pull:people'")));
        awaitPulled("people");
        await().until(() -> progress().working().contains(quoted("'outbox'")));
        assertThat(send("POST", "/sync/people", quoted("{'email_address':'new@example.com'}"), AS_SYNC).statusCode()).isEqualTo(202);
        await().until(() -> progress().working().contains(quoted("'push:")));
    }

    @Test
    void takesAWorkerWithoutProgressForOneThatHangs() {
        Progress none = new Progress(0);
        none.made("a");
        none.made(null);
        assertThat(none.working()).isEqualTo("{}");
        none.rests("b");
        assertThat(none.working()).isEqualTo(quoted("{'b'}"));
        none.made("b");
        assertThat(none.working()).isEqualTo("{}");
        Progress some = new Progress(60_000);
        some.made("pull:people");
        assertThat(some.working()).isEqualTo(quoted("{'pull:people'}"));
    }
}
