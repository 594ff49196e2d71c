package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.fasterxml.jackson.core.JsonProcessingException;
import integration.salesloft.gateway.ReauthorizationRequired;
import integration.salesloft.gateway.Unavailable;
import integration.salesloft.start.Command;
import integration.salesloft.start.InvalidSettingException;
import integration.salesloft.store.AwsStub;
import integration.salesloft.store.GcpStub;
import integration.salesloft.store.Hang;
import integration.salesloft.store.KubernetesSecrets;
import integration.salesloft.store.TokenStoreStub;
import integration.salesloft.store.VaultStub;
import integration.salesloft.token.TokenCustody;
import integration.salesloft.token.TokenPair;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Where the pair is, whichever store it has: replicas that call through the gateway, and nothing else, in this JVM. The delivery, which
 * shared/due wakes in the whole container, is woken here when the test says so.
 */
@ExtendWith(OutputCaptureExtension.class)
class GatewayTokenStoreRouteTest {

    private static final String MASTER = "kubernetes.master";
    // The old refresh token is revoked as soon as the new one is made: a pair that is lost is noticed.
    private static final Map<String, Object> TEAM = Map.of("refreshMode", "on_issue", "people", 1, "accounts", 0, "cadences", 0, "memberships", 0, "users", 1,
            "emails", 0, "calls", 0, "notes", 0, "tasks", 0);

    private static final Pattern SECRETS = Pattern.compile("sandbox-(refresh|access|secret)|" + VaultStub.SECRET_ID + "|hvs\\.|c2FuZGJveC|" + AwsStub.SECRET_KEY + "|ya29\\.|assertion=|access_token\\W+sandbox");

    private static Installation here;
    private static VaultStub vault;
    private static KubernetesSecrets cluster;
    private static AwsStub aws;
    private static GcpStub gcp;
    @TempDir
    private static Path folder;
    /** Those that no test uses just now, by their settings: what a start costs is more than what a test does after it. */
    private static final Map<Map<String, String>, Deque<ConfigurableApplicationContext>> IDLE = new HashMap<>();

    private final Map<ConfigurableApplicationContext, Map<String, String>> replicas = new LinkedHashMap<>();
    private final String master = System.getProperty(MASTER);

    @BeforeAll
    static void begin() {
        here = new Installation(Postgres.shared(), "token_store", TEAM);
        vault = VaultStub.start();
        cluster = KubernetesSecrets.start();
        aws = new AwsStub();
        gcp = new GcpStub();
    }

    /** Nothing is kept anywhere. */
    @BeforeEach
    void beginAnew() {
        System.setProperty(MASTER, cluster.url());
        System.setProperty("aws.accessKeyId", AwsStub.ACCESS_KEY);
        System.setProperty("aws.secretAccessKey", AwsStub.SECRET_KEY);
        stores().forEach(TokenStoreStub::forgetAll);
        here.salesloft.seed(TEAM);
        List.of("oauth_token", "token_failure", "rate_budget").forEach(table -> here.sql.update("delete from " + table));
    }

    @AfterEach
    void end() {
        List.copyOf(replicas.keySet()).forEach(this::release);
        System.clearProperty("aws.accessKeyId");
        System.clearProperty("aws.secretAccessKey");
        if (master == null) {
            System.clearProperty(MASTER);
        } else {
            System.setProperty(MASTER, master);
        }
        assertThat(here.seen("revokedTokensUsed")).isZero();
        assertThat(here.salesloft.takeMisuses()).isEmpty();
    }

    @AfterAll
    static void endAll() {
        IDLE.values().stream().flatMap(Deque::stream).forEach(replica -> {
            RouteCoverage.note(replica.getBean(CamelContext.class));
            replica.close();
        });
        IDLE.clear();
        stores().forEach(TokenStoreStub::close);
        here.close();
    }

    private static List<TokenStoreStub> stores() {
        return List.of(vault, cluster, aws, gcp);
    }

