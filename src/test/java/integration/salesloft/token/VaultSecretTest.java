package integration.salesloft.token;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import integration.salesloft.Authority;
import integration.salesloft.start.InvalidSettingException;
import integration.salesloft.store.VaultStub;
import io.github.jopenlibs.vault.Vault;
import io.github.jopenlibs.vault.VaultConfig;
import io.github.jopenlibs.vault.VaultException;
import io.github.jopenlibs.vault.response.LogicalResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.mock.env.MockEnvironment;

/** The pair as a secret of Vault: how it is read and replaced, who we are there, and what is said when it cannot be. */
class VaultSecretTest {

    private static final TokenPair FIRST = new TokenPair(1, "access-1", "refresh-1", 1_800_000_000_000L, "seed", false);
    private static final TokenPair SECOND = new TokenPair(2, "access-2", "refresh-2", 1_800_000_000_000L, "seed", false);
    private static final Map<String, String> APP_ROLE = Map.of("role-id", "salesloft", "secret-id", VaultStub.SECRET_ID);

    private final VaultStub vault = VaultStub.start();

    @TempDir
    private Path folder;

    @AfterEach
    void stop() {
        vault.close();
    }

    @Test
    void replacesThePairOverTheVersionThatWasRead() throws Exception {
        try (VaultSecret secret = secret(APP_ROLE)) {
            secret.check();
            assertThat(secret.newest()).isEqualTo(new StoredPair(TokenPair.NONE, null));
            String first = secret.write(FIRST, null);
            assertThatThrownBy(() -> secret.write(SECOND, null)).isInstanceOf(StoreConflict.class);
            String second = secret.write(SECOND, first);
            assertThatThrownBy(() -> secret.write(SECOND, first)).isInstanceOf(StoreConflict.class);
            assertThat(secret.newest()).isEqualTo(new StoredPair(SECOND, second));
            assertThat(vault.pair()).contains(quoted("'refresh_token':'refresh-2'"), quoted("'version':2"));
        }
    }

    /** Vault keeps ten versions. One that was deleted is still the one to be replaced. */
    @Test
    void knowsVersionsThatAreGone() throws Exception {
        try (VaultSecret secret = secret(APP_ROLE)) {
            String newest = null;
            for (int i = 0; i < 11; i++) {
                newest = secret.write(FIRST, newest);
            }
            assertThat(secret.newest()).isEqualTo(new StoredPair(FIRST, "11"));
            vault.delete();
            assertThat(secret.newest()).isEqualTo(new StoredPair(TokenPair.NONE, "11"));
            assertThatThrownBy(() -> secret.write(SECOND, null)).isInstanceOf(StoreConflict.class);
            assertThat(secret.write(SECOND, "11")).isEqualTo("12");
            vault.put("{\"password\":\"somebody else's\"}");
            assertThat(secret.newest().pair().version()).isEqualTo(-1);
        }
    }

    @Test
    void logsInByEachMeans() throws Exception {
        Path jwt = Files.writeString(folder.resolve("token"), VaultStub.JWT + "\n");
        for (Map<String, String> means : new Map[] {APP_ROLE, Map.of("token", VaultStub.TOKEN), Map.of("role", "salesloft", "service-account-token", jwt.toString()),
                Map.of("role", "salesloft", "service-account-token", jwt.toString(), "auth-path", "cluster")}) {
            try (VaultSecret secret = secret(means)) {
                assertThatCode(secret::check).as(means.keySet() + "").doesNotThrowAnyException();
            }
        }
        assertThat(vault.calls("POST auth/approle/login")).isOne();
        assertThat(vault.calls("POST auth/kubernetes/login")).isOne();
        assertThat(vault.calls("POST auth/cluster/login")).isOne();
    }

    @Test
    void namesWhatIsMissing() {
        assertThat(refusal(Map.of("role-id", "salesloft", "secret-id", "wrong"))).isEqualTo("VAULT_ROLE_ID, VAULT_SECRET_ID: Vault refuses the login (400 invalid role or secret ID)");
        assertThat(refusal(Map.of("token", "wrong"))).isEqualTo("VAULT_TOKEN: Vault refuses it (403 permission denied)");
        vault.grant("read", "update");
        assertThat(refusal(APP_ROLE)).isEqualTo("VAULT_ROLE_ID, VAULT_SECRET_ID: its policy lacks create on secret/data/salesloft");
        vault.grant("create", "read", "update");
        vault.engine("1");
        assertThat(refusal(APP_ROLE)).isEqualTo("VAULT_SECRET_PATH: secret is not a key-value engine of version 2");
        try (VaultSecret secret = secret(Map.of("role", "salesloft", "service-account-token", "nowhere"))) {
            assertThatThrownBy(secret::check).isInstanceOf(StoreUnavailable.class).hasMessageContaining("VAULT_SERVICE_ACCOUNT_TOKEN");
        }
    }

