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
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code kill -9} at each point of a renewal of the token pair. It heals wherever SalesLoft lets it: only when SalesLoft
 * revokes the old refresh token as it issues the new one, and the new one is lost, is there nothing left to renew with.
 */
@Execution(ExecutionMode.CONCURRENT)
class TokenCrashTest {

    /** A token must be good for another minute. */
    private static final int RENEWED_BY_EVERY_ATTEMPT = 30;

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
                // From the second on no attempt renews it any more: the kill would come in the middle of that, which is another point.
                here.salesloft.settings(Map.of("tokenTtlSeconds", 7200));
                for (int renewal = 0; renewal < 2; renewal++) {
                    int version = here.count("select max(version) from oauth_token");
                    here.salesloft.expireTokens();
                    here.awaitRow(60, "oauth_token where version > " + version);
                }
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

    /**
     * One installation after the other kill: what has healed is killed at the next point. What SalesLoft has not yet been asked for it does
     * not revoke in either way; and of a pair that was stored only the stricter way tells whether it is the one that is used.
     */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            on_use   | ASKING, ANSWER_LOST, NOT_STORED
            on_issue | ANSWER_LOST, NOT_STORED, STORED""")
    void survivesOrSaysOpenly(String mode, String points) throws SQLException {
        try (Installation here = new Installation(Postgres.shared(), "token_" + mode, Map.of("refreshMode", mode))) {
            Map<String, String> settings = new HashMap<>(Map.of("SYNC_RESOURCES", "people", "SYNC_INTERVAL", "1s"));
            Container running = here.launch(settings);
            here.awaitRow(60, "sync_cursor where finished_at is not null");
            for (String point : points.split(", ")) {
                running = survivesOrSaysOpenly(here, running, settings, mode, Point.valueOf(point));
            }
        }
    }

    private static Container survivesOrSaysOpenly(Installation here, Container killed, Map<String, String> settings, String mode, Point when) throws SQLException {
        int version = here.count("select max(version) from oauth_token");
        here.salesloft.resetStats();
        here.salesloft.settings(Map.of("tokenTtlSeconds", RENEWED_BY_EVERY_ATTEMPT));
        here.salesloft.expireTokens();
        here.awaitRow(60, "oauth_token where version > " + (version + 1));
        Leave point = when.reach(here);
        killed.kill();
        point.leave();
        here.salesloft.settings(Map.of("tokenTtlSeconds", 7200));
        here.sql.update("update lease set expires_at = now()"); // it would run out by itself, 15 s after the kill

        int toldBefore = here.count("select count(*) from notice where id like 'auth-down:%:begun'");
        boolean gone = mode.equals("on_issue") && (when == Point.ANSWER_LOST || when == Point.NOT_STORED);
        Container next = here.launch(settings);
        if (gone) {
            Container lost = next;
            await().atMost(Duration.ofSeconds(90)).until(() -> lost.log().contains("P1 auth: SALESLOFT_REFRESH_TOKEN"));
            assertThat(lost.get("/health").statusCode()).as(when + "").isEqualTo(503);
            assertThat(here.count("select cast(auth_down as integer) from probe")).as(when + "").isEqualTo(1);
            lost.stop();
            String refreshToken = "sandbox-refresh-" + when;
            here.salesloft.revokeTokens(false, refreshToken);
            settings.put("SALESLOFT_REFRESH_TOKEN", refreshToken);
            next = here.launch(settings);
        }
        here.awaitConnected();
        here.sql.update("update sync_cursor set finished_at = null, next_run_at = now()");
        here.awaitRow(30, "sync_cursor where finished_at is not null");
        assertThat(here.count("select cast(auth_down as integer) from probe")).as(when + "").isZero();
        // The beginning was told by the process that lost the token, the end by the one that healed it; or there was nothing to tell.
        await().atMost(Duration.ofSeconds(15)).until(() -> here.count("select count(*) from incident") == 0);
        assertThat(here.count("select count(*) from notice where id like 'auth-down:%:begun'")).as(when + "").isEqualTo(here.count("select count(*) from notice where id like 'auth-down:%:over'"))
                .isEqualTo(toldBefore + (gone ? 1 : 0));
        assertThat(here.seen("revokedTokensUsed")).as(when + "").isEqualTo(gone ? 1 : 0);
        return next;
    }
}