    @ParameterizedTest
    @ValueSource(strings = {"vault", "kubernetes", "aws", "gcp"})
    void theStoreHoldsTheNewestPairAndTwoReplicasShareIt(String name) {
        TokenStoreStub store = store(name);
        ConfigurableApplicationContext one = start(store.settings());
        call(one);
        assertThat(row("version = 1 and pair <> '' and stored_in is null")).isTrue();
        deliver(one);
        assertThat(row("version = 1 and pair = '' and stored_in = '" + name + "' and stored_as is not null")).isTrue();
        assertHolds(store, 1);
        for (int renewal = 2; renewal <= 4; renewal++) {
            here.salesloft.expireTokens();
            call(one);
            deliver(one);
            assertHolds(store, renewal);
        }
        assertThat(refreshes()).isEqualTo(4);

        // Another one finds it there, and each finds what the other has renewed, in the row or in the store. Two at a time are of one kind of store
        // enough: the kinds differ in how a pair is read and written there. Of the others it is the same one after a restart.
        if (store != vault) {
            release(one);
        }
        ConfigurableApplicationContext two = start(store.settings());
        int reads = store.reads();
        call(two);
        assertThat(refreshes()).isEqualTo(4);
        call(two);
        assertThat(store.reads()).isEqualTo(reads + 1);
        here.salesloft.expireTokens();
        call(two);
        call(one);
        assertThat(refreshes()).isEqualTo(5);
        deliver(one);
        assertHolds(store, 5);
        here.salesloft.expireTokens();
        call(one);
        deliver(two);
        call(two);
        assertThat(refreshes()).isEqualTo(6);
        assertHolds(store, 6);
    }

    /** A store that is away, slow or sealed, or denies it. */
    @ParameterizedTest
    @ValueSource(strings = {"vault", "kubernetes", "aws", "gcp"})
    void callsAndRenewalsGoOnWithoutTheStore(String name, CapturedOutput output) {
        TokenStoreStub store = store(name);
        ConfigurableApplicationContext one = start(store.settings());
        call(one);
        deliver(one);
        store.away(true);
        for (int renewal = 2; renewal <= 3; renewal++) {
            here.salesloft.expireTokens();
            call(one);
            tryToDeliver(one);
        }
        assertThat(row("version = 3 and pair <> '' and trouble is not null")).isTrue();
        tryToDeliver(one);
        await().untilAsserted(() -> assertThat(output.getOut().lines().filter(line -> line.contains("token store " + name + " does not take version"))).hasSizeBetween(1, 2));
        // A replica that starts now has the pair out of the row.
        release(one);
        call(start(store.settings()));
        store.away(false);
        deliver(one);
        assertHolds(store, 3);
        await().untilAsserted(() -> assertThat(output).contains("token store " + name + " has the pair at last, version 3"));

        store.deny(true);
        here.salesloft.expireTokens();
        call(one);
        tryToDeliver(one, () -> assertThat(here.sql.queryForObject("select trouble from oauth_token", String.class)).containsAnyOf("refuses it (", "AccessDeniedException", "PERMISSION_DENIED"));
        store.deny(false);
        deliver(one);

        // Nobody waits while the store does.
        Hang hang = store.hang(false);
        here.salesloft.expireTokens();
        call(one);
        wake(one);
        await().until(hang::reached);
        here.salesloft.expireTokens();
        call(one);
        assertThat(row("trouble is null")).as("not even the delivery has given up yet").isTrue();
        await().until(() -> row("trouble is not null"));
        hang.release();
        deliver(one);
        assertHolds(store, 6);
        assertThat(here.calls("POST /oauth/token")).isEqualTo(6);
    }

    /** The row has forgotten the pair, and a replica that starts does not have it. */
    @Test
    void waitsForTheStoreRatherThanBurnTheStartToken() {
        ConfigurableApplicationContext one = start(vault.settings());
        call(one);
        deliver(one);
        vault.seal(true);
        ConfigurableApplicationContext two = start(vault.settings());
        assertThatThrownBy(() -> call(two)).isInstanceOf(Unavailable.class).hasMessageMatching("token store vault: answers (the login )?503 Vault is sealed");
        call(one);
        vault.seal(false);
        call(two);
        assertThat(here.calls("POST /oauth/token")).isEqualTo(1);

        // So does one whose tables are new.
        release(one);
        here.sql.update("delete from oauth_token");
        vault.seal(true);
        ConfigurableApplicationContext three = start(vault.settings());
        assertThatThrownBy(() -> call(three)).isInstanceOf(Unavailable.class);
        vault.seal(false);
        call(three);
        assertThat(row("version = 1 and pair = '' and stored_in = 'vault' and stored_as = '1'")).isTrue();
        assertThat(here.calls("POST /oauth/token")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"vault", "kubernetes"})
    void overwritesNothingThatIsNotOfItsChain(String name, CapturedOutput output) {
        TokenStoreStub store = store(name);
        store.put("{\"password\":\"somebody else's\"}");
        ConfigurableApplicationContext one = start(store.settings());
        call(one);
        tryToDeliver(one, () -> assertThat(output).contains("P2 token store " + name + ": it holds something that is not of our chain"));
        assertThat(store.pair()).contains("somebody else's");
        call(one);
        store.forgetAll();
        deliver(one);
        assertHolds(store, 1);
    }