    /** Whatever is sent: no message has it. */
    @Test
    void saysWhyItIsNotDone() {
        try (VaultSecret secret = secret(APP_ROLE); VaultSecret impatient = secret(APP_ROLE, 1_000)) {
            vault.seal(true);
            assertThatThrownBy(() -> secret.write(FIRST, null)).isInstanceOf(StoreUnavailable.class).hasMessage("answers the login 503 Vault is sealed");
            vault.seal(false);
            secret.check();
            await().ignoreExceptionsInstanceOf(StoreUnavailable.class).untilAsserted(impatient::check); // it is logged in, though a busy machine may take it longer than it waits
            vault.seal(true);
            assertThatThrownBy(() -> secret.write(FIRST, null)).isInstanceOf(StoreUnavailable.class).hasMessage("answers 503 Vault is sealed");
            vault.seal(false);
            vault.away(true);
            assertThatThrownBy(() -> impatient.newest()).isInstanceOf(StoreUnavailable.class).hasMessageStartingWith("does not answer (");
            vault.away(false);
            vault.deny(true);
            assertThatThrownBy(() -> secret.write(FIRST, null)).isInstanceOf(StoreUnavailable.class).hasMessageStartingWith("refuses it (403 ").hasMessageNotContaining("refresh-1").hasMessageNotContaining("\n");
            vault.deny(false);
            vault.slow(Duration.ofSeconds(20));
            long before = System.nanoTime();
            assertThatThrownBy(() -> impatient.newest()).isInstanceOf(StoreUnavailable.class).hasMessageStartingWith("does not answer (");
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(8));
            vault.slow(Duration.ZERO); // whoever closes gives his token back
        }
    }

    @Test
    void renewsItsTokenAndLogsInAnewWhereThatIsNotTaken() throws Exception {
        vault.issueFor(Duration.ofSeconds(6));
        try (VaultSecret secret = secret(APP_ROLE)) {
            secret.check();
            await().until(() -> vault.calls("POST auth/token/renew-self") >= 2);
            secret.newest();
            assertThat(vault.calls("POST auth/approle/login")).isOne();
            vault.revoke();
            secret.write(FIRST, null);
            assertThat(vault.calls("POST auth/approle/login")).isEqualTo(2);
        }
    }

    /** Also after a renewal that failed. */
    @Test
    void renewsATokenThatIsGiven() throws Exception {
        try (VaultSecret secret = secret(Map.of("token", vault.issue(Duration.ofSeconds(6), "create", "read", "update")))) {
            secret.check();
            vault.away(true);
            await().until(() -> vault.calls("POST auth/token/renew-self") > 0);
            vault.away(false);
            await().until(() -> vault.calls("POST auth/token/renew-self") >= 3); // by when it would have ended
            assertThatCode(() -> secret.newest()).doesNotThrowAnyException();
        }
    }

    @Test
    void trustsTheAuthorityThatIsNamed() throws Exception {
        Authority company = new Authority("Company");
        try (VaultStub encrypted = VaultStub.start(company.certify("localhost").showing())) {
            Map<String, String> settings = new HashMap<>(APP_ROLE);
            settings.put("addr", encrypted.url());
            try (VaultSecret secret = secret(settings)) {
                assertThatThrownBy(secret::check).isInstanceOf(StoreUnavailable.class);
            }
            settings.put("cacert", company.write(folder.resolve("ca.pem")).toString());
            try (VaultSecret secret = secret(settings)) {
                assertThat(secret.write(FIRST, null)).isEqualTo("1");
            }
        }
    }

    @Test
    void worksInANamespace() throws Exception {
        vault.within("sales/emea");
        Map<String, String> settings = new HashMap<>(APP_ROLE);
        try (VaultSecret secret = secret(settings)) {
            assertThatThrownBy(secret::check).isInstanceOf(InvalidSettingException.class);
        }
        settings.put("namespace", "sales/emea");
        try (VaultSecret secret = secret(settings)) {
            secret.check();
            assertThat(secret.write(FIRST, null)).isEqualTo("1");
        }
    }

    /** Another client of Vault's finds in the stub what it knows of Vault. */
    @Test
    void theStubSpeaksAsVaultDoes() throws Exception {
        Vault login = Vault.create(new VaultConfig().address(vault.url()).engineVersion(2).build());
        String token = login.auth().loginByAppRole("salesloft", VaultStub.SECRET_ID).getAuthClientToken();
        assertThat(login.auth().loginByJwt("kubernetes", "salesloft", VaultStub.JWT).getAuthClientToken()).isNotBlank();
        Vault client = Vault.create(new VaultConfig().address(vault.url()).token(token).engineVersion(2).build());
        assertThat(client.auth().lookupSelf().getTTL()).isPositive();
        assertThat(client.auth().renewSelf().getAuthClientToken()).isEqualTo(token);
        LogicalResponse written = client.logical().write("secret/salesloft", Map.of("refresh_token", "theirs"));
        assertThat(written.getRestResponse().getStatus()).isEqualTo(200);
        assertThat(client.logical().read("secret/salesloft").getData()).containsEntry("refresh_token", "theirs");
        assertThat(client.logical().read("secret/salesloft", true, 1).getData()).containsEntry("refresh_token", "theirs");
        vault.delete();
        assertThat(client.logical().read("secret/salesloft").getRestResponse().getStatus()).isEqualTo(404);
        vault.revoke();
        assertThat(client.logical().read("secret/salesloft").getRestResponse().getStatus()).isEqualTo(403);
        assertThatThrownBy(() -> login.auth().loginByAppRole("salesloft", "wrong")).isInstanceOf(VaultException.class);
        vault.seal(true);
        assertThatThrownBy(() -> client.logical().read("secret/salesloft")).isInstanceOf(VaultException.class).hasMessageContaining("503");
    }

    private String refusal(Map<String, String> settings) {
        try (VaultSecret secret = secret(settings)) {
            secret.check();
            return null;
        } catch (InvalidSettingException e) {
            return e.getMessage();
        }
    }

    private VaultSecret secret(Map<String, String> settings) {
        return secret(settings, 5_000);
    }

    private VaultSecret secret(Map<String, String> settings, int millis) {
        Map<String, String> all = new HashMap<>(Map.of("addr", vault.url(), "secret-path", "secret/salesloft", "cacert", "", "namespace", "", "token", "", "role", "",
                "role-id", "", "secret-id", "", "auth-path", "", "service-account-token", ""));
        all.putAll(settings);
        MockEnvironment environment = new MockEnvironment();
        all.forEach((name, value) -> environment.setProperty("salesloft.vault." + name, value));
        return new VaultSecret(environment, millis);
    }
}
