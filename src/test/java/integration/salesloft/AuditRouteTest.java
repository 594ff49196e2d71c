package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;

/** The audit log: nothing in it changes, and what a lost tap left out is written again. */
class AuditRouteTest extends IntegrationTest {

    @Test
    void isAppendOnly() {
        sql.update("insert into audit_log (phase, operation, resource, idempotency_key, actor, attempts) values ('intent', 'create', 'people', 'kept', 'test', 1)");
        assertThatThrownBy(() -> sql.update("update audit_log set actor = 'nobody'")).isInstanceOf(DataAccessException.class).hasMessageContaining("append-only");
        assertThatThrownBy(() -> sql.update("delete from audit_log")).isInstanceOf(DataAccessException.class);
        assertThatThrownBy(() -> sql.update("truncate audit_log")).isInstanceOf(DataAccessException.class);
    }

    /** The process died between the ledger's entry and the tap. */
    @Test
    void writesALostOutcomeAgainFromTheLedger() {
        sql.update("insert into operation (key, operation, resource, actor, state, holder, lease_until, status, answer, ended_at) values "
                + "('lost-tap', 'create', 'people', 'test', 'done', 'gone', now(), 200, '{\"data\":{\"id\":42}}', now() - interval '1 minute')");
        template.sendBody("direct:audit-repair-now", null);
        template.sendBody("direct:audit-repair-now", null);
        assertThat(count("select count(*) from audit_log where idempotency_key = 'lost-tap' and phase = 'outcome' and resource_id = 42")).isEqualTo(1);
    }
}