    @Test
    void replacesASecretThatOthersHaveTouched() {
        cluster.makeEmpty();
        ConfigurableApplicationContext one = start(cluster.settings());
        call(one);
        deliver(one);
        assertHolds(cluster, 1);

        // What others change beside the pair is not in the way, nor is an older version of it, nor that somebody deletes it.
        cluster.label("team", "sales");
        here.salesloft.expireTokens();
        call(one);
        deliver(one);
        assertHolds(cluster, 2);
        cluster.lose();
        here.salesloft.expireTokens();
        call(one);
        deliver(one);
        assertHolds(cluster, 3);
        // A write that was done, and whose answer was lost.
        here.salesloft.expireTokens();
        call(one);
        cluster.put(json(kept(one)));
        deliver(one);
        assertHolds(cluster, 4);
    }

    /** PostgreSQL comes back from a backup: the store has gone on. */
    @Test
    void goesOnWithTheNewerPairOfTheStore(CapturedOutput output) {
        ConfigurableApplicationContext one = start(vault.settings());
        call(one);
        byte[] old = here.sql.queryForObject("select pair from oauth_token", byte[].class);
        deliver(one);
        for (int renewal = 2; renewal <= 3; renewal++) {
            here.salesloft.expireTokens();
            call(one);
            deliver(one);
        }
        here.sql.update("update oauth_token set version = 1, pair = ?, stored_in = null, stored_as = null", old);
        ConfigurableApplicationContext two = start(vault.settings());
        release(one);
        deliver(two);
        await().untilAsserted(() -> assertThat(output).contains("has version 3 of the pair, newer than version 1 here: it is taken"));
        call(two);
        assertThat(row("version = 3 and pair = '' and stored_as = '3'")).isTrue();

        // The row knows of an older version than the store, which still has that one, too.
        here.sql.update("update oauth_token set version = 2, stored_as = '2'");
        ConfigurableApplicationContext three = start(vault.settings());
        release(two);
        call(three);
        assertThat(row("version = 3 and stored_as = '3'")).isTrue();
        assertThat(here.calls("POST /oauth/token")).isEqualTo(3);
        // All of the database is new.
        here.sql.update("delete from oauth_token");
        call(start(vault.settings()));
        assertThat(row("version = 3 and stored_as = '3'")).isTrue();
        assertThat(here.calls("POST /oauth/token")).isEqualTo(3);
    }

    /** Where there is no refresh token to know a chain by, nobody takes a pair that may be another installation's. */
    @Test
    void takesNoPairThatMayBeAnothers() {
        ConfigurableApplicationContext one = start(vault.settings());
        call(one);
        deliver(one);
        here.sql.update("delete from oauth_token");
        Map<String, String> settings = with(vault.settings(), Map.of("SALESLOFT_REFRESH_TOKEN", "", "OAUTH_REDIRECT_URL", "https://us.example.com/oauth/callback"));
        assertThatThrownBy(() -> call(start(settings))).isInstanceOf(ReauthorizationRequired.class);
        assertThat(row("true")).isFalse();
    }

