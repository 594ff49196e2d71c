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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * {@code kill -9} between every two steps of a renewal, with the pair in a store, for each store: no chain is lost, no refresh token is sent
 * twice, and the store has the newest pair in the end. Then with a second replica beside. Several installations are killed by one
 * signal, each at a step of its own, and what has healed is killed once more at another. Until the store is called it is the same code
 * whatever the store: at those steps one of them is killed for all.
 */
final class TokenStoreCrash implements AutoCloseable {

    /** How often one installation is killed. */
    static final int KILLS = 2;

    private static final Map<String, String> SETTINGS = TokenCrash.SETTINGS;

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

    /** PostgreSQL keeps the pair; before the first, or after one of the calls that a write into the store is made of. */
    private record InStore(String call, boolean afterWork) implements Point {

        @Override
        public Stop prepare(Installation here, TokenStoreStub store) {
            here.salesloft.settings(Map.of("refreshMode", "on_issue"));
            Hang hang = store.standStill(afterWork ? call : store.writing().get(0), afterWork);
            return new Stop(hang::reached, hang::release);
        }
    }

    /** An installation, and the points at which it is killed, one after the other. */
    private record Victim(TokenStoreStub store, List<Point> points, boolean isFirst, Map<String, String> settings, Installation here) {

        @Override
        public String toString() {
            return store.getClass().getSimpleName() + " " + points;
        }
    }

    private final List<Victim> victims = new ArrayList<>();
    private final Map<Victim, Stop> stops = new LinkedHashMap<>();
    private List<Integer> versions = List.of();
    private int kills;

    /** @param folder for files that containers are given */
    TokenStoreCrash(Path folder) throws IOException {
        // Before SalesLoft is asked, when the pair is kept and not put, and when SalesLoft's answer is lost.
        Queue<Point> whateverTheStore = new ArrayDeque<>(List.of(new InSalesLoft(false), new InStore("", false), new InSalesLoft(true)));
        List<Supplier<TokenStoreStub>> stores = List.of(VaultStub::start, KubernetesSecrets::start, AwsStub::new, GcpStub::new);
        for (Supplier<TokenStoreStub> start : stores) {
            TokenStoreStub store = start.get();
            List<Point> points = new ArrayList<>();
            store.writing().forEach(call -> points.add(new InStore(call, true)));
            if (points.size() % KILLS > 0) {
                points.add(0, whateverTheStore.remove());
            }
            for (int first = 0; first < points.size(); first += KILLS) {
                add(first == 0 ? store : start.get(), points.subList(first, first + KILLS), first == 0, folder);
            }
        }
        assertThat(whateverTheStore).isEmpty();
    }

    private void add(TokenStoreStub store, List<Point> points, boolean isFirst, Path folder) throws IOException {
        Map<String, String> settings = new HashMap<>(SETTINGS);
        settings.putAll(store.settings());
        if (store instanceof GcpStub gcp) {
            // Where the metadata server is a process is told once, for all of its containers.
            settings.remove("GCE_METADATA_HOST");
            settings.put("GOOGLE_APPLICATION_CREDENTIALS", gcp.keyFile(Files.createTempDirectory(folder, "gcp")).toString());
        }
        victims.add(new Victim(store, points, isFirst, settings, new Installation(Postgres.shared(), "token_crash_" + victims.size(), Map.of("refreshMode", "on_issue"))));
    }

    /** Starts one for each. */
    void launch(SharedProcess process) {
        launchAll(process, victims);
    }

    /** Each has put some pairs into its store. */
    void begins() {
        awaitStored(victims, victims.stream().map(victim -> 1).toList());
        for (int renewal = 0; renewal < 3; renewal++) {
            awaitStored(victims, renew(victims));
        }
    }

    /**
     * Brings each to its next point, by one renewal: another that is under way would lose a pair that SalesLoft has just issued, which nobody
     * can help.
     */
    void isHeldUp() {
        victims.forEach(victim -> stops.put(victim, victim.points.get(kills).prepare(victim.here, victim.store)));
        for (Victim victim : stops.keySet()) {
            victim.here.salesloft.expireTokens();
            victim.here.sql.update("update sync_cursor set next_run_at = now()");
        }
        for (Map.Entry<Victim, Stop> stop : stops.entrySet()) {
            await(stop.getKey() + ", kill " + kills).atMost(Duration.ofSeconds(60)).until(stop.getValue().reached::getAsBoolean);
        }
    }

    /** They are dead: takes away what has held them. */
    void killed() {
        kills++;
        stops.values().forEach(stop -> stop.leave.run());
        endLeases(victims);
        versions = versions(victims);
    }

    /** Others have started. */
    void heals() {
        work(victims);
        awaitStored(victims, versions);
    }

    /** Of each store there are two: whoever renews, both go on; without the store, too; and when the one is killed that has put the pair into the store. */
    void goesOnBesideAnother(SharedProcess first, SharedProcess second) {
        List<Victim> each = victims.stream().filter(Victim::isFirst).toList();
        List<Container> others = launchAll(second, each);
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
        each.forEach(victim -> victim.here.sql.update("update oauth_token set tried_at = null")); // it would be tried again after five seconds
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

    @Override
    public void close() {
        for (Victim victim : victims) {
            victim.here.close();
            victim.store.close();
        }
    }
}
