package integration.salesloft;

import static integration.salesloft.sandbox.FaultRule.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import integration.salesloft.sandbox.FaultRule;
import integration.salesloft.store.AwsStub;
import integration.salesloft.store.GcpStub;
import integration.salesloft.store.Hang;
import integration.salesloft.store.KubernetesSecrets;
import integration.salesloft.store.TokenStoreStub;
import integration.salesloft.store.VaultStub;
import integration.salesloft.token.TokenPair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} between every two steps of a renewal, with the pair in a store, for each store: no chain is lost, no refresh token is sent
 * twice, and the store has the newest pair in the end. Then with a second replica beside. Several installations are killed by one
 * signal, each at a step of its own, and what has healed is killed once more at another.
 */
class TokenStoreCrashTest {

    private static final Map<String, String> SETTINGS = Map.of("SYNC_RESOURCES", "people", "SYNC_INTERVAL", "5s");
    /** How often one installation is killed. */
    private static final int KILLS = 2;

    /** Holds a process up at its point: whether it has come there, and what lets the others go on. */
    private record Stop(BooleanSupplier reached, Runnable leave) {
    }

    /** Where a process is when it is killed. */
    private interface Point {

        /** Sees to it that the next renewal comes to this point and no further. */
        Stop prepare(Installation here, TokenStoreStub store);
    }

    /**
     * SalesLoft has not been asked, or its answer was not heard: it revokes the old refresh token when the new one is used, or else nobody
     * could help. At the points after that it does so as it issues the new one, so that a pair that is lost is noticed.
     */
    private record InSalesLoft(boolean afterWork) implements Point {

        @Override
        public Stop prepare(Installation here, TokenStoreStub store) {
            here.salesloft.settings(Map.of("refreshMode", "on_use"));
            here.salesloft.resetStats();
            FaultRule unanswered = on("POST", "/oauth/token").hangs();
            here.salesloft.faults(afterWork ? unanswered.afterWork() : unanswered);
            return new Stop(() -> here.statuses("POST /oauth/token").containsKey("hang"), () -> {
                here.salesloft.faults();
                here.salesloft.resetStats();
            });
        }
    }

    /** PostgreSQL keeps the pair; before or after one of the calls that a write into the store is made of. */
    private record InStore(String call, boolean afterWork) implements Point {

        @Override
        public Stop prepare(Installation here, TokenStoreStub store) {
            here.salesloft.settings(Map.of("refreshMode", "on_issue"));
            Hang hang = store.standStill(call, afterWork);
            return new Stop(hang::reached, hang::release);
        }
    }

    /** An installation, and which of all points is the first at which it is killed. */
    private record Victim(TokenStoreStub store, int first, Map<String, String> settings, Installation here) {

        /** Before SalesLoft is asked, when its answer is lost, when the pair is kept and not put, and after each call that putting is made of. */
        List<Point> all() {
            return Stream.<Point>concat(Stream.of(new InSalesLoft(false), new InSalesLoft(true), new InStore(store.writing().get(0), false)),
                    store.writing().stream().map(call -> new InStore(call, true))).toList();
        }

        Stream<Point> points() {
            return all().stream().skip(first).limit(KILLS);
        }

        @Override
        public String toString() {
            return store.getClass().getSimpleName() + " " + points().toList();
        }
    }

    @TempDir
    private Path folder;

    private final List<Victim> victims = new ArrayList<>();

    @AfterEach
    void closeAll() {
        for (Victim victim : victims) {
            victim.here.close();
            victim.store.close();
        }
    }

    @Test
    void losesNoChain() throws IOException {
        List<Supplier<TokenStoreStub>> stores = List.of(VaultStub::start, KubernetesSecrets::start, AwsStub::new, GcpStub::new);
        for (Supplier<TokenStoreStub> start : stores) {
            for (int first = 0; first == 0 || first < victims.get(victims.size() - 1).all().size(); first += KILLS) {
                add(start.get(), first);
            }
        }
        SharedProcess running = new SharedProcess();
        try (SharedProcess beside = new SharedProcess()) {
            launchAll(running, victims);
            awaitStored(victims, victims.stream().map(victim -> 1).toList());
            for (int renewal = 0; renewal < 3; renewal++) {
                awaitStored(victims, renew(victims));
            }
            List<Victim> each = victims.stream().filter(victim -> victim.first == 0).toList();
            List<Container> others = List.of();
            for (int kill = 0; kill < KILLS; kill++) {
                kill(running, kill);
                List<Victim> healing = killed(kill);
                List<Integer> versions = versions(healing);
                running = new SharedProcess();
                launchAll(running, healing);
                if (kill == KILLS - 1) {
                    others = launchAll(beside, each);
                }
                work(healing);
                awaitStored(healing, versions);
            }
            goOnBesideAnother(each, running, others);
        } finally {
            running.kill();
        }
    }

