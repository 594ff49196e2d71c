package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Retention: what only grows is cut, and no more than that. */
class OpsRetentionRouteTest extends IntegrationTest {

    @Test
    void forgetsWindowsOlderThanADay() {
        sql.update("insert into rate_budget values (now() - interval '2 days', 5, 0), (now() - interval '2 hours', 5, 0)");
        template.sendBody("direct:ops-retention-now", null);
        assertThat(count("select count(*) from rate_budget where window_start < now() - interval '1 hour'")).isEqualTo(1);
    }

    @Test
    void forgetsAppliedEventsAfterAWeek() {
        sql.update("""
                insert into webhook_event (id, event, body, received_at, state)
                select state || age || n, 'person_updated', '{}', now() - age, state
                  from unnest(array['applied', 'dead']) state, unnest(array[interval '8 days', interval '6 days']) age, generate_series(1, 1500) n
                """);
        template.sendBody("direct:ops-retention-now", null);
        assertThat(count("select count(*) from webhook_event where state = 'applied'")).isEqualTo(1500);
        assertThat(count("select count(*) from webhook_event where state = 'applied' and received_at < now() - interval '7 days'")).isZero();
        assertThat(count("select count(*) from webhook_event where state = 'dead'")).isEqualTo(3000);
    }

    @Test
    void forgetsJobsAfterAMonth() {
        sql.update("""
                insert into sync_job (job, digest, actor, on_existing, dry_run, total, finished_at)
                select ('00000000-0000-0000-0000-00000000000' || n)::uuid, '', 'sync', 'update', false, 1500, case n when 1 then now() - interval '31 days' when 2 then now() - interval '29 days' end
                  from generate_series(1, 3) n
                """);
        sql.update("insert into sync_row (job, number, key, given, original, state) select job, n, job || ':' || n, false, '{}', 'done' from sync_job, generate_series(1, 1500) n");
        sql.update("insert into lease values ('push:gone:1', 'gone', 1, now() - interval '2 days')");
        template.sendBody("direct:ops-retention-now", null);
        assertThat(count("select count(*) from sync_job")).isEqualTo(2);
        assertThat(count("select count(*) from sync_row")).isEqualTo(3000);
        assertThat(count("select count(*) from lease where name = 'push:gone:1'")).isZero();
    }

    @Test
    void forgetsNoticesAfterThreeMonthsOnceTheyAreDone() {
        sql.update("""
                insert into notice (id, audience, document, state, next_attempt_at, ended_at)
                select state || age, 'ops', '{}', state, 'infinity', case state when 'waiting' then null else now() - age end
                  from unnest(array['waiting', 'delivered', 'dead']) state, unnest(array[interval '91 days', interval '89 days']) age""");
        template.sendBody("direct:ops-retention-now", null);
        assertThat(sql.queryForList("select id from notice where state <> 'waiting' order by id", String.class)).containsExactly("dead89 days", "delivered89 days");
        assertThat(count("select count(*) from notice where state = 'waiting'")).isEqualTo(2);
    }

    @Test
    void forgetsChecklistsAfterAYearButNotTheLastOne() {
        sql.execute("truncate checklist_run");
        sql.update("insert into checklist_run (release, ended_at, document) select 'r' || n, now() - make_interval(days => 360 + n), '{}' from generate_series(1, 9) n");
        template.sendBody("direct:ops-retention-now", null);
        assertThat(sql.queryForList("select release from checklist_run order by release", String.class)).containsExactly("r1", "r2", "r3", "r4");
        sql.update("delete from checklist_run where release <> 'r4'");
        sql.update("update checklist_run set ended_at = now() - interval '3 years'");
        template.sendBody("direct:ops-retention-now", null);
        assertThat(count("select count(*) from checklist_run")).isEqualTo(1);
    }

    @Test
    void forgetsTheLedgerAfterThreeMonthsOnceItIsAudited() {
        sql.update("""
                insert into operation (key, operation, resource, actor, state, holder, lease_until, ended_at)
                select 'forget-' || n, 'create', 'people', 'x', case n when 3 then 'started' else 'done' end, 'h', now(), now() - case n when 4 then interval '89 days' else interval '91 days' end
                  from generate_series(1, 4) n
                """);
        sql.update("insert into audit_log (phase, operation, resource, idempotency_key, actor, attempts) select 'outcome', 'create', 'people', 'forget-' || n, 'x', 1 from generate_series(2, 4) n on conflict do nothing");
        template.sendBody("direct:ops-retention-now", null);
        assertThat(sql.queryForList("select key from operation where key like 'forget-%' order by key", String.class)).containsExactly("forget-1", "forget-3", "forget-4");
    }
}
