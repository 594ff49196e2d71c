package integration.salesloft.token;

import com.fasterxml.jackson.core.JsonProcessingException;
import integration.salesloft.digest.Sha256;
import integration.salesloft.start.InvalidSettingException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.springframework.core.env.Environment;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClientBuilder;
import software.amazon.awssdk.services.secretsmanager.model.DescribeSecretResponse;
import software.amazon.awssdk.services.secretsmanager.model.GetSecretValueResponse;
import software.amazon.awssdk.services.secretsmanager.model.InvalidParameterException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceExistsException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;

/**
 * The secret of AWS Secrets Manager that holds the token pair, a version of the secret for a version of the pair. In which order its methods
 * are called is the route's to say. Credentials are found as the SDK finds them: environment, web identity, container, instance profile.
 *
 * <p>All methods throw {@link StoreDenied} where credentials or rights are missing, and {@link StoreUnavailable} where there is no good answer.
 */
public class AwsSecret implements AutoCloseable {

    private static final String CURRENT = "AWSCURRENT";
    private static final String PENDING = "AWSPENDING";
    /** Of all AWS services, and of what signs their requests. */
    private static final Set<String> DENIALS = Set.of("AccessDeniedException", "AccessDenied", "UnrecognizedClientException", "InvalidClientTokenId",
            "InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationToken",
            "MissingAuthenticationTokenException", "ExpiredToken", "ExpiredTokenException", "InvalidIdentityToken", "OptInRequired", "DecryptionFailure", "EncryptionFailure");

    private final String secret;
    private final String region;
    private final SecretsManagerClient client;

    /**
     * @param settings   AWS_SECRET_ID (name or ARN), AWS_REGION, AWS_ENDPOINT_URL (empty: AWS')
     * @param callMillis what one call may take in all, repetitions included
     */
    public AwsSecret(Environment settings, long callMillis) {
        this(settings.getRequiredProperty("salesloft.aws.secret-id"), settings.getRequiredProperty("salesloft.aws.region"),
                settings.getRequiredProperty("salesloft.aws.endpoint-url"), callMillis, SecretsManagerClient.builder());
    }

    /** @param builder may have credentials of its own */
    AwsSecret(String secret, String region, String endpoint, long callMillis, SecretsManagerClientBuilder builder) {
        this.secret = secret;
        this.region = region;
        builder.region(Region.of(region)).httpClientBuilder(UrlConnectionHttpClient.builder()
                .connectionTimeout(Duration.ofMillis(callMillis)).socketTimeout(Duration.ofMillis(callMillis)))
                .overrideConfiguration(limits -> limits.apiCallTimeout(Duration.ofMillis(callMillis)));
        if (!endpoint.isEmpty()) {
            builder.endpointOverride(URI.create(endpoint));
        }
        client = builder.build();
    }

    /**
     * Finds out, without changing anything, whether the secret is there and may be read and written. That a version cannot be overwritten, and
     * that a label cannot be taken from a version that has none, AWS says only to those who have the right to try.
     *
     * @throws InvalidSettingException naming what is missing
     */
    public void check() {
        try {
            DescribeSecretResponse found = call(() -> client.describeSecret(request -> request.secretId(secret)));
            if (found.deletedDate() != null) {
                throw new InvalidSettingException("AWS_SECRET_ID", "this secret is to be deleted; aws secretsmanager restore-secret --secret-id " + secret + " brings it back");
            }
            if (Boolean.TRUE.equals(found.rotationEnabled())) {
                throw new InvalidSettingException("AWS_SECRET_ID", "AWS rotates this secret, and would put values of its own; switch rotation off for it");
            }
            String current = current(found);
            if (current != null) {
                call(() -> client.getSecretValue(request -> request.secretId(secret).versionId(current)));
                proveRightToPut(current);
                proveRightToMove(current);
            }
        } catch (ResourceNotFoundException e) {
            throw new InvalidSettingException("AWS_SECRET_ID", "no secret " + secret + " in " + region + "; aws secretsmanager create-secret --region " + region + " --name " + secret + " makes an empty one");
        } catch (StoreDenied e) {
            throw new InvalidSettingException("AWS_SECRET_ID", e.getMessage());
        }
    }

    private void proveRightToPut(String current) {
        try {
            call(() -> client.putSecretValue(request -> request.secretId(secret).clientRequestToken(current).versionStages(PENDING)
                    .secretString("Only asks whether this would be allowed: a version cannot be overwritten.")));
        } catch (ResourceExistsException e) {
            // Allowed, and not done.
        }
    }

