package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code kill -9} at each point of a renewal of the token pair. It heals wherever SalesLoft lets it: only when SalesLoft
 * revokes the old refresh token as it issues the new one, and the new one is lost, is there nothing left to renew with.
 */
@Execution(ExecutionMode.CONCURRENT)
class TokenCrashTest {

    /** Every attempt renews: a token must be good for another minute. */
    private static final Map<String, Object> RENEWING = Map.of("tokenTtlSeconds", 30);
    private static final Map<String, String> BUSY = Map.of("SYNC_RESOURCES", "people", "SYNC_INTERVAL", "1s");

    /** Where the process is when it is killed. */
    enum Point {
        ASKING {
            @Override
            Leave reach(Installation here) {
                return hang(here, "POST /oauth/token", Map.of("path", "/oauth/token", "hang", true));
            }
        },
        ANSWER_LOST {
            @Override
            Leave reach(Installation here) {
                return hang(here, "POST /oauth/token", Map.of("path", "/oauth/token", "hang", true, "afterWork", true));
            }
        },
        NOT_STORED {
            @Override
            Leave reach(Installation here) throws SQLException {
                Connection lock = here.sql.getDataSource().getConnection();
                lock.setAutoCommit(false);
                try (Statement statement = lock.createStatement()) {
                    statement.execute("lock table oauth_token in share row exclusive mode");
                }
                String storing = "datname = current_database() and wait_event_type = 'Lock' and query like '%insert into oauth_token%'";
                here.awaitRow(20, "pg_stat_activity where " + storing);
                return () -> {
                    // Its statement goes with the process; PostgreSQL would only notice after running it.
                    here.sql.queryForList("select pg_terminate_backend(pid) from pg_stat_activity where " + storing);
                    lock.close();
                };
            }
        },
        STORED {
            @Override
            Leave reach(Installation here) {
                return hang(here, "GET /v2/people", Map.of("path", "/v2/people", "hang", true));
            }
        };

        abstract Leave reach(Installation here) throws SQLException;

        private static Leave hang(Installation here, String endpoint, Map<String, Object> fault) {
            here.salesloft.faults(List.of(fault));
            await().atMost(Duration.ofSeconds(30)).until(() -> here.statuses(endpoint).containsKey("hang"));
            return () -> here.salesloft.faults(List.of());
        }
    }

    /** Takes away what held the process at its point, once it is dead. */
    interface Leave {
        void leave() throws SQLException;
    }

    static Stream<Arguments> renewals() {
        return Stream.of("on_use", "on_issue").flatMap(mode -> Stream.of(Point.values()).map(point -> Arguments.of(mode, point)));
    }

    @ParameterizedTest(name = "{0}, killed when {1}")
    @MethodSource("renewals")
    void survivesOrSaysOpenly(String mode, Point when) throws SQLException {
        Map<String, Object> team = new HashMap<>(RENEWING);
        team.put("refreshMode", mode);
        try (Installation here = new Installation(Postgres.shared(), "token_" + mode + "_" + when.name().toLowerCase(), team)) {
            Container killed = here.launch(BUSY);
            here.awaitRow(60, "sync_cursor where finished_at is not null");
            Leave point = when.reach(here);
            killed.kill();
            point.leave();
            here.salesloft.settings(Map.of("tokenTtlSeconds", 7200));
            here.sql.update("update lease set expires_at = now()"); // it would run out by itself, 15 s after the kill

            boolean gone = mode.equals("on_issue") && (when == Point.ANSWER_LOST || when == Point.NOT_STORED);
            Container next = here.launch(BUSY);
            if (gone) {
                await().atMost(Duration.ofSeconds(90)).until(() -> next.log().contains("P1 auth: SALESLOFT_REFRESH_TOKEN"));
                assertThat(next.get("/health").statusCode()).isEqualTo(503);
                assertThat(here.count("select cast(auth_down as integer) from probe")).isEqualTo(1);
                next.stop();
                here.salesloft.revokeTokens(false, "sandbox-refresh-new");
                here.launch(Map.of("SYNC_RESOURCES", "people", "SYNC_INTERVAL", "1s", "SALESLOFT_REFRESH_TOKEN", "sandbox-refresh-new"));
            }
            here.awaitConnected();
            here.sql.update("update sync_cursor set finished_at = null, next_run_at = now()");
            here.awaitRow(30, "sync_cursor where finished_at is not null");
            assertThat(here.count("select cast(auth_down as integer) from probe")).isZero();
            assertThat(here.seen("revokedTokensUsed")).isEqualTo(gone ? 1 : 0);
        }
    }
}