    @Test
    void saysThatTheStoreHasLostThePair(CapturedOutput output) {
        ConfigurableApplicationContext one = start(vault.settings());
        call(one);
        deliver(one);
        vault.lose();
        call(one);
        ConfigurableApplicationContext two = start(vault.settings());
        assertThatThrownBy(() -> call(two)).isInstanceOf(ReauthorizationRequired.class)
                .hasMessage("SALESLOFT_REFRESH_TOKEN: the token store has lost the pair that came of it; authorise anew in the browser (GET /ops/oauth/start), or set a new one and restart");
        await().untilAsserted(() -> assertThat(output).contains("token store vault does not have version 1 of the pair any more"));
        here.salesloft.revokeTokens(false, "sandbox-refresh-new");
        Map<String, String> settings = new HashMap<>(vault.settings());
        settings.put("SALESLOFT_REFRESH_TOKEN", "sandbox-refresh-new");
        ConfigurableApplicationContext three = start(settings);
        call(three);
        deliver(three);
        assertHolds(vault, 2);
    }

    @Test
    void movesFromStoreToStoreAndBackWithoutANewLogin() {
        call(start(Map.of()));
        ConfigurableApplicationContext inVault = start(vault.settings());
        call(inVault);
        deliver(inVault);
        assertHolds(vault, 1);

        assertThatThrownBy(() -> start(cluster.settings())).rootCause().isInstanceOf(InvalidSettingException.class)
                .hasMessage("TOKEN_STORE_PREVIOUS: the token pair is in vault; set this to vault, and the pair is moved");
        ConfigurableApplicationContext inKubernetes = start(with(with(vault.settings(), "TOKEN_STORE_PREVIOUS", "vault"), cluster.settings()));
        call(inKubernetes);
        assertThat(row("pair <> '' and version = 1")).isTrue();
        deliver(inKubernetes);
        assertHolds(cluster, 1);
        // Who has not heard of it goes on with what he has at hand.
        call(inVault);
        here.salesloft.expireTokens();
        call(inKubernetes);
        deliver(inKubernetes);
        assertThatThrownBy(() -> call(inVault)).isInstanceOf(Unavailable.class).hasMessage("token store kubernetes: the pair was moved there, and TOKEN_STORE names another");

        assertThat(inVault.getBean(ProducerTemplate.class).request("direct:gateway-token-store-check", exchange -> { }).getException())
                .hasMessage("TOKEN_STORE_PREVIOUS: the token pair is in kubernetes; set this to kubernetes, and the pair is moved");

        ConfigurableApplicationContext back = start(with(cluster.settings(), Map.of("TOKEN_STORE", "database", "TOKEN_STORE_PREVIOUS", "kubernetes")));
        call(back);
        assertThat(row("pair <> '' and version = 2")).isTrue();
        here.salesloft.expireTokens();
        call(start(Map.of()));
        assertThat(row("pair <> '' and version = 3")).isTrue();
        // And there once more, where an older version was left.
        ConfigurableApplicationContext again = start(vault.settings());
        call(again);
        deliver(again);
        assertHolds(vault, 3);
        assertThat(here.calls("POST /oauth/token")).isEqualTo(3);
    }

    /** What somebody else has put into a secret first stays the newest there until he takes it away. */
    @Test
    void movesFromCloudToCloudAndBackWithoutANewLogin(CapturedOutput output) {
        call(start(Map.of()));
        aws.put("{\"password\":\"somebody else's\"}");
        ConfigurableApplicationContext inAws = start(aws.settings());
        call(inAws);
        tryToDeliver(inAws, () -> assertThat(output).contains("P2 token store aws: it holds something that is not of our chain"));
        assertThat(aws.pair()).contains("somebody else's");
        aws.put("{}");
        deliver(inAws);
        assertHolds(aws, 1);

        gcp.put("an operator's note");
        ConfigurableApplicationContext inGcp = start(with(with(aws.settings(), "TOKEN_STORE_PREVIOUS", "aws"), gcp.settings()));
        call(inGcp);
        tryToDeliver(inGcp, () -> assertThat(output).contains("P2 token store gcp: it holds something that is not of our chain"));
        gcp.state(1, "DISABLED");
        deliver(inGcp);
        assertHolds(gcp, 1);
        assertThat(row("stored_in = 'gcp' and stored_as = '2'")).isTrue();

        // A write that was done, and whose answer was lost.
        here.salesloft.expireTokens();
        call(inGcp);
        gcp.put(json(kept(inGcp)));
        deliver(inGcp);
        assertThat(row("version = 2 and stored_as = '3'")).isTrue();
        assertHolds(gcp, 2);

        ConfigurableApplicationContext back = start(with(gcp.settings(), Map.of("TOKEN_STORE", "database", "TOKEN_STORE_PREVIOUS", "gcp")));
        call(back);
        assertThat(row("pair <> '' and version = 2")).isTrue();
        assertThat(here.calls("POST /oauth/token")).isEqualTo(2);
    }

