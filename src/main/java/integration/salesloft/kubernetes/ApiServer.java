package integration.salesloft.kubernetes;

import integration.salesloft.start.SecureUrl;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.springframework.core.NestedExceptionUtils;

/**
 * The API server of a Kubernetes cluster, for one namespace. Where it is, and who we are there, is found at the first call, as kubectl
 * finds it: KUBECONFIG, else the pod's service account; the system property or environment variable {@code kubernetes.master} has the
 * last word. Each call is one attempt, and goes straight there: HTTPS_PROXY leads out of the cluster.
 */
public class ApiServer implements AutoCloseable {

    private static final String ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

    private final String namespace;
    private final Supplier<Config> settings;
    private int callTimeout;
    private KubernetesClient client;

    /**
     * @param namespace empty: the one that the pod runs in, or that KUBECONFIG names
     * @param settings  finds the API server
     */
    public ApiServer(String namespace, Supplier<Config> settings) {
        this.namespace = namespace;
        this.settings = settings;
    }

    /** @param callTimeout milliseconds for connecting, and again for the answer */
    public void setCallTimeout(int callTimeout) {
        this.callTimeout = callTimeout;
    }

    /** @throws ApiServerUnavailable when what would tell it cannot be read */
    public String namespace() {
        if (!namespace.isBlank()) {
            return namespace;
        }
        String own = client().getNamespace();
        return own == null ? "default" : own;
    }

    /**
     * @throws ApiServerUnavailable none in time, or one that says to come back
     * @throws ApiServerRefusal  any other, in the API server's words
     */
    public <T> T call(Function<KubernetesClient, T> work) {
        KubernetesClient current = client();
        try {
            return work.apply(current);
        } catch (KubernetesClientException e) {
            if (e.getCode() < 400 || e.getCode() == 429 || e.getCode() >= 500) {
                throw new ApiServerUnavailable("the API server at " + current.getMasterUrl() + " does not answer: " + words(e), e);
            }
            // What it says of a value that it does not take may hold the value.
            throw new ApiServerRefusal(e.getCode(), e.getCode() == 422 ? "the API server does not take the change (422)" : words(e), e);
        }
    }

    /** Whether what goes there is encrypted, or stays on this machine. */
    public boolean isSafe() {
        return SecureUrl.is(client().getMasterUrl().toString());
    }

    /**
     * Asks whether we may do this, which everybody may ask.
     *
     * @param name null: with any object
     * @return empty when we may; else why not, if the API server says so
     */
    public Optional<String> forbids(String verb, String group, String resource, String name) {
        Map<String, String> asked = new LinkedHashMap<>(Map.of("verb", verb, "group", group, "resource", resource, "namespace", namespace()));
        if (name != null) {
            asked.put("name", name);
        }
        Map<String, Object> review = Map.of("apiVersion", "authorization.k8s.io/v1", "kind", "SelfSubjectAccessReview", "spec", Map.of("resourceAttributes", asked));
        String answer = call(api -> api.raw(ACCESS_REVIEWS, "POST", review));
        Map<?, ?> status = (Map<?, ?>) Serialization.unmarshal(answer, Map.class).get("status");
        return Boolean.TRUE.equals(status.get("allowed")) ? Optional.empty() : Optional.of(status.get("reason") == null ? "" : status.get("reason").toString());
    }

    @Override
    public synchronized void close() {
        if (client != null) {
            client.close();
            client = null;
        }
    }

    private synchronized KubernetesClient client() {
        if (client == null) {
            try {
                client = new KubernetesClientBuilder().withConfig(config()).withHttpClientFactory(new JdkHttpClientFactory())
                        .withHttpClientBuilderConsumer(http -> http.proxyType(HttpClient.ProxyType.DIRECT)).build();
            } catch (RuntimeException e) {
                throw new ApiServerUnavailable("where the API server is cannot be read (KUBECONFIG, or the pod's service account): " + root(e), e);
            }
        }
        return client;
    }

    private Config config() {
        Config config = settings.get();
        config.setRequestRetryBackoffLimit(0);
        config.setHttpProxy(null);
        config.setHttpsProxy(null);
        if (callTimeout > 0) {
            config.setConnectionTimeout(callTimeout);
            config.setRequestTimeout(callTimeout);
        }
        return config;
    }

    /** The API server's own, or what happened on the way to it. */
    private static String words(KubernetesClientException e) {
        Status status = e.getStatus();
        if (status != null && status.getMessage() != null) {
            return status.getMessage();
        }
        return root(e);
    }

    private static String root(Throwable failure) {
        Throwable cause = NestedExceptionUtils.getMostSpecificCause(failure);
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}
