package integration.salesloft.token;

import com.fasterxml.jackson.core.JsonProcessingException;
import integration.salesloft.kubernetes.ApiServer;
import integration.salesloft.kubernetes.ApiServerUnavailable;
import integration.salesloft.kubernetes.ApiServerRefusal;
import integration.salesloft.start.InvalidSettingException;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The token pair as one key of a Secret of Kubernetes, which is replaced only if it still is of the resource version that was read. What
 * else the Secret has stays there. Makes no call before the first is asked for; each is one attempt.
 */
public class KubernetesSecret implements AutoCloseable {

    private static final String KEY = "pair";

    private final ApiServer server;
    private final String name;

    /**
     * @param namespace of the Secret; empty: the pod's own, or the one that KUBECONFIG names
     * @param name      of the Secret
     * @param millis    what a call may take to connect, and again to be answered
     */
    public KubernetesSecret(String namespace, String name, int millis) {
        this(new ApiServer(namespace, () -> Config.autoConfigure(null)), name, millis);
    }

    KubernetesSecret(ApiServer server, String name, int millis) {
        this.server = server;
        this.name = name;
        server.setCallTimeout(millis);
    }

    /**
     * Whether the Secret may be read and replaced, and made where there is none yet; which Kubernetes tells without its being touched.
     *
     * @throws InvalidSettingException naming the setting, and the verb that is missing
     * @throws StoreUnavailable        the API server does not answer
     */
    public void check() {
        try {
            if (!server.isSafe()) {
                throw new InvalidSettingException("KUBERNETES_MASTER", "must be https, because tokens go there");
            }
        } catch (ApiServerUnavailable e) {
            throw new StoreUnavailable(e.getMessage(), e);
        }
        need("get", name);
        need("update", name);
        if (read() == null) {
            need("create", null);
        }
    }

    private void need(String verb, String object) {
        Optional<String> why;
        try {
            why = server.forbids(verb, "", "secrets", object);
        } catch (ApiServerUnavailable e) {
            throw new StoreUnavailable(e.getMessage(), e);
        } catch (ApiServerRefusal e) {
            throw new InvalidSettingException("TOKEN_SECRET_NAME", "Kubernetes does not say what we may do: " + e.getMessage());
        }
        if (why.isPresent()) {
            throw new InvalidSettingException("TOKEN_SECRET_NAME", "we may not " + verb + (object == null ? " secrets" : " the secret " + name) + " in namespace " + server.namespace()
                    + (object == null ? ", where there is no " + name : "") + (why.get().isEmpty() ? "" : " (" + why.get() + ")"));
        }
    }

    /**
     * The newest; there are no others.
     *
     * @throws StoreUnavailable the API server does not answer, or denies it
     */
    public StoredPair newest() {
        Secret secret = read();
        if (secret == null) {
            return new StoredPair(TokenPair.NONE, null);
        }
        String version = secret.getMetadata().getResourceVersion();
        Map<String, String> data = secret.getData();
        if (data == null || data.isEmpty()) {
            return new StoredPair(TokenPair.NONE, version);
        }
        // One that has something else is another's.
        return new StoredPair(TokenPair.stored(data.containsKey(KEY) ? text(data.get(KEY)) : "{}"), version);
    }

    private static String text(String encoded) {
        try {
            return new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return "{}";
        }
    }

    /**
     * @param replaced the resource version that the Secret has to be of; null: there must not be one
     * @return its new resource version
     * @throws StoreConflict    another has written there
     * @throws StoreUnavailable the API server does not answer, or denies it; it may have been written
     */
    public String write(TokenPair pair, String replaced) throws JsonProcessingException {
        String text = Base64.getEncoder().encodeToString(pair.json().getBytes(StandardCharsets.UTF_8));
        Secret written;
        if (replaced == null) {
            Secret made = new SecretBuilder().withNewMetadata().withName(name).endMetadata().withType("Opaque").addToData(KEY, text).build();
            written = call(client -> client.secrets().inNamespace(server.namespace()).resource(made).create());
        } else {
            Secret present = read();
            if (present == null || !present.getMetadata().getResourceVersion().equals(replaced)) {
                throw new StoreConflict("another version was written there");
            }
            Secret changed = new SecretBuilder(present).addToData(KEY, text).build();
            written = call(client -> client.secrets().inNamespace(server.namespace()).resource(changed).update());
        }
        return written.getMetadata().getResourceVersion();
    }

    @Override
    public void close() {
        server.close();
    }

    private Secret read() {
        return call(client -> client.secrets().inNamespace(server.namespace()).withName(name).get());
    }

    private <T> T call(Function<KubernetesClient, T> work) {
        try {
            return server.call(work);
        } catch (ApiServerUnavailable e) {
            throw new StoreUnavailable(e.getMessage(), e);
        } catch (ApiServerRefusal e) {
            if (e.code() == 409) {
                throw new StoreConflict("another version was written there", e);
            }
            throw new StoreUnavailable("Kubernetes refuses it (" + e.getMessage() + ")", e);
        }
    }
}