    @Test
    void doesNotStartWithoutTheRightToWrite() {
        aws.put("{}");
        aws.deny("PutSecretValue");
        assertThatThrownBy(() -> start(aws.settings())).rootCause().isInstanceOf(InvalidSettingException.class).hasMessageStartingWith("AWS_SECRET_ID: AccessDeniedException, ").hasMessageContaining("secretsmanager:PutSecretValue");
        gcp.revoke("add");
        assertThatThrownBy(() -> start(gcp.settings())).rootCause().isInstanceOf(InvalidSettingException.class).hasMessage("GCP_SECRET: missing on secret salesloft in project sales-integration: secretmanager.versions.add");

        vault.grant("read");
        assertThatThrownBy(() -> launch(vault.settings())).rootCause().isInstanceOf(InvalidSettingException.class)
                .hasMessage("VAULT_ROLE_ID, VAULT_SECRET_ID: its policy lacks create, update on secret/data/salesloft");
        assertThat(here.calls("POST /oauth/token")).isZero();
    }

    /** Whoever looks for a fault, and turns on all there is, finds no secret. */
    @ParameterizedTest
    @ValueSource(strings = {"vault", "kubernetes", "aws", "gcp"})
    void keepsItsSecretsWhateverIsLogged(String name, CapturedOutput output) {
        TokenStoreStub store = store(name);
        Map<String, Level> before = new HashMap<>();
        ConfigurableApplicationContext one = start(store.settings());
        try {
            Map.of("ROOT", Level.DEBUG, "org.apache.camel", Level.TRACE, "io.fabric8", Level.TRACE).forEach((logger, level) -> {
                before.put(logger, logger(logger).getLevel());
                logger(logger).setLevel(level);
            });
            call(one);
            deliver(one);
            if (store == vault) {
                vault.revoke(); // a login is made anew
            }
            if (store == gcp) {
                gcp.expireTokens(); // so is an access token, once the other was refused
            }
            one.getBean(ProducerTemplate.class).send("direct:gateway-token-store-" + name + "-read", exchange -> { });
            here.salesloft.expireTokens();
            call(one);
            deliver(one);
            one.getBean(ProducerTemplate.class).send("direct:gateway-token-store-" + name + "-read", exchange -> { });
        } finally {
            before.forEach((logger, level) -> logger(logger).setLevel(level));
        }
        await().untilAsserted(() -> assertThat(output.getOut()).contains("DEBUG", "TRACE"));
        await().untilAsserted(() -> assertThat(output.getOut().lines().filter(line -> !line.contains("sun.net.httpserver")) // the sandbox's and the stubs'
                .filter(SECRETS.asPredicate())).isEmpty());
    }

    private static Logger logger(String name) {
        return (Logger) LoggerFactory.getLogger(name);
    }

    /** What of the store "database" no flow calls. */
    @Test
    void theDatabaseHasNothingToPutAnywhere() {
        ConfigurableApplicationContext one = start(Map.of());
        var answer = one.getBean(ProducerTemplate.class).request("direct:gateway-token-store-database-write", exchange -> exchange.setProperty("storedAs", "x"));
        assertThat(answer.getProperty("storedAs")).isNull();
    }

    private TokenStoreStub store(String name) {
        return switch (name) {
            case "vault" -> vault;
            case "kubernetes" -> cluster;
            case "aws" -> aws;
            default -> gcp;
        };
    }

    /**
     * A replica that has just started: one that was released before, which has forgotten the pair and goes through the check of its start
     * once more, or a new one. Throws what the check does, which stops the start of a new one.
     */
    private ConfigurableApplicationContext start(Map<String, String> changes) {
        ConfigurableApplicationContext replica = IDLE.getOrDefault(changes, new ArrayDeque<>()).poll();
        if (replica == null) {
            return launch(changes);
        }
        replicas.put(replica, changes);
        TokenCustody custody = replica.getBean(CamelContext.class).getRegistry().lookupByNameAndType("token-custody", TokenCustody.class);
        custody.hold(none());
        custody.markDead(none());
        Exception refused = replica.getBean(ProducerTemplate.class).request("direct:gateway-token-store-check", exchange -> { }).getException();
        if (refused != null) {
            throw new IllegalStateException(refused);
        }
        return replica;
    }

