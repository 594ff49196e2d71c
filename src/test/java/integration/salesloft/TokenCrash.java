package integration.salesloft;

import static integration.salesloft.sandbox.FaultRule.on;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import integration.salesloft.sandbox.FaultRule;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * {@code kill -9} at each point of a renewal of the token pair. It heals wherever SalesLoft lets it: only when SalesLoft
 * revokes the old refresh token as it issues the new one, and the new one is lost, is there nothing left to renew with.
 */
final class TokenCrash implements AutoCloseable {

    /** A token must be good for another minute. */
    private static final int RENEWED_BY_EVERY_ATTEMPT = 30;
    /** When SalesLoft revokes the old refresh token. */
    private static final String ON_USE = "on_use";
    private static final String ON_ISSUE = "on_issue";
    private static final String BEGUN = "select count(*) from notice where id like 'auth-down:%:begun'";
    static final Map<String, String> SETTINGS = Map.of("SYNC_RESOURCES", "people", "SYNC_INTERVAL", "5s",
            SharedProcess.WITHOUT, SharedProcess.without("webhook/*", "stream/*", "sync/push*", "sync/reconcile"));

    /** Where the process is when it is killed. */
    enum Point {
        NOT_STORED {
            @Override
            Stop bring(Installation here) throws SQLException {
                // A pull renews it, and a probe, which waits until then, would use the new pair if it was to be had before it is stored.
                here.salesloft.settings(Map.of("tokenTtlSeconds", 7200));
                here.sql.update("update probe set claimed_at = 'infinity'");
                renew(List.of(here));
                Connection lock = here.sql.getDataSource().getConnection();
                lock.setAutoCommit(false);
                try (Statement statement = lock.createStatement()) {
                    statement.execute("lock table oauth_token in share row exclusive mode");
                }
                here.salesloft.expireTokens();
                String storing = "datname = current_database() and wait_event_type = 'Lock' and query like '%insert into oauth_token%'";
                AtomicBoolean asked = new AtomicBoolean();
                return new Stop(() -> {
                    if (here.count("select count(*) from pg_stat_activity where " + storing) > 0 && !asked.getAndSet(true)) {
                        here.sql.update("update probe set claimed_at = '-infinity'");
                    }
                    return asked.get() && here.count("select count(*) from probe where isfinite(claimed_at)") > 0;
                }, () -> {
                    // Its statement goes with the process; PostgreSQL would only notice after running it.
                    here.sql.queryForList("select pg_terminate_backend(pid) from pg_stat_activity where " + storing);
                    lock.close();
                });
            }
        },
        STORED {
            @Override
            Stop bring(Installation here) {
                // From the second on no attempt renews it any more: the kill would come in the middle of that, which is another point.
                here.salesloft.settings(Map.of("tokenTtlSeconds", 7200));
                for (int renewal = 0; renewal < 2; renewal++) {
                    renew(List.of(here));
                }
                return hang(here, "GET /v2/people", under("/v2/people").hangs());
            }
        },
        ASKING {
            @Override
            Stop bring(Installation here) {
                return hang(here, "POST /oauth/token", on("POST", "/oauth/token").hangs());
            }
        },
        ANSWER_LOST {
            @Override
            Stop bring(Installation here) {
                return hang(here, "POST /oauth/token", on("POST", "/oauth/token").afterWork().hangs());
            }
        };

        /** Sees to it that it comes to this point, and does not wait for that. */
        abstract Stop bring(Installation here) throws SQLException;

        private static Stop hang(Installation here, String endpoint, FaultRule fault) {
            here.salesloft.resetStats();
            here.salesloft.faults(fault);
            return new Stop(() -> here.statuses(endpoint).containsKey("hang"), () -> here.salesloft.faults());
        }
    }

    /** Whether a process has come to its point, and what takes away what held it there, once it is dead. */
    record Stop(BooleanSupplier reached, Leave leave) {
    }

    interface Leave {
        void leave() throws SQLException;
    }

    /** One that is killed at one point, under one of SalesLoft's ways. */
    private record Victim(String mode, Point point, Installation here, AtomicInteger toldBefore) {

        /** SalesLoft has revoked what is stored, and its successor is nowhere. */
        boolean gone() {
            return mode.equals(ON_ISSUE) && (point == Point.ANSWER_LOST || point == Point.NOT_STORED);
        }
    }

    private final List<Victim> victims = new ArrayList<>();

    private final List<Stop> stops = new ArrayList<>();

    /**
     * What SalesLoft has not yet been asked for it does not revoke in either way; and of a pair that was stored only the stricter way tells
     * whether it is the one that is used.
     */
    TokenCrash() {
        for (Point point : Point.values()) {
            if (point != Point.STORED) {
                add(ON_USE, point);
            }
            if (point != Point.ASKING) {
                add(ON_ISSUE, point);
            }
        }
    }

    /** Each has renewed its token some times. */
    void begins() {
        List<Installation> all = victims.stream().map(Victim::here).toList();
        all.forEach(here -> here.awaitRow(60, "sync_cursor where finished_at is not null"));
        all.forEach(here -> here.salesloft.settings(Map.of("tokenTtlSeconds", RENEWED_BY_EVERY_ATTEMPT)));
        renew(all);
        renew(all);
    }

