package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
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
        sql.update("insert into push_batch (job, state, rows, bytes, parked_until, next_at, ended_at) select job, 'done', 1, 1, now(), now(), now() - interval '31 days' from sync_job");
        sql.update("insert into lease values ('push:gone:1', 'gone', 1, now() - interval '2 days')");
        template.sendBody("direct:ops-retention-now", null);
        assertThat(count("select count(*) from sync_job")).isEqualTo(2);
        assertThat(count("select count(*) from sync_row")).isEqualTo(3000);
        assertThat(count("select count(*) from push_batch")).isEqualTo(2);
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
    void forgetsDeadLettersOnceTheyWereReplayedAndAfterAYear() {
        sql.update("""
                insert into dead_letter (at, source, error, payload, state, event_id)
                select now() - age, 'webhook:x', 'x', state || age, state, state || age
                  from unnest(array['dead', 'replayed']) state, unnest(array[interval '29 days', interval '31 days', interval '364 days', interval '366 days']) age""");
        sql.update("insert into webhook_event (id, event, body, state) select event_id, 'x', '1', 'dead' from dead_letter");
        template.sendBody("direct:ops-retention-now", null);
        assertThat(sql.queryForList("select event_id from dead_letter order by id", String.class)).containsExactlyInAnyOrder("dead29 days", "dead31 days", "dead364 days", "replayed29 days");
        assertThat(count("select count(*) from webhook_event where id = 'dead366 days'")).isZero();
        assertThat(count("select count(*) from webhook_event where id = 'dead364 days'")).isEqualTo(1);
    }

    @Test
    void forgetsDeletedRecordsAndOldRollbacks() {
        sql.update("insert into record (resource, id, updated_at, document, deleted_at) select 'people', n, now(), '{}', case n when 1 then now() - interval '91 days' when 2 then now() - interval '89 days' end from generate_series(1, 3) n");
        sql.update("insert into rollback_run (id, reason, actor, platform, host, state, started_at, ended_at) select 'r' || n, 'x', 'ops', 'none', 'h', 'done', now() - make_interval(years => 5 - n), now() - make_interval(years => 5 - n) from generate_series(0, 1) n");
        sql.update("insert into rollback_step (run, step, position) values ('r0', 'freeze', 1), ('r1', 'freeze', 1)");
        sql.update("insert into drill (id, name, actor, release, ended_at) select 'd' || n, 'x', 'ops', 'r', now() - make_interval(years => 5 - n) from generate_series(0, 1) n");
        template.sendBody("direct:ops-retention-now", null);
        assertThat(sql.queryForList("select id from record order by id", Integer.class)).containsExactly(2, 3);
        assertThat(sql.queryForList("select run from rollback_step", String.class)).containsExactly("r1");
        assertThat(sql.queryForList("select id from drill", String.class)).containsExactly("d1");
    }

    @Test
    void forgetsLinesOfTheAuditLogOnlyWhereThatIsSaid() {
        sql.update("insert into audit_log (at, phase, operation, resource, idempotency_key, actor, attempts) select now() - interval '9 years', 'intent', 'create', 'people', 'old-' || n, 'x', 1 from generate_series(1, 3) n on conflict do nothing");
        sql.update("insert into operation (key, operation, resource, actor, state, holder, lease_until) values ('old-3', 'create', 'people', 'x', 'started', 'h', now())");
        template.sendBody("direct:ops-retention-now", null);
        assertThat(count("select count(*) from audit_log where idempotency_key like 'old-_'")).isEqualTo(3);
        Object kept = camel.getRegistry().lookupByName("keep-audit");
        camel.getRegistry().bind("keep-audit", "8 years");
        try {
            template.sendBody("direct:ops-retention-now", null);
        } finally {
            camel.getRegistry().bind("keep-audit", kept);
        }
        assertThat(sql.queryForList("select idempotency_key from audit_log where idempotency_key like 'old-_'", String.class)).containsExactly("old-3");
        assertThat(count("select cast(document ->> 'auditLines' as integer) from erasure where kind = 'retention'")).isEqualTo(2);
        assertThatThrownBy(() -> sql.update("delete from audit_log")).hasMessageContaining("append-only");
        assertThatThrownBy(() -> sql.queryForObject("select forget_audit(interval '89 days', 1)", Long.class)).hasMessageContaining("ninety days at least");
    }

    @Test
    void saysHowLongEachTableIsKept() throws IOException {
        String docs = Files.readString(Path.of("docs/privacy.md"));
        assertThat(sql.queryForList("select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'flyway_schema_history'", String.class))
                .hasSizeGreaterThan(25).allSatisfy(table -> assertThat(docs).containsPattern("(?m)^\\|[^|]*`" + table + "`[^|]*\\|"));
        var beans = Pattern.compile(quoted("name: (keep-[a-z-]+)\\s+type: java.lang.String\\s+constructors: \\{'0': '?([^'}]+)'?}")).matcher(Files.readString(Path.of("routes/ops/retention.camel.yaml"))).results().toList();
        assertThat(beans).hasSize(13).allSatisfy(bean -> assertThat(docs).contains("`" + bean.group(1) + "` " + bean.group(2)));
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