    private ConfigurableApplicationContext launch(Map<String, String> changes) {
        List<String> settings = new ArrayList<>();
        // Levels hold for all of this JVM, and other tests read what is logged.
        Map<String, String> all = with(changes, Map.of("GOOGLE_APPLICATION_CREDENTIALS", gcp.keyFile(folder).toString(), "KAFKA_BROKERS", "", "logging.level.root", "INFO", "logging.level.org.apache.camel.impl.engine.AbstractCamelContext", "INFO"));
        here.settings(all).forEach((name, value) -> settings.add("--" + name + "=" + value));
        ConfigurableApplicationContext replica = Command.application("smoke", Application.class, RouteCoverage.class).run(settings.toArray(String[]::new));
        replicas.put(replica, changes);
        return replica;
    }

    /** The test has done with it: the next start may be this one's. */
    private void release(ConfigurableApplicationContext replica) {
        IDLE.computeIfAbsent(replicas.remove(replica), settings -> new ArrayDeque<>()).add(replica);
    }

    private static Map<String, String> with(Map<String, String> settings, Map<String, String> others) {
        Map<String, String> all = new HashMap<>(settings);
        all.putAll(others);
        return all;
    }

    private static Map<String, String> with(Map<String, String> settings, String name, String value) {
        return with(settings, Map.of(name, value));
    }

    private static void call(ConfigurableApplicationContext replica) {
        var answer = replica.getBean(ProducerTemplate.class).request("direct:gateway-call", exchange -> exchange.getMessage()
                .setBody(Map.of("method", "GET", "resource", "people", "path", "/v2/people.json", "query", "per_page=1", "priority", "interactive")));
        if (answer.getException() instanceof RuntimeException failure) {
            throw failure;
        }
        assertThat(answer.getException()).isNull();
        assertThat(answer.getMessage().getBody(String.class)).contains("data");
    }

    private static void wake(ConfigurableApplicationContext replica) {
        replica.getBean(ProducerTemplate.class).sendBody("seda:gateway-token-delivery?size=1", "");
    }

    /** Until the store has the pair: whoever comes while another replica still holds the lock goes away again. */
    private void deliver(ConfigurableApplicationContext replica) {
        await().until(() -> {
            goThrough(replica);
            return row("pair = ''");
        });
    }

    /** Once, and in vain. */
    private void tryToDeliver(ConfigurableApplicationContext replica) {
        here.sql.update("update oauth_token set tried_at = null");
        await().until(() -> {
            goThrough(replica);
            return row("tried_at is not null");
        });
        assertThat(row("pair <> ''")).isTrue();
    }

    /** Until it comes to this: on a busy machine the first try may take too long. */
    private void tryToDeliver(ConfigurableApplicationContext replica, ThrowingRunnable outcome) {
        await().untilAsserted(() -> {
            tryToDeliver(replica);
            outcome.run();
        });
    }

    /** A delivery, from its beginning to its end, where it has said what it had to say and gives the lock back. */
    private static void goThrough(ConfigurableApplicationContext replica) {
        Exchange over = replica.getBean(ProducerTemplate.class).request("seda:gateway-token-delivery?size=1&waitForTaskToComplete=Always&timeout=0", exchange -> { });
        assertThat(over.getException()).isNull();
    }

    private static TokenPair kept(ConfigurableApplicationContext replica) {
        return replica.getBean(ProducerTemplate.class).request("direct:gateway-token-store-read", exchange -> { }).getProperty("pair", TokenPair.class);
    }

    private static String json(TokenPair pair) {
        try {
            return pair.json();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static TokenPair none() {
        try {
            return TokenPair.read(null);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean row(String condition) {
        return here.count("select count(*) from oauth_token where " + condition) == 1;
    }

    private void assertHolds(TokenStoreStub store, int version) {
        assertThat(TokenPair.stored(store.pair()).version()).isEqualTo(version);
    }

    private long refreshes() {
        return here.statuses("POST /oauth/token").getOrDefault("200", 0L);
    }
}
