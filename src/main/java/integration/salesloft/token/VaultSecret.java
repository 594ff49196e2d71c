package integration.salesloft.token;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.start.InvalidSettingException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.env.Environment;
import org.springframework.http.HttpEntity;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.vault.VaultException;
import org.springframework.vault.client.RestTemplateBuilder;
import org.springframework.vault.client.VaultEndpoint;
import org.springframework.vault.client.VaultHttpHeaders;
import org.springframework.vault.support.VaultToken;
import org.springframework.web.client.HttpStatusCodeException;
import org.springframework.web.client.RestClientException;
import org.springframework.web.client.RestOperations;

/**
 * The token pair as one secret of Vault's key-value engine, version 2: a field of the secret each. Makes no call before the first is
 * asked for. Each is one attempt; only a token of Vault that is refused is replaced by a new login, once.
 */
public class VaultSecret implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    /** What Vault says of a version that is not the one that was to be replaced. */
    private static final String OVERTAKEN = "check-and-set";

    private final String login;
    private final String mount;
    private final String path;
    private final ThreadPoolTaskScheduler renewals = new ThreadPoolTaskScheduler();
    private final RestOperations vault;
    private final VaultSession session;

    /**
     * @param settings {@code salesloft.vault} in application.yaml
     * @param millis   what a call may take to connect, and again to be answered
     */
    public VaultSecret(Environment settings, int millis) {
        String[] place = settings.getRequiredProperty("salesloft.vault.secret-path").split("/", 2);
        this.login = VaultSession.names(settings);
        this.mount = place[0];
        this.path = place[1];
        renewals.setDaemon(true);
        renewals.setThreadNamePrefix("vault-");
        renewals.initialize();
        this.vault = client(settings, Duration.ofMillis(millis));
        this.session = new VaultSession(settings, renewals, vault);
    }

    private static RestOperations client(Environment settings, Duration patience) {
        HttpClient.Builder http = HttpClient.newBuilder().connectTimeout(patience);
        String authority = settings.getRequiredProperty("salesloft.vault.cacert");
        if (!authority.isEmpty()) {
            http.sslContext(SslBundle.of(new PemSslStoreBundle(null, PemSslStoreDetails.forCertificate("file:" + authority))).createSslContext());
        }
        JdkClientHttpRequestFactory requests = new JdkClientHttpRequestFactory(http.build());
        requests.setReadTimeout(patience);
        RestTemplateBuilder client = RestTemplateBuilder.builder().requestFactory(requests)
                .endpoint(VaultEndpoint.from(URI.create(settings.getRequiredProperty("salesloft.vault.addr"))));
        String namespace = settings.getRequiredProperty("salesloft.vault.namespace");
        return (namespace.isEmpty() ? client : client.defaultHeader("X-Vault-Namespace", namespace)).build();
    }

    /**
     * Whether the secret may be read and written, which Vault tells without its being touched.
     *
     * @throws InvalidSettingException naming the setting, and the capability that is missing
     * @throws StoreUnavailable        Vault does not answer, or is sealed
     */
    public void check() {
        JsonNode granted;
        try {
            granted = post("sys/capabilities-self", Map.of("paths", List.of(data()))).path("data").path(data());
        } catch (Refused e) {
            throw new InvalidSettingException(login, "Vault " + e.getMessage());
        }
        TreeSet<String> missing = new TreeSet<>(List.of("create", "read", "update"));
        granted.forEach(capability -> missing.remove(capability.asText()));
        if (!missing.isEmpty() && !granted.toString().contains("\"root\"")) {
            throw new InvalidSettingException(login, "its policy lacks " + String.join(", ", missing) + " on " + data());
        }
        if (!get("sys/internal/ui/mounts/" + mount + "/" + path).at("/data/options/version").asText().equals("2")) {
            throw new InvalidSettingException("VAULT_SECRET_PATH", mount + " is not a key-value engine of version 2");
        }
    }

    /**
     * The pair in the newest version.
     *
     * @throws StoreUnavailable Vault does not answer, is sealed, or denies it
     */
    public StoredPair newest() {
        JsonNode entry = get(data()).path("data");
        // A version that was deleted still counts: it is the one to be replaced.
        String found = entry.at("/metadata/version").asText("");
        JsonNode fields = entry.path("data");
        return new StoredPair(TokenPair.stored(fields.isObject() && !fields.isEmpty() ? fields.toString() : null), found.isEmpty() ? null : found);
    }

    /**
     * @param replaced the version that has to be the newest; null: there must not have been one
     * @return the new version
     * @throws StoreConflict    another version is the newest
     * @throws StoreUnavailable Vault does not answer, is sealed, or denies it; it may have been written
     */
    public String write(TokenPair pair, String replaced) throws JsonProcessingException {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("options", Map.of("cas", replaced == null ? 0 : Long.parseLong(replaced)));
        request.put("data", JSON.readTree(pair.json()));
        String version = post(data(), request).at("/data/version").asText("");
        if (version.isEmpty()) {
            throw new StoreUnavailable(mount + " is not a key-value engine of version 2");
        }
        return version;
    }

    @Override
    public void close() {
        session.destroy();
        renewals.shutdown();
    }

    private String data() {
        return mount + "/data/" + path;
    }

    private JsonNode get(String path) {
        return call(HttpMethod.GET, path, null);
    }

    private JsonNode post(String path, Object body) {
        return call(HttpMethod.POST, path, body);
    }

    private JsonNode call(HttpMethod method, String path, Object body) {
        try {
            return attempt(method, path, body);
        } catch (Refused e) {
            session.forget();
            return attempt(method, path, body);
        }
    }

    private JsonNode attempt(HttpMethod method, String path, Object body) {
        VaultToken token = login();
        try {
            HttpHeaders headers = VaultHttpHeaders.from(token);
            headers.setContentType(MediaType.APPLICATION_JSON);
            // As bytes, which nobody can log as what they are.
            HttpEntity<byte[]> request = new HttpEntity<>(body == null ? null : JSON.writeValueAsBytes(body), headers);
            return json(vault.exchange(path, method, request, String.class).getBody());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        } catch (HttpStatusCodeException e) {
            return answer(e);
        } catch (RestClientException e) {
            throw new StoreUnavailable("does not answer (" + root(e) + ")", e);
        }
    }

    private VaultToken login() {
        try {
            return session.token();
        } catch (VaultException e) {
            if (e.getCause() instanceof HttpStatusCodeException refused) {
                String said = said(refused);
                throw refused.getStatusCode().is4xxClientError() ? new Refused("refuses the login (" + said + ")") : new StoreUnavailable("answers the login " + said);
            }
            throw new StoreUnavailable("does not answer the login (" + root(e) + ")", e);
        } catch (UncheckedIOException e) {
            throw new StoreUnavailable("is not asked: VAULT_SERVICE_ACCOUNT_TOKEN cannot be read (" + root(e) + ")", e);
        }
    }

    /** Not found is an answer, with the number of the version where one was deleted. */
    private static JsonNode answer(HttpStatusCodeException e) {
        String said = said(e);
        if (e.getStatusCode() == HttpStatus.NOT_FOUND) {
            return json(e.getResponseBodyAsString());
        } else if (said.contains(OVERTAKEN)) {
            throw new StoreConflict("another version was written there");
        } else if (e.getStatusCode() == HttpStatus.FORBIDDEN) {
            throw new Refused("refuses it (" + said + ")");
        }
        throw new StoreUnavailable("answers " + said);
    }

    private static String said(HttpStatusCodeException e) {
        JsonNode errors = json(e.getResponseBodyAsString()).path("errors");
        return e.getStatusCode().value() + (errors.isEmpty() ? "" : " " + errors.get(0).asText().strip().replaceAll("\\s+", " "));
    }

    private static JsonNode json(String text) {
        try {
            return text == null || text.isEmpty() ? JSON.createObjectNode() : JSON.readTree(text);
        } catch (JsonProcessingException e) {
            return JSON.createObjectNode();
        }
    }

    private static String root(Throwable failure) {
        Throwable cause = NestedExceptionUtils.getMostSpecificCause(failure);
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    /** By who we are, not by what happens to Vault. */
    private static class Refused extends StoreUnavailable {

        Refused(String message) {
            super(message);
        }
    }
}
