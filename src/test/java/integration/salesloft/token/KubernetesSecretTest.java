package integration.salesloft.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import integration.salesloft.Kubectl;
import integration.salesloft.kubernetes.ApiServer;
import integration.salesloft.start.InvalidSettingException;
import integration.salesloft.store.KubernetesSecrets;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pair as a Secret of Kubernetes: how it is read and replaced, and what is said when it cannot be. */
class KubernetesSecretTest {

    private static final TokenPair FIRST = new TokenPair(1, "access-1", "refresh-1", 1_800_000_000_000L, "seed", false);
    private static final TokenPair SECOND = new TokenPair(2, "access-2", "refresh-2", 1_800_000_000_000L, "seed", false);

    private final KubernetesSecrets cluster = KubernetesSecrets.start();
    private final KubernetesSecret secret = secret(cluster.url());

    @TempDir
    private Path folder;

    @AfterEach
    void stop() {
        secret.close();
        cluster.close();
    }

    @Test
    void replacesTheSecretThatWasRead() throws Exception {
        secret.check();
        assertThat(secret.newest()).isEqualTo(new StoredPair(TokenPair.NONE, null));
        String first = secret.write(FIRST, null);
        assertThatThrownBy(() -> secret.write(SECOND, null)).isInstanceOf(StoreConflict.class);
        assertThat(secret.newest()).isEqualTo(new StoredPair(FIRST, first));
        cluster.label("team", "sales");
        assertThatThrownBy(() -> secret.write(SECOND, first)).isInstanceOf(StoreConflict.class);
        String second = secret.write(SECOND, secret.newest().storedAs());
        assertThat(secret.newest()).isEqualTo(new StoredPair(SECOND, second));
        assertThat(cluster.secret().at("/metadata/labels/team").asText()).isEqualTo("sales");
        assertThat(cluster.secret().at("/data/team").asText()).isNotEmpty();
    }

    @Test
    void fillsTheSecretOfTheManifestsAndLeavesAnothersAlone() throws Exception {
        cluster.makeEmpty();
        StoredPair empty = secret.newest();
        assertThat(empty.pair()).isEqualTo(TokenPair.NONE);
        assertThat(empty.storedAs()).isNotNull();
        secret.write(FIRST, empty.storedAs());
        assertThat(secret.newest().pair()).isEqualTo(FIRST);
        cluster.makeEmpty();
        cluster.label("password", "x");
        assertThat(secret.newest().pair().version()).isEqualTo(-1);
        cluster.put("somebody else's");
        assertThat(secret.newest().pair().version()).isEqualTo(-1);
    }

    @Test
    void namesWhatIsMissing() {
        cluster.forbid("create");
        assertThatThrownBy(secret::check).isInstanceOf(InvalidSettingException.class)
                .hasMessage("TOKEN_SECRET_NAME: we may not create secrets in namespace sales, where there is no salesloft-token-pair");
        cluster.makeEmpty();
        assertThatCode(secret::check).doesNotThrowAnyException();
        cluster.forbid("update");
        assertThatThrownBy(secret::check).isInstanceOf(InvalidSettingException.class)
                .hasMessage("TOKEN_SECRET_NAME: we may not update the secret salesloft-token-pair in namespace sales");
        cluster.deny(true);
        assertThatThrownBy(secret::check).isInstanceOf(InvalidSettingException.class).hasMessage("TOKEN_SECRET_NAME: Kubernetes does not say what we may do: Unauthorized");
        try (KubernetesSecret unsafe = secret("http://cluster.example.com")) {
            assertThatThrownBy(unsafe::check).isInstanceOf(InvalidSettingException.class).hasMessage("KUBERNETES_MASTER: must be https, because tokens go there");
        }
    }

    /** Whatever is sent: no message has it. */
    @Test
    void saysWhyItIsNotDone() {
        cluster.deny(true);
        assertThatThrownBy(() -> secret.write(FIRST, null)).isInstanceOf(StoreUnavailable.class).hasMessageStartingWith("Kubernetes refuses it (").hasMessageContaining("cannot create resource")
                .hasMessageNotContaining("refresh-1");
        cluster.deny(false);
        cluster.away(true);
        assertThatThrownBy(secret::newest).isInstanceOf(StoreUnavailable.class).hasMessageStartingWith("the API server at http://localhost:");
        assertThatThrownBy(secret::check).isInstanceOf(StoreUnavailable.class);
        cluster.away(false);
        cluster.slow(Duration.ofSeconds(20));
        long before = System.nanoTime();
        assertThatThrownBy(secret::newest).isInstanceOf(StoreUnavailable.class);
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(8));
    }

    /** kubectl finds in the stub what it knows of an API server. */
    @Test
    void theStubSpeaksAsKubernetesDoes() throws Exception {
        assertThat(kubectl(1, "get", "secret", "salesloft-token-pair")).contains("(NotFound)");
        Path made = Files.writeString(folder.resolve("made.yaml"), "apiVersion: v1\nkind: Secret\nmetadata: {name: salesloft-token-pair}\nstringData: {pair: '" + FIRST.json() + "'}\n");
        assertThat(kubectl(0, "create", "--validate=false", "-f", made.toString())).contains("created");
        assertThat(secret.newest().pair()).isEqualTo(FIRST);
        assertThat(kubectl(1, "create", "--validate=false", "-f", made.toString())).contains("(AlreadyExists)");
        Path read = Files.writeString(folder.resolve("read.json"), kubectl(0, "get", "secret", "salesloft-token-pair", "-o", "json"));
        assertThat(kubectl(0, "replace", "--validate=false", "-f", read.toString())).contains("replaced");
        assertThat(kubectl(1, "replace", "--validate=false", "-f", read.toString())).contains("(Conflict)", "has been modified");
        cluster.deny(true);
        assertThat(kubectl(1, "get", "secret", "salesloft-token-pair")).contains("(Forbidden)");
    }

    private String kubectl(int code, String... arguments) throws IOException, InterruptedException {
        return new Kubectl(folder, cluster.kubeconfig(folder.resolve("config"))).run(code, arguments);
    }

    private static KubernetesSecret secret(String url) {
        return new KubernetesSecret(new ApiServer("sales", () -> new ConfigBuilder(Config.empty()).withMasterUrl(url).build()), "salesloft-token-pair", 3000);
    }
}
