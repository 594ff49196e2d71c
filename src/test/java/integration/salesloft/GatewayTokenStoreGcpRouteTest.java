package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.google.api.gax.core.FixedCredentialsProvider;
import com.google.api.gax.rpc.InvalidArgumentException;
import com.google.api.gax.rpc.NotFoundException;
import com.google.api.gax.rpc.PermissionDeniedException;
import com.google.auth.oauth2.ServiceAccountCredentials;
import com.google.cloud.secretmanager.v1.SecretManagerServiceClient;
import com.google.cloud.secretmanager.v1.SecretManagerServiceSettings;
import com.google.cloud.secretmanager.v1.SecretName;
import com.google.cloud.secretmanager.v1.SecretPayload;
import com.google.cloud.secretmanager.v1.SecretVersion;
import com.google.cloud.secretmanager.v1.SecretVersionName;
import com.google.iam.v1.TestIamPermissionsRequest;
import com.google.protobuf.ByteString;
import integration.salesloft.start.InvalidSettingException;
import integration.salesloft.store.GcpStub;
import integration.salesloft.store.Hang;
import integration.salesloft.token.StoreConflict;
import integration.salesloft.token.StoreUnavailable;
import integration.salesloft.token.StoredPair;
import integration.salesloft.token.TokenPair;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pair as versions of a secret of Google's Secret Manager: how one is added, found, put away, and what is said when it cannot be. */
class GatewayTokenStoreGcpRouteTest {

    private static final TokenPair NONE = TokenPair.stored(null);

    private static GcpStub gcp;
    private static StoreRoutes routes;
    @TempDir
    private static Path folder;

    @BeforeAll
    static void start() throws Exception {
        gcp = new GcpStub();
        routes = new StoreRoutes(gcp, Map.of("GOOGLE_APPLICATION_CREDENTIALS", gcp.keyFile(folder).toString()));
        awaitAccess();
    }

    /** Where the machine is busy the first access token, for which the classes of its client are loaded, may take longer than a call waits for one. */
    private static void awaitAccess() {
        await().ignoreExceptionsInstanceOf(StoreUnavailable.class).until(() -> {
            routes.check();
            return true;
        });
    }

    @AfterAll
    static void stop() {
        routes.close();
        gcp.close();
    }

    @BeforeEach
    void beginAnew() {
        gcp.forgetAll();
    }

    static TokenPair pair(int version) {
        return new TokenPair(version, "access-" + version, "refresh-" + version, 1_800_000_000_000L, "seed", false);
    }

    @Test
    void addsAVersionAfterTheOneThatWasRead() throws Exception {
        routes.check();
        assertThat(routes.read(null)).isEqualTo(new StoredPair(NONE, null));
        assertThat(routes.write(pair(1), null)).isEqualTo("1");
        assertThat(routes.write(pair(2), "1")).isEqualTo("2");
        assertThatThrownBy(() -> routes.write(pair(3), "1")).isInstanceOf(StoreConflict.class);
        assertThatThrownBy(() -> routes.write(pair(3), null)).isInstanceOf(StoreConflict.class);
        // Whatever is asked for, because PostgreSQL may have come back from a backup.
        assertThat(routes.read("1")).isEqualTo(routes.read("2")).isEqualTo(routes.read(null)).isEqualTo(new StoredPair(pair(2), "2"));
        assertThat(gcp.states()).containsExactly("ENABLED", "ENABLED");
        assertThat(gcp.pair()).isEqualTo(pair(2).json());
    }

    /** What PostgreSQL has not noted is never touched; what a crash or a refusal has left is put away later. */
    @Test
    void putsOldVersionsAway() throws Exception {
        routes.write(pair(1), null);
        for (int version = 2; version <= 4; version++) {
            routes.write(pair(version), "" + (version - 1));
        }
        assertThat(gcp.states()).containsExactly("DESTROYED", "DISABLED", "ENABLED", "ENABLED");
        gcp.revoke("disable");
        gcp.revoke("destroy");
        assertThat(routes.write(pair(5), "4")).isEqualTo("5");
        assertThat(gcp.states()).containsExactly("DESTROYED", "DISABLED", "ENABLED", "ENABLED", "ENABLED");
        gcp.grant("disable");
        gcp.grant("destroy");
        assertThat(routes.write(pair(6), "5")).isEqualTo("6");
        assertThat(gcp.states()).containsExactly("DESTROYED", "DESTROYED", "DISABLED", "DISABLED", "ENABLED", "ENABLED");
    }

