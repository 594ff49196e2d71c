package integration.salesloft.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import integration.salesloft.start.InvalidSettingException;
import integration.salesloft.store.AwsStub;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.mock.env.MockEnvironment;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.InvalidParameterException;
import software.amazon.awssdk.services.secretsmanager.model.InvalidRequestException;
import software.amazon.awssdk.services.secretsmanager.model.PutSecretValueResponse;
import software.amazon.awssdk.services.secretsmanager.model.ResourceExistsException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;
import software.amazon.awssdk.services.secretsmanager.model.SecretVersionsListEntry;
import software.amazon.awssdk.services.secretsmanager.model.SecretsManagerException;

/** The pair as versions of a secret of AWS Secrets Manager: how one is put and becomes the current one, who we are there, and what is said when it cannot be. */
class AwsSecretTest {

    private static AwsStub aws;
    private AwsSecret secret;
    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        aws = new AwsStub();
    }

    @AfterAll
    static void stop() {
        aws.close();
    }

    @BeforeEach
    void beginAnew() {
        aws.forgetAll();
        secret = secret(AwsStub.ACCESS_KEY);
    }

    @AfterEach
    void end() {
        secret.close();
        System.getProperties().keySet().removeIf(name -> name.toString().startsWith("aws."));
    }

    private static AwsSecret secret(String accessKey) {
        return secret(accessKey, 5000);
    }

    private static AwsSecret secret(String accessKey, long millis) {
        return new AwsSecret(AwsStub.SECRET, AwsStub.REGION, aws.url(), millis, SecretsManagerClient.builder()
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(accessKey, AwsStub.SECRET_KEY))));
    }

    private static TokenPair pair(int version) {
        return new TokenPair(version, "access-" + version, "refresh-" + version, 1_800_000_000_000L, "seed", false);
    }

    private String write(TokenPair pair, String replaced) throws Exception {
        String version = secret.put(pair);
        secret.move(replaced, version);
        return version;
    }

    @Test
    void becomesTheCurrentVersionInPlaceOfTheOneThatWasRead() throws Exception {
        assertThat(secret.newest()).isEqualTo(new StoredPair(TokenPair.NONE, null));
        String first = write(pair(1), null);
        assertThat(secret.newest()).isEqualTo(new StoredPair(pair(1), first));
        String second = write(pair(2), first);
        assertThat(aws.stages()).containsEntry(first, Set.of("AWSPREVIOUS")).containsEntry(second, Set.of("AWSCURRENT", "AWSPENDING"));
        assertThat(secret.newest()).isEqualTo(new StoredPair(pair(2), second));
        assertThatThrownBy(() -> write(pair(3), first)).isInstanceOf(StoreConflict.class);
        assertThatThrownBy(() -> write(pair(3), null)).isInstanceOf(StoreConflict.class);
        assertThat(aws.pair()).isEqualTo(pair(2).json());
        // What was put in vain waits there; it is the same version when it is put again.
        String third = write(pair(3), second);
        assertThat(aws.stages()).hasSize(3).containsEntry(third, Set.of("AWSCURRENT", "AWSPENDING"));
    }

    /** After a crash nobody knows how far it came. */
    @Test
    void goesOnWhereItWasCutOff() throws Exception {
        String first = write(pair(1), null);
        secret.put(pair(2));
        assertThat(aws.pair()).isEqualTo(pair(1).json());
        String second = write(pair(2), first);
        assertThat(write(pair(2), first)).isEqualTo(second);
        assertThat(aws.stages()).hasSize(2);
        assertThat(aws.pair()).isEqualTo(pair(2).json());
    }

    /** Another pair of the same version of the same chain: never over the one that is there. */
    @Test
    void namesAVersionAfterThePair() throws Exception {
        String first = write(pair(1), null);
        assertThat(UUID.fromString(first).version()).isEqualTo(8);
        assertThat(AwsSecret.versionId(pair(1))).isEqualTo(first).isNotEqualTo(AwsSecret.versionId(pair(2)));
        assertThat(AwsSecret.versionId(new TokenPair(1, "access-1", "refresh-1", 0, "another seed", false))).isNotEqualTo(first);
        assertThatThrownBy(() -> secret.put(new TokenPair(1, "other", "other", 0, "seed", false))).isInstanceOf(StoreConflict.class);
        assertThat(aws.pair()).isEqualTo(pair(1).json());
    }

    @Test
    void knowsVersionsThatAreGoneAndSuchAsAreNotOurs() throws Exception {
        String first = write(pair(1), null);
        String second = write(pair(2), first);
        String third = write(pair(3), second);
        aws.removeWithoutLabel();
        assertThat(secret.newest()).isEqualTo(new StoredPair(pair(3), third));
        aws.put("{\"password\": \"somebody else's\"}");
        assertThat(secret.newest().pair().version()).isEqualTo(-1);
        assertThatThrownBy(() -> write(pair(4), third)).isInstanceOf(StoreConflict.class);
        aws.put(" { } ");
        StoredPair placeholder = secret.newest();
        assertThat(placeholder.pair()).isEqualTo(TokenPair.NONE);
        String fourth = write(pair(4), placeholder.storedAs());
        assertThat(secret.newest()).isEqualTo(new StoredPair(pair(4), fourth));
    }

    /** Whatever is tried at the start to find out whether it would be allowed. */
    @Test
    void findsOutWithoutAChangeWhatItMayDo() throws Exception {
        secret.check();
        String first = write(pair(1), null);
        write(pair(2), first);
        Map<String, Set<String>> before = aws.stages();
        secret.check();
        assertThat(aws.stages()).isEqualTo(before);
        assertThat(aws.pair()).isEqualTo(pair(2).json());
    }

    @ParameterizedTest
    @ValueSource(strings = {"DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"})
    void namesTheRightThatIsMissing(String right) throws Exception {
        write(pair(1), null);
        aws.deny(right);
        assertThatThrownBy(secret::check).isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith("AWS_SECRET_ID: AccessDeniedException, User: ").hasMessageContaining("perform: secretsmanager:" + right).hasMessageNotContaining("\n");
    }

    @Test
    void namesWhatIsMissing() {
        aws.rotate();
        assertThatThrownBy(secret::check).isInstanceOf(InvalidSettingException.class).hasMessageStartingWith("AWS_SECRET_ID: AWS rotates this secret");
        aws.markForDeletion();
        assertThatThrownBy(secret::check).isInstanceOf(InvalidSettingException.class).hasMessageStartingWith("AWS_SECRET_ID: this secret is to be deleted; ");
        aws.remove();
        assertThatThrownBy(secret::check).isInstanceOf(InvalidSettingException.class)
                .hasMessage("AWS_SECRET_ID: no secret salesloft in eu-central-1; aws secretsmanager create-secret --region eu-central-1 --name salesloft makes an empty one");
        try (AwsSecret stranger = secret("AKIANOBODYNOBODYNOBO")) {
            aws.forgetAll();
            assertThatThrownBy(stranger::check).isInstanceOf(InvalidSettingException.class).hasMessageStartingWith("AWS_SECRET_ID: UnrecognizedClientException, ");
        }
    }

    /** No message has what was sent. */
    @Test
    void saysWhyItIsNotDone() throws Exception {
        String first = write(pair(1), null);
        aws.deny(true);
        assertThatThrownBy(() -> write(pair(2), first)).isInstanceOf(StoreUnavailable.class).hasMessageStartingWith("AccessDeniedException, ").hasMessageNotContaining("refresh-2");
        aws.deny(false);
        aws.away(true);
        assertThatThrownBy(() -> secret.newest()).isInstanceOf(StoreUnavailable.class).hasMessageNotContaining("\n");
        assertThatThrownBy(secret::check).isInstanceOf(StoreUnavailable.class);
        aws.away(false);
        aws.slow(Duration.ofSeconds(20));
        long before = System.nanoTime();
        try (AwsSecret impatient = secret(AwsStub.ACCESS_KEY, 300)) {
            assertThatThrownBy(() -> impatient.newest()).isInstanceOf(StoreUnavailable.class).hasMessage("no answer in time");
        }
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(8));
        aws.slow(Duration.ZERO);
        aws.markForDeletion();
        assertThatThrownBy(() -> write(pair(2), first)).isInstanceOf(StoreUnavailable.class).hasMessageStartingWith("InvalidRequestException, You can't perform this operation");
        aws.remove();
        assertThatThrownBy(() -> write(pair(2), first)).isInstanceOf(StoreUnavailable.class).hasMessageStartingWith("no secret salesloft in eu-central-1");
        assertThatThrownBy(() -> secret.newest()).isInstanceOf(StoreUnavailable.class).hasMessageStartingWith("no secret salesloft in eu-central-1");
    }

    /** As a pod on EKS: its token is exchanged for credentials of its role. */
    @Test
    void isWhomTheEnvironmentSays() throws Exception {
        MockEnvironment settings = new MockEnvironment().withProperty("salesloft.aws.secret-id", AwsStub.SECRET).withProperty("salesloft.aws.region", AwsStub.REGION)
                .withProperty("salesloft.aws.endpoint-url", aws.url());
        System.setProperty("aws.disableEc2Metadata", "true");
        try (AwsSecret nobody = new AwsSecret(settings, 2400)) {
            assertThatThrownBy(nobody::check).isInstanceOf(InvalidSettingException.class).hasMessageStartingWith("AWS_SECRET_ID: Unable to load credentials ").hasMessageNotContaining("\n");
        }
        aws.trust("pods-own-token");
        System.setProperty("aws.webIdentityTokenFile", Files.writeString(folder.resolve("token"), "pods-own-token").toString());
        System.setProperty("aws.roleArn", "arn:aws:iam::123456789012:role/integration");
        System.setProperty("aws.region", AwsStub.REGION);
        System.setProperty("aws.endpointUrl", aws.url());
        try (AwsSecret pod = new AwsSecret(settings, 2400)) {
            assertThatCode(pod::check).doesNotThrowAnyException();
        }
        assertThat(aws.calls("AssumeRoleWithWebIdentity")).isOne();
        System.setProperty("aws.webIdentityTokenFile", Files.writeString(folder.resolve("other"), "other-token").toString());
        try (AwsSecret pod = new AwsSecret(settings, 2400)) {
            assertThatThrownBy(pod::check).isInstanceOf(InvalidSettingException.class).hasMessageNotContaining("other-token");
        }
    }

    /** AWS' own client, with calls and errors that this container does not need: it finds in the stub what it knows of AWS. */
    @Test
    void theStubSpeaksAsAwsDoes() {
        try (SecretsManagerClient client = SecretsManagerClient.builder().region(Region.of(AwsStub.REGION)).endpointOverride(URI.create(aws.url())).httpClientBuilder(UrlConnectionHttpClient.builder())
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(AwsStub.ACCESS_KEY, AwsStub.SECRET_KEY))).build()) {
            String first = client.createSecret(request -> request.name("other").secretString("one")).versionId();
            assertThatThrownBy(() -> client.createSecret(request -> request.name("other"))).isInstanceOf(ResourceExistsException.class);
            PutSecretValueResponse put = client.putSecretValue(request -> request.secretId("other").secretString("two").versionStages("AWSPENDING"));
            assertThat(put.versionStages()).containsExactly("AWSPENDING");
            assertThat(client.getSecretValue(request -> request.secretId("other")).secretString()).isEqualTo("one");
            assertThat(client.getSecretValue(request -> request.secretId("other").versionStage("AWSPENDING")).createdDate()).isNotNull();
            assertThatThrownBy(() -> client.updateSecretVersionStage(request -> request.secretId("other").versionStage("AWSCURRENT").moveToVersionId(put.versionId())))
                    .isInstanceOf(InvalidParameterException.class).hasMessageContaining("currently attached to version " + first);
            client.updateSecretVersionStage(request -> request.secretId("other").versionStage("AWSCURRENT").removeFromVersionId(first).moveToVersionId(put.versionId()));
            assertThat(client.getSecretValue(request -> request.secretId("other").versionStage("AWSPREVIOUS")).secretString()).isEqualTo("one");
            assertThat(client.describeSecret(request -> request.secretId(put.arn())).versionIdsToStages().get(put.versionId())).containsExactlyInAnyOrder("AWSCURRENT", "AWSPENDING");
            assertThat(client.listSecretVersionIds(request -> request.secretId("other")).versions()).extracting(SecretVersionsListEntry::versionId).containsExactly(first, put.versionId());
            assertThatThrownBy(() -> client.putSecretValue(request -> request.secretId("other").clientRequestToken(first).secretString("three"))).isInstanceOf(ResourceExistsException.class);
            assertThat(client.putSecretValue(request -> request.secretId("other").clientRequestToken(first).secretString("one")).versionId()).isEqualTo(first);
            assertThatThrownBy(() -> client.getSecretValue(request -> request.secretId("other").versionId(UUID.randomUUID().toString()))).isInstanceOf(ResourceNotFoundException.class).hasMessageContaining("VersionId");
            assertThatThrownBy(() -> client.putSecretValue(request -> request.secretId("other"))).isInstanceOf(InvalidRequestException.class);
            aws.deny(true);
            assertThatThrownBy(() -> client.describeSecret(request -> request.secretId("other"))).isInstanceOfSatisfying(SecretsManagerException.class,
                    refused -> assertThat(refused.awsErrorDetails().errorCode()).isEqualTo("AccessDeniedException"));
        }
    }
}
