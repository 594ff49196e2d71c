package integration.salesloft.token;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.auth.Retryable;
import com.google.auth.oauth2.ComputeEngineCredentials;
import com.google.auth.oauth2.ExternalAccountCredentials;
import com.google.auth.oauth2.GoogleCredentials;
import com.google.auth.oauth2.ServiceAccountCredentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.Exchange;
import org.springframework.core.env.Environment;

/**
 * Access tokens for Google Cloud: from the key file, or the file of another identity, that GOOGLE_APPLICATION_CREDENTIALS names, or else as
 * Google's library finds them, which on Google Cloud is the metadata server. A token is kept until shortly before its end.
 */
public class GcpAccess implements AutoCloseable {

    /** As Google's library calls it. */
    private static final String METADATA_SERVER = "GCE_METADATA_HOST";
    private static final String SCOPE = "https://www.googleapis.com/auth/cloud-platform";

    private final String file;
    private final String metadataServer;
    private final long millis;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread access = new Thread(task, "gcp-access");
        access.setDaemon(true);
        return access;
    });
    private volatile GoogleCredentials credentials;

    /**
     * @param settings GOOGLE_APPLICATION_CREDENTIALS, which may be empty
     * @param millis   how long somebody waits for a token; the library itself would wait for minutes, and goes on doing so
     */
    public GcpAccess(Environment settings, long millis) {
        this.file = settings.getRequiredProperty("salesloft.gcp.credentials");
        this.metadataServer = settings.getProperty(METADATA_SERVER, "");
        this.millis = millis;
    }

    /**
     * Puts the access token into the header Authorization.
     *
     * @throws StoreDenied      where there are no credentials, or they are refused
     * @throws StoreUnavailable where whoever issues tokens does not answer in time
     */
    public void authorize(Exchange call) throws InterruptedException {
        Future<String> token = thread.submit(this::token);
        try {
            call.getMessage().setHeader("Authorization", "Bearer " + token.get(millis, TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            throw new StoreUnavailable("no access token within " + millis + " ms");
        } catch (ExecutionException e) {
            throw trouble(e.getCause());
        }
    }

    /** The token is not taken any more, whatever it says of its end: the next one is another. */
    public void forget() {
        credentials = null;
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    private String token() throws IOException {
        GoogleCredentials found = credentials;
        if (found == null) {
            found = find().createScoped(SCOPE);
            credentials = found;
        }
        found.refreshIfExpired();
        return found.getAccessToken().getTokenValue();
    }

    private GoogleCredentials find() throws IOException {
        if (file.isEmpty()) {
            // Where somebody says that there is a metadata server, it is not looked for: one that is away at the start is not taken for none.
            return metadataServer.isEmpty() ? GoogleCredentials.getApplicationDefault() : ComputeEngineCredentials.create();
        }
        byte[] content = Files.readAllBytes(Path.of(file));
        return switch (new ObjectMapper().readTree(content).path("type").asText()) {
            case "service_account" -> ServiceAccountCredentials.fromStream(new ByteArrayInputStream(content));
            case "external_account" -> ExternalAccountCredentials.fromStream(new ByteArrayInputStream(content));
            default -> throw new IOException("neither the key of a service account nor the configuration of a workload identity federation");
        };
    }

    /** Only the first line of what the library says: further ones may repeat what was sent. */
    private StoreUnavailable trouble(Throwable failure) {
        String message = "GOOGLE_APPLICATION_CREDENTIALS: " + (failure instanceof IOException ? String.valueOf(failure.getMessage()).lines().findFirst().orElse("").trim() : failure.getClass().getSimpleName());
        boolean away = failure instanceof Retryable answer && answer.isRetryable() || failure instanceof IOException && !(failure instanceof Retryable) && credentials != null;
        return away ? new StoreUnavailable(message) : new StoreDenied(message);
    }
}