    /** Google's {@code latest} and lists may be behind; numbers are exact. */
    @Test
    void doesNotGoByWhatIsBehind() throws Exception {
        routes.write(pair(1), null);
        routes.write(pair(2), "1");
        gcp.behind(2);
        assertThat(routes.read(null)).isEqualTo(new StoredPair(pair(2), "2"));
        assertThatThrownBy(() -> routes.write(pair(1), null)).isInstanceOf(StoreConflict.class);
        assertThat(routes.write(pair(3), "2")).isEqualTo("3");
        assertThat(gcp.states()).containsExactly("DISABLED", "ENABLED", "ENABLED");
    }

    @Test
    void knowsVersionsThatAreGoneAndSuchAsAreNotOurs() throws Exception {
        routes.write(pair(1), null);
        routes.write(pair(2), "1");
        gcp.state(1, "DESTROYED");
        assertThat(routes.read("1")).isEqualTo(new StoredPair(pair(2), "2"));
        gcp.state(2, "DISABLED");
        assertThat(routes.read("2")).isEqualTo(routes.read(null)).isEqualTo(new StoredPair(NONE, "2"));
        assertThat(routes.write(pair(3), "2")).isEqualTo("3");
        assertThat(routes.read("7")).isEqualTo(new StoredPair(pair(3), "3"));
        gcp.put("an operator's note");
        assertThat(routes.read(null).pair().version()).isEqualTo(-1);
        assertThatThrownBy(() -> routes.write(pair(4), "3")).isInstanceOf(StoreConflict.class);
        gcp.put(" {} ");
        assertThat(routes.read(null)).isEqualTo(new StoredPair(NONE, "5"));
    }

    @Test
    void noticesWhoAddsAVersionInBetween() throws Exception {
        routes.write(pair(1), null);
        Hang adding = gcp.hang("addVersion", false);
        CompletableFuture<Throwable> written = new CompletableFuture<>();
        new Thread(() -> written.complete(catchThrowable(() -> routes.write(pair(2), "1")))).start();
        await().until(adding::reached);
        gcp.put("an operator's note");
        adding.release();
        assertThat(written.get()).isInstanceOf(StoreConflict.class);
        assertThat(routes.read(null)).isEqualTo(new StoredPair(pair(2), "3"));
    }

    @Test
    void namesWhatIsMissing() {
        gcp.revoke("add");
        gcp.revoke("destroy");
        assertThatThrownBy(routes::check).isInstanceOf(InvalidSettingException.class)
                .hasMessage("GCP_SECRET: missing on secret salesloft in project sales-integration: secretmanager.versions.add, secretmanager.versions.destroy");
        gcp.remove();
        assertThatThrownBy(routes::check).isInstanceOf(InvalidSettingException.class).hasMessageStartingWith("GCP_SECRET: no secret salesloft in project sales-integration, or no right to it; gcloud secrets create salesloft ");
        gcp.forgetAll();
        gcp.deny("testIamPermissions");
        assertThatThrownBy(routes::check).isInstanceOf(InvalidSettingException.class).hasMessageStartingWith("GCP_SECRET: 403 PERMISSION_DENIED, ");
    }

