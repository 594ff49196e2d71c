package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;

/** The audit log: nothing in it changes, and what a lost tap left out is written again. */
class OpsAuditRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void isAppendOnly() {
        sql.update("insert into audit_log (phase, operation, resource, idempotency_key, actor, attempts) values ('intent', 'create', 'people', 'kept', 'test', 1)");
        assertThatThrownBy(() -> sql.update("update audit_log set actor = 'nobody'")).isInstanceOf(DataAccessException.class).hasMessageContaining("append-only");
        assertThatThrownBy(() -> sql.update("delete from audit_log")).isInstanceOf(DataAccessException.class);
        assertThatThrownBy(() -> sql.update("truncate audit_log")).isInstanceOf(DataAccessException.class);
        assertThat(count("select count(*) from pg_class, aclexplode(relacl) where relname = 'audit_log' and privilege_type in ('UPDATE', 'DELETE', 'TRUNCATE')")).isZero();
        assertThat(count("select count(*) from pg_class, aclexplode(relacl) where relname = 'audit_log' and privilege_type in ('SELECT', 'INSERT')")).isEqualTo(2);
    }

    /** The process died between the ledger's entry and the tap; the entry was committed after a comparison that began after its end. */
    @Test
    void writesALostOutcomeAgainFromTheLedger() {
        repair();
        end("lost-tap", "1 minute");
        repair();
        repair();
        assertThat(repaired("lost-tap")).isEqualTo(1);
    }

    /** No replica was there for days: a comparison is one of a day. */
    @Test
    void comparesDayByDay() throws Exception {
        camel.getRouteController().suspendRoute("ops-audit-repair"); // its timer would compare a day, too
        try {
            sql.update("update audit_repair set looked_until = now() - interval '3 days'");
            end("older", "61 hours");
            end("newer", "25 hours");
            repair();
            assertThat(repaired("older")).isEqualTo(1);
            assertThat(repaired("newer")).isZero();
            repair();
            assertThat(repaired("newer")).isEqualTo(1);
            repair();
            assertThat(count("select count(*) from audit_repair where looked_until > now() - interval '1 minute'")).isEqualTo(1);
        } finally {
            camel.getRouteController().resumeRoute("ops-audit-repair");
        }
    }

    private void repair() {
        template.sendBody("direct:ops-audit-repair-now", null);
    }

    /** A mutation ended so long ago, and its tap was lost. */
    private void end(String key, String ago) {
        sql.update("""
                insert into operation (key, operation, resource, actor, state, holder, lease_until, status, answer, ended_at) values
                (?, 'create', 'people', 'test', 'done', 'gone', now(), 200, '{"data":{"id":42}}', now() - cast(? as interval))""", key, ago);
    }

    private int repaired(String key) {
        return count("select count(*) from audit_log where idempotency_key = ? and phase = 'outcome' and resource_id = 42", key);
    }

    /** A line a mutation, with what is known of its end, oldest first; any number of them. */
    @Test
    void showsWhoChangedWhat() throws Exception {
        String job = "00000000-0000-0000-0000-00000000000a";
        String since = sql.queryForObject("select cast(clock_timestamp() at time zone 'UTC' as text)", String.class).replace(' ', 'T') + "Z";
        sql.update("insert into audit_log (phase, operation, resource, idempotency_key, actor, request, attempts, job) select 'intent', 'create', 'people', 'many-' || n, 'bulk', '{}', 1, ?::uuid "
                + "from generate_series(1, 1200) n", job);
        sql.update("""
                insert into audit_log (phase, operation, resource, idempotency_key, actor, request, before, attempts) values
                ('intent', 'create', 'people', 'shown', 'test', '{"a":1}', null, 1),
                ('intent', 'update', 'people', 'shown', 'test', '{"a":2}', '{"a":1}', 2),
                ('intent', 'update', 'people', 'shown', 'test', '{"a":2}', null, 3)""");
        sql.update("""
                insert into audit_log (phase, operation, resource, resource_id, idempotency_key, actor, request, status, outcome, attempts, duration_ms) values
                ('outcome', 'update', 'people', 4711, 'shown', 'test', '{"a":2}', 200, 'done', 3, 12)""");

        assertThat(lines("?since=" + since + "&job=" + job)).hasSize(1200).extracting(line -> line.path("idempotencyKey").asText()).startsWith("many-1", "many-2").endsWith("many-1200");
        assertThat(lines("?since=" + since)).hasSize(1201);
        for (String filter : List.of("id=4711", "actor=test&since=" + since, "operation=create&resource=people&actor=test&id=4711")) {
            assertThat(lines("?" + filter)).singleElement().satisfies(line -> {
                assertThat(((ObjectNode) line.deepCopy()).without(List.of("at", "job", "trace")).toString()).isEqualTo(quoted("{'operation':'update','resource':'people','resourceId':4711,"
                        + "'idempotencyKey':'shown','actor':'test','request':{'a':2},'changes':{'a':{'old':1,'new':2}},'status':200,'outcome':'done','attempts':3,'durationMs':12}"));
            });
        }
        // One that was tried under two traces is shown once to whoever asks for either, or for both.
        String trace = "00000000000000000000000000000%03x";
        sql.update("insert into audit_log (phase, operation, resource, idempotency_key, actor, attempts, trace) select 'intent', 'create', 'people', 'traced', 'test', n, "
                + "'00000000000000000000000000000' || lpad(to_hex(n / 2), 3, '0') from generate_series(1, 3) n");
        assertThat(lines("?trace=" + trace.formatted(0))).hasSize(1);
        assertThat(lines("?trace=" + trace.formatted(1) + "&actor=test")).singleElement().extracting(line -> line.path("attempts").asInt()).isEqualTo(3);
        assertThat(lines("?trace=" + trace.formatted(1) + "&job=" + job)).isEmpty();
        assertThat(lines("?trace=" + trace.formatted(1) + "&id=4711")).isEmpty();
        assertThat(lines("?limit=3&since=" + since + "&job=" + job)).extracting(line -> line.path("idempotencyKey").asText()).containsExactly("many-1200", "many-1199", "many-1198");
        assertThat(lines("?limit=1000&actor=test&since=" + since)).extracting(line -> line.path("idempotencyKey").asText()).containsExactly("traced", "shown");
        assertThat(lines("?job=x")).isEmpty();
        assertThat(lines("?id=x")).isEmpty();
        assertThat(lines("?since=2999-01-01")).isEmpty();
        assertThat(lines("?resource=horses")).isEmpty();
        assertThat(get("/ops/audit?since=yesterday", AS_OPS).statusCode()).isEqualTo(400);
        assertThat(get("/ops/audit?since=2026-13-99", AS_OPS).statusCode()).isEqualTo(400);
        assertThat(get("/ops/audit?limit=1001", AS_OPS).body()).contains("limit: must be a number from 1 to 1000");
        assertThat(get("/ops/audit").statusCode()).isEqualTo(401);
        assertThat(get("/ops/audit", AS_SYNC).statusCode()).isEqualTo(401);
    }

    private List<JsonNode> lines(String query) {
        return get("/ops/audit" + query.replace("+", "%2B"), AS_OPS).body().lines().map(line -> {
            try {
                return JSON.readTree(line);
            } catch (IOException e) {
                throw new UncheckedIOException(line, e);
            }
        }).toList();
    }
}