    /** Last comes what cannot wait: an answer for which a container waits ten seconds, and then asks again. */
    void isHeldUp() throws SQLException {
        for (Victim victim : victims) {
            stops.add(victim.point.bring(victim.here));
            pull(victim.here);
        }
        await().during(Duration.ofSeconds(1)).until(() -> stops.stream().filter(stop -> stop.reached.getAsBoolean()).count() == stops.size()); // all are asked each time: some make a call when they are
    }

    /** They are dead: takes away what has held them. */
    void killed() throws SQLException {
        for (Stop stop : stops) {
            stop.leave.leave();
        }
        for (Victim victim : victims) {
            victim.here.salesloft.settings(Map.of("tokenTtlSeconds", 7200));
            victim.here.salesloft.resetStats(); // what counts is what is done after the kill
            endLeases(victim.here);
            // A token that ended again just after it was renewed was such an incident, too.
            victim.toldBefore.set(victim.here.count(BEGUN));
        }
    }

    /** Others have started. */
    void healsOrSaysOpenlyWhatIsLost(List<Container> restarted) {
        for (int i = 0; i < victims.size(); i++) {
            if (victims.get(i).gone()) {
                saysOpenly(victims.get(i), restarted.get(i));
            } else {
                works(victims.get(i));
            }
        }
        assertThat(restarted.get(0).log().split("P1 auth: SALESLOFT_REFRESH_TOKEN", -1)).as("told once by each that has lost its pair").hasSize(1 + 2);
    }

    private void add(String mode, Point point) {
        victims.add(new Victim(mode, point, new Installation(Postgres.shared(), "token_" + mode + "_" + point.name().toLowerCase(), Map.of("refreshMode", mode)), new AtomicInteger()));
    }

    List<Container> launch(SharedProcess process) {
        return victims.stream().map(victim -> victim.here.launch(process, SETTINGS)).toList();
    }

    /** They run out by themselves, 15 s after the kill. */
    private static void endLeases(Installation here) {
        here.sql.update("update lease set expires_at = now()");
    }

    private static void renew(List<Installation> all) {
        List<Integer> versions = all.stream().map(here -> here.count("select max(version) from oauth_token")).toList();
        for (Installation here : all) {
            here.salesloft.expireTokens();
            here.sql.update("update sync_cursor set finished_at = null");
            pull(here);
        }
        for (int i = 0; i < all.size(); i++) {
            all.get(i).awaitRow(60, "sync_cursor where finished_at is not null");
            all.get(i).awaitRow(60, "oauth_token where version > " + versions.get(i));
        }
    }

    /** Which needs a token that SalesLoft takes. */
    private static void awaitPulled(Installation here) {
        here.sql.update("update sync_cursor set finished_at = null");
        pull(here);
        here.awaitRow(60, "sync_cursor where finished_at is not null");
    }

    /** Which makes a call. */
    private static void pull(Installation here) {
        here.sql.update("update sync_cursor set next_run_at = now()");
    }

    private static void saysOpenly(Victim victim, Container restarted) {
        await().atMost(Duration.ofSeconds(90)).until(() -> victim.here.count(BEGUN) > victim.toldBefore.get());
        await().until(() -> restarted.get("/health").statusCode() == 503);
        assertThat(victim.here.count("select cast(auth_down as integer) from probe")).as(victim + "").isEqualTo(1);
        assertThat(victim.here.seen("revokedTokensUsed")).as(victim + "").isEqualTo(1);
    }

    /** Those that have said so are dead, too: starts others with another token. */
    void launchWithAnotherToken(SharedProcess process) {
        for (Victim victim : victims.stream().filter(Victim::gone).toList()) {
            String refreshToken = "sandbox-refresh-of-" + victim.point;
            victim.here.salesloft.revokeTokens(false, refreshToken);
            endLeases(victim.here);
            Map<String, String> settings = new HashMap<>(SETTINGS);
            settings.put("SALESLOFT_REFRESH_TOKEN", refreshToken);
            victim.here.launch(process, settings);
        }
    }

    /** The beginning was told by the process that lost the token, the end by the one that healed it. */
    void healsWithAnotherToken() {
        victims.stream().filter(Victim::gone).forEach(TokenCrash::works);
    }

    /** SalesLoft takes its token, and a pull comes to its end; what was told of is over. */
    private static void works(Victim victim) {
        Installation here = victim.here;
        here.awaitConnected();
        awaitPulled(here);
        assertThat(here.count("select cast(auth_down as integer) from probe")).as(victim + "").isZero();
        await().until(() -> here.count("select count(*) from incident") == 0);
        assertThat(here.count(BEGUN)).as(victim + "").isEqualTo(here.count("select count(*) from notice where id like 'auth-down:%:over'"))
                .isEqualTo(victim.toldBefore.get() + (victim.gone() ? 1 : 0));
        assertThat(here.seen("revokedTokensUsed")).as(victim + "").isEqualTo(victim.gone() ? 1 : 0);
    }
    @Override
    public void close() {
        victims.forEach(victim -> victim.here.close());
    }
}
