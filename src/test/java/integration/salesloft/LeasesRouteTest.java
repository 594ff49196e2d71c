package integration.salesloft;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Leases: this process renews its own, and nobody else's. */
class LeasesRouteTest extends IntegrationTest {

    @Test
    void renewsItsOwnLeasesOnly() {
        String me = camel.getRegistry().lookupByName("instance").toString();
        sql.update("insert into lease values ('test:mine', ?, 1, now() + interval '2 seconds'), ('test:other', 'another', 1, now() + interval '2 seconds') "
                + "on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at", me);
        await().atMost(Duration.ofSeconds(12)).until(() -> count("select count(*) from lease where name = 'test:mine' and expires_at > now() + interval '5 seconds'") == 1);
        await().atMost(Duration.ofSeconds(5)).until(() -> count("select count(*) from lease where name = 'test:other' and expires_at < now()") == 1);
    }
}