    private void proveRightToMove(String current) {
        try {
            call(() -> client.updateSecretVersionStage(request -> request.secretId(secret).versionStage(CURRENT)
                    .moveToVersionId(current).removeFromVersionId(UUID.randomUUID().toString())));
        } catch (InvalidParameterException | ResourceNotFoundException e) {
            // Allowed, and not done.
        }
    }

    /**
     * The pair in the current version. One of bytes is another's.
     *
     * @throws StoreUnavailable AWS does not answer in time, or denies it
     */
    public StoredPair newest() {
        try {
            GetSecretValueResponse found = call(() -> client.getSecretValue(request -> request.secretId(secret)));
            return new StoredPair(TokenPair.storedUnlessPlaceholder(found.secretString()), found.versionId());
        } catch (ResourceNotFoundException e) {
            call(this::mustExist);
            return new StoredPair(TokenPair.NONE, null);
        }
    }

    /** Not found may be the value, or the secret. */
    private Object mustExist() {
        try {
            return client.describeSecret(request -> request.secretId(secret));
        } catch (ResourceNotFoundException e) {
            throw new StoreUnavailable("no secret " + secret + " in " + region + " any more");
        }
    }

    /**
     * Puts the pair, as a version that nobody reads yet. The version is named after the pair, so that a second put of the same is none.
     *
     * @return its id
     * @throws StoreConflict where a version of this name holds another pair
     */
    public String put(TokenPair pair) throws JsonProcessingException {
        String text = pair.json();
        try {
            return call(() -> client.putSecretValue(request -> request.secretId(secret).clientRequestToken(versionId(pair)).versionStages(PENDING).secretString(text))).versionId();
        } catch (ResourceExistsException e) {
            throw new StoreConflict("version " + versionId(pair) + " holds another token pair of version " + pair.version());
        } catch (ResourceNotFoundException e) {
            throw new StoreUnavailable("no secret " + secret + " in " + region + " any more");
        }
    }

    /**
     * Makes a version the current one in place of another, unless that is not the current one any more. To be called again is no harm.
     *
     * @param from null where there was none
     * @throws StoreConflict where a third one is current
     */
    public void move(String from, String to) {
        if (to.equals(from)) {
            return;
        }
        try {
            call(() -> client.updateSecretVersionStage(request -> request.secretId(secret).versionStage(CURRENT).removeFromVersionId(from).moveToVersionId(to)));
        } catch (InvalidParameterException | ResourceNotFoundException e) {
            String current = current(call(() -> client.describeSecret(request -> request.secretId(secret))));
            if (!to.equals(current)) {
                throw new StoreConflict("version " + current + " has become the current one in place of " + from);
            }
        }
    }

    @Override
    public void close() {
        client.close();
    }

    private static String current(DescribeSecretResponse found) {
        return found.versionIdsToStages().entrySet().stream().filter(version -> version.getValue().contains(CURRENT)).map(Map.Entry<String, List<String>>::getKey).findFirst().orElse(null);
    }

    /** The same for the same version of the same chain, in the form of a UUID of version 8 (RFC 9562). */
    static String versionId(TokenPair pair) {
        ByteBuffer digest = ByteBuffer.wrap(Sha256.bytes(pair.seed() + "/" + pair.version()));
        return new UUID(digest.getLong() & ~0xF000L | 0x8000L, digest.getLong() & ~(3L << 62) | 2L << 62).toString();
    }

    /** Says in one line what went wrong; what a call is known to refuse is left to its caller. */
    private <T> T call(Supplier<T> call) {
        try {
            return call.get();
        } catch (ResourceNotFoundException | ResourceExistsException | InvalidParameterException e) {
            throw e;
        } catch (ApiCallTimeoutException | ApiCallAttemptTimeoutException e) {
            throw new StoreUnavailable("no answer in time");
        } catch (AwsServiceException e) {
            String code = e.awsErrorDetails() == null ? "" : String.valueOf(e.awsErrorDetails().errorCode());
            String message = code + ", " + line(e.awsErrorDetails() == null ? e.getMessage() : e.awsErrorDetails().errorMessage());
            throw DENIALS.contains(code) ? new StoreDenied(message) : new StoreUnavailable(message);
        } catch (SdkException e) {
            String message = line(e.getMessage());
            throw message.contains("Unable to load credentials") && !message.contains("HTTP request") ? new StoreDenied(message) : new StoreUnavailable(message);
        }
    }

    private static String line(String message) {
        return String.valueOf(message).replaceAll("\\s+", " ").trim();
    }
}