    @Test
    void saysWhyItIsNotDone() throws Exception {
        routes.write(pair(1), null);
        gcp.deny(true);
        assertThatThrownBy(() -> routes.write(pair(2), "1")).isInstanceOf(StoreUnavailable.class).hasMessageStartingWith("403 PERMISSION_DENIED, Permission 'secretmanager.versions.get' denied");
        gcp.deny(false);
        gcp.away(true);
        assertThatThrownBy(() -> routes.read("1")).isInstanceOf(StoreUnavailable.class).hasMessage("no answer in time");
        assertThatThrownBy(routes::check).isInstanceOf(StoreUnavailable.class);
        gcp.away(false);
        gcp.slow(Duration.ofSeconds(20));
        long before = System.nanoTime();
        assertThatThrownBy(() -> routes.read("1")).isInstanceOf(StoreUnavailable.class).hasMessage("no answer in time");
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(8));
        gcp.slow(Duration.ZERO);
        gcp.damage();
        assertThatThrownBy(() -> routes.read("1")).isInstanceOf(StoreUnavailable.class).hasMessage("the value of version 1 did not arrive whole");
        gcp.remove();
        assertThatThrownBy(() -> routes.write(pair(2), "1")).isInstanceOf(StoreUnavailable.class).hasMessageStartingWith("no secret salesloft in project sales-integration");
    }

    /** A token that Google does not take any more is replaced by another, once. */
    @Test
    void getsAnotherAccessToken() throws Exception {
        routes.write(pair(1), null);
        gcp.expireTokens();
        assertThatThrownBy(() -> routes.read("1")).isInstanceOf(StoreUnavailable.class).hasMessageStartingWith("401 UNAUTHENTICATED");
        assertThat(routes.read("1")).isEqualTo(new StoredPair(pair(1), "1"));
    }

    @Test
    void saysWhichCredentialsAreRefused() throws Exception {
        Path other = Files.writeString(folder.resolve("other.json"), Files.readString(gcp.keyFile(folder)).replace("integration@", "other@"));
        Path text = Files.writeString(folder.resolve("text.json"), quoted("{'type': 'letter'}"));
        try (StoreRoutes refused = new StoreRoutes(gcp, Map.of("GOOGLE_APPLICATION_CREDENTIALS", other.toString()));
                StoreRoutes unknown = new StoreRoutes(gcp, Map.of("GOOGLE_APPLICATION_CREDENTIALS", text.toString()))) {
            assertThatThrownBy(refused::check).isInstanceOf(InvalidSettingException.class).hasMessageStartingWith("GOOGLE_APPLICATION_CREDENTIALS: Error getting access token for service account: 400 ").hasMessageNotContaining("\n");
            assertThatThrownBy(unknown::check).isInstanceOf(InvalidSettingException.class).hasMessage("GOOGLE_APPLICATION_CREDENTIALS: neither the key of a service account nor the configuration of a workload identity federation");
        }
    }

    /** Google's own client finds in the stub what it knows of Google. */
    @Test
    void theStubSpeaksAsGoogleDoes() throws Exception {
        SecretName secret = SecretName.of(GcpStub.PROJECT, GcpStub.SECRET);
        try (InputStream key = Files.newInputStream(gcp.keyFile(folder));
                SecretManagerServiceClient client = SecretManagerServiceClient.create(SecretManagerServiceSettings.newHttpJsonBuilder().setEndpoint(gcp.url())
                        .setCredentialsProvider(FixedCredentialsProvider.create(ServiceAccountCredentials.fromStream(key).createScoped("https://www.googleapis.com/auth/cloud-platform"))).build())) {
            assertThatThrownBy(() -> client.accessSecretVersion(version("latest"))).isInstanceOf(NotFoundException.class).hasStackTraceContaining("not found or has no versions");
            SecretVersion added = client.addSecretVersion(secret, SecretPayload.newBuilder().setData(ByteString.copyFromUtf8(pair(1).json())).build());
            assertThat(added.getName()).endsWith("/secrets/salesloft/versions/1");
            assertThat(added.getState()).isEqualTo(SecretVersion.State.ENABLED);
            // What is written here is read there, and the other way round, with checksums.
            assertThat(routes.read(null)).isEqualTo(new StoredPair(pair(1), "1"));
            routes.write(pair(2), "1");
            assertThat(client.accessSecretVersion(version("2")).getPayload().getData().toStringUtf8()).isEqualTo(pair(2).json());
            assertThat(client.getSecretVersion(version("2")).getClientSpecifiedPayloadChecksum()).isTrue();
            assertThat(client.disableSecretVersion(version("1")).getState()).isEqualTo(SecretVersion.State.DISABLED);
            assertThatThrownBy(() -> client.accessSecretVersion(version("1"))).isInstanceOf(InvalidArgumentException.class).hasStackTraceContaining("is in DISABLED state").hasStackTraceContaining("FAILED_PRECONDITION");
            assertThat(client.destroySecretVersion(version("1")).getState()).isEqualTo(SecretVersion.State.DESTROYED);
            assertThat(client.listSecretVersions(secret).iterateAll()).extracting(SecretVersion::getState).containsExactly(SecretVersion.State.ENABLED, SecretVersion.State.DESTROYED);
            List<String> asked = List.of("secretmanager.versions.add", "secretmanager.secrets.delete");
            assertThat(client.testIamPermissions(TestIamPermissionsRequest.newBuilder().setResource(secret.toString()).addAllPermissions(asked).build()).getPermissionsList()).containsExactly("secretmanager.versions.add");
            gcp.deny(true);
            assertThatThrownBy(() -> client.getSecretVersion(version("2"))).isInstanceOf(PermissionDeniedException.class).hasStackTraceContaining("secretmanager.versions.get");
        }
    }

    private static SecretVersionName version(String number) {
        return SecretVersionName.of(GcpStub.PROJECT, GcpStub.SECRET, number);
    }
}