    private void add(TokenStoreStub store, int first) throws IOException {
        Map<String, String> settings = new HashMap<>(SETTINGS);
        settings.putAll(store.settings());
        if (store instanceof GcpStub gcp) {
            // Where the metadata server is a process is told once, for all of its containers.
            settings.remove("GCE_METADATA_HOST");
            settings.put("GOOGLE_APPLICATION_CREDENTIALS", gcp.keyFile(Files.createTempDirectory(folder, "gcp")).toString());
        }
        victims.add(new Victim(store, first, settings, new Installation(Postgres.shared(), "token_crash_" + victims.size(), Map.of("refreshMode", "on_issue"))));
    }

    /** Those that were brought to a point before this kill. Others have healed before, at their last point. */
    private List<Victim> killed(int number) {
        return victims.stream().filter(victim -> victim.points().count() > number).toList();
    }

    /** Brings each to its next point, by one renewal: another that is under way would lose a pair that SalesLoft has just issued, which nobody can help. */
    private void kill(SharedProcess process, int number) {
        Map<Victim, Stop> stops = new LinkedHashMap<>();
        for (Victim victim : killed(number)) {
            stops.put(victim, victim.points().skip(number).findFirst().orElseThrow().prepare(victim.here, victim.store));
        }
        for (Victim victim : stops.keySet()) {
            victim.here.salesloft.expireTokens();
            victim.here.sql.update("update sync_cursor set next_run_at = now()");
        }
        for (Map.Entry<Victim, Stop> stop : stops.entrySet()) {
            await(stop.getKey() + ", kill " + number).atMost(Duration.ofSeconds(60)).until(stop.getValue().reached::getAsBoolean);
        }
        process.kill();
        stops.values().forEach(stop -> stop.leave.run());
        endLeases(victims);
    }

    /** Of each store there are two: whoever renews, both go on; without the store, too; and when the one is killed that has put the pair into the store. */
    private static void goOnBesideAnother(List<Victim> each, SharedProcess first, List<Container> others) {
        others.forEach(Container::awaitStarted);
        each.forEach(victim -> victim.here.salesloft.settings(Map.of("refreshMode", "on_issue")));
        for (int renewal = 0; renewal < 3; renewal++) {
            awaitStored(each, renew(each));
        }
        work(each);
        each.forEach(victim -> victim.store.away(true));
        List<Integer> versions = renew(each);
        work(each);
        others.forEach(container -> await().until(() -> container.metric("salesloft_token_store_waiting_seconds") > 1));
        each.forEach(victim -> victim.store.away(false));
        awaitStored(each, versions);
        first.kill();
        endLeases(each);
        work(each);
    }

    private static List<Container> launchAll(SharedProcess process, List<Victim> victims) {
        return victims.stream().map(victim -> victim.here.launch(process, victim.settings)).toList();
    }

    /** They run out by themselves, 15 s after a kill. */
    private static void endLeases(List<Victim> victims) {
        victims.forEach(victim -> victim.here.sql.update("update lease set expires_at = now()"));
    }

    private static List<Integer> versions(List<Victim> victims) {
        return victims.stream().map(victim -> victim.here.count("select version from oauth_token")).toList();
    }

    /** Renews each token once, and waits until the new one was used: one that ends again before would be an incident. The versions that come of it. */
    private static List<Integer> renew(List<Victim> victims) {
        List<Integer> next = versions(victims).stream().map(version -> version + 1).toList();
        victims.forEach(victim -> victim.here.salesloft.expireTokens());
        pull(victims);
        return next;
    }

    /** A pull of each comes to its end, for which SalesLoft has to take the token. */
    private static void pull(List<Victim> victims) {
        victims.forEach(victim -> victim.here.sql.update("update sync_cursor set finished_at = null, next_run_at = now()"));
        victims.forEach(victim -> victim.here.awaitRow(60, "sync_cursor where finished_at is not null"));
    }

    /** A probe tells that SalesLoft takes the token of each, and a pull comes to its end. */
    private static void work(List<Victim> victims) {
        victims.forEach(victim -> victim.here.sql.update("update probe set at = null, connected = false, claimed_at = '-infinity'"));
        victims.forEach(victim -> victim.here.awaitRow(60, "probe where connected and at is not null"));
        pull(victims);
        for (Victim victim : victims) {
            assertThat(victim.here.count("select cast(auth_down as integer) from probe")).as(victim + "").isZero();
            assertThat(victim.here.seen("revokedTokensUsed")).as(victim + "").isZero();
        }
    }

    /** The store of each has the newest pair, of this version or a newer one, and the row has forgotten it. */
    private static void awaitStored(List<Victim> victims, List<Integer> versions) {
        for (int i = 0; i < versions.size(); i++) {
            Victim victim = victims.get(i);
            victim.here.awaitRow(60, "oauth_token where pair = '' and version >= " + versions.get(i));
            assertThat(TokenPair.stored(victim.store.pair()).version()).as(victim + "").isEqualTo(victim.here.count("select version from oauth_token"));
        }
    }
}
