package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import integration.salesloft.store.AwsStub;
import integration.salesloft.store.GcpStub;
import integration.salesloft.store.Hang;
import integration.salesloft.store.KubernetesSecrets;
import integration.salesloft.store.TokenStoreStub;
import integration.salesloft.store.VaultStub;
import integration.salesloft.token.TokenPair;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code kill -9} between every two steps of a renewal, with the pair in a store: no chain is lost, no refresh token is sent twice, and
 * the store has the newest pair in the end. Then a second replica beside the first.
 */
@Execution(ExecutionMode.CONCURRENT)
class TokenStoreCrashTest {

    /** A token must be good for another minute. */
    private static final int RENEWED_BY_EVERY_ATTEMPT = 30;

    /** Where the process is when it is killed. */
    private record Point(String name, String refreshMode, BiFunction<Installation, TokenStoreStub, Runnable> reach) {

        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * SalesLoft revokes the old refresh token when the new one is used, where the new one was never kept; else as it issues it, so that a
     * pair that is lost is noticed.
     */
    private static final List<Point> POINTS = List.of(
            new Point("not asked", "on_use", (here, store) -> hang(here, "POST /oauth/token", Map.of("path", "/oauth/token", "hang", true))),
            new Point("answer lost", "on_use", (here, store) -> hang(here, "POST /oauth/token", Map.of("path", "/oauth/token", "hang", true, "afterWork", true))),
            new Point("kept and not put", "on_issue", (here, store) -> hang(here, store, false)),
            new Point("put and not dropped", "on_issue", (here, store) -> hang(here, store, true)));

    /** Their own steps. What comes before the first call to a store is the same for all. */
    private static final List<Point> OF_AWS = List.of(
            new Point("put beside and not made the current one", "on_issue", (here, store) -> hang(here, store, "UpdateSecretVersionStage", false)),
            new Point("the current one and not dropped", "on_issue", (here, store) -> hang(here, store, "UpdateSecretVersionStage", true)));
    private static final List<Point> OF_GCP = List.of(
            new Point("added and its number not noted", "on_issue", (here, store) -> hang(here, store, "addVersion", true)),
            new Point("an older one disabled", "on_issue", (here, store) -> hang(here, store, "disable", true)),
            new Point("an older one destroyed", "on_issue", (here, store) -> hang(here, store, "destroy", true)));

    static Stream<Arguments> stores() {
        return Stream.of(arguments("vault", VaultStub::start, POINTS), arguments("kubernetes", KubernetesSecrets::start, POINTS), arguments("aws", AwsStub::new, OF_AWS), arguments("gcp", GcpStub::new, OF_GCP));
    }

    private static Arguments arguments(String name, Supplier<TokenStoreStub> start, List<Point> points) {
        return Arguments.of(name, start, points);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("stores")
    void losesNoChain(String name, Supplier<TokenStoreStub> start, List<Point> points) {
        try (TokenStoreStub store = start.get(); Installation here = new Installation(Postgres.shared(), "token_crash_" + name, Map.of("refreshMode", "on_issue"))) {
            Map<String, String> settings = new HashMap<>(Map.of("SYNC_RESOURCES", "people", "SYNC_INTERVAL", "1s"));
            settings.putAll(store.settings());
            Container running = here.launch(settings);
            here.awaitRow(60, "sync_cursor where finished_at is not null");
            awaitStored(here, store, 1);
            for (Point point : points) {
                int version = here.count("select version from oauth_token");
                here.salesloft.settings(Map.of("refreshMode", point.refreshMode));
                if (point.refreshMode.equals("on_use")) {
                    here.salesloft.settings(Map.of("tokenTtlSeconds", RENEWED_BY_EVERY_ATTEMPT));
                    here.salesloft.expireTokens();
                    here.awaitRow(60, "oauth_token where version > " + version);
                }
                Runnable leave = point.reach.apply(here, store);
                running.kill();
                leave.run();
                here.salesloft.settings(Map.of("tokenTtlSeconds", 7200));
                here.sql.update("update lease set expires_at = now()"); // it would run out by itself, 15 s after the kill
                version = here.count("select version from oauth_token");

                running = here.launch(settings);
                works(here, point);
                awaitStored(here, store, version);
            }
            // A second one: whoever renews, both go on.
            Container second = here.launch(settings).awaitStarted();
            here.salesloft.settings(Map.of("refreshMode", "on_issue"));
            for (int renewal = 0; renewal < 3; renewal++) {
                int version = here.count("select version from oauth_token");
                here.salesloft.expireTokens();
                works(here, "two replicas");
                awaitStored(here, store, version + 1);
            }
            // Without the store both go on, and say so.
            int before = here.count("select version from oauth_token");
            store.away(true);
            here.salesloft.expireTokens();
            works(here, "store away");
            await().atMost(Duration.ofSeconds(30)).until(() -> second.metric("salesloft_token_store_waiting_seconds") > 1);
            store.away(false);
            awaitStored(here, store, before + 1);
            // The row has forgotten the pair, and who has put it into the store is gone.
            running.kill();
            here.sql.update("update lease set expires_at = now()");
            works(here, "dropped");
            assertThat(second.alive()).isTrue();
        }
    }

    /** SalesLoft takes its token, and a pull comes to its end. */
    private static void works(Installation here, Object when) {
        here.awaitConnected();
        here.sql.update("update sync_cursor set finished_at = null, next_run_at = now()");
        here.awaitRow(30, "sync_cursor where finished_at is not null");
        assertThat(here.count("select cast(auth_down as integer) from probe")).as(when + "").isZero();
        assertThat(here.seen("revokedTokensUsed")).as(when + "").isZero();
    }

    /** The store has the newest pair, of this version or a newer one, and the row has forgotten it. */
    private static void awaitStored(Installation here, TokenStoreStub store, int least) {
        here.awaitRow(30, "oauth_token where pair = '' and version >= " + least);
        assertThat(TokenPair.stored(store.pair()).version()).isEqualTo(here.count("select version from oauth_token"));
    }

    private static Runnable hang(Installation here, String endpoint, Map<String, Object> fault) {
        here.salesloft.faults(List.of(fault));
        await().atMost(Duration.ofSeconds(30)).until(() -> here.statuses(endpoint).containsKey("hang"));
        return () -> {
            here.salesloft.faults(List.of());
            here.salesloft.resetStats();
        };
    }

    private static Runnable hang(Installation here, TokenStoreStub store, boolean afterWork) {
        return reached(here, store.hang(afterWork));
    }

    /** At one of the calls that a write is made of. */
    private static Runnable hang(Installation here, TokenStoreStub store, String call, boolean afterWork) {
        return reached(here, store.hang(call, afterWork));
    }

    /** By one renewal: another that is under way as the process is killed would lose a pair that SalesLoft has just issued, which nobody can help. */
    private static Runnable reached(Installation here, Hang hang) {
        here.salesloft.expireTokens();
        await().atMost(Duration.ofSeconds(30)).until(hang::reached);
        return hang::release;
    }
}
