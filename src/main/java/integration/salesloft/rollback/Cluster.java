package integration.salesloft.rollback;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One namespace of a Kubernetes cluster. Where its API server is, and who we are there, is found at the first call, as kubectl finds
 * it: KUBECONFIG, else the pod's service account; the system property or environment variable {@code kubernetes.master} has the last
 * word. Each call is one attempt, and goes straight to the API server: HTTPS_PROXY leads out of the cluster.
 */
class Cluster {

    private final String namespace;
    private final Supplier<Config> settings;
    private int callTimeout;
    private KubernetesClient client;

    /**
     * @param namespace empty: the one that the pod runs in, or that KUBECONFIG names
     * @param settings  finds the API server
     */
    Cluster(String namespace, Supplier<Config> settings) {
        this.namespace = namespace;
        this.settings = settings;
    }

    /** @param callTimeout milliseconds for connecting, and again for the answer */
    void setCallTimeout(int callTimeout) {
        this.callTimeout = callTimeout;
    }

    /** @throws ClusterUnavailable when what would tell it cannot be read */
    String namespace() {
        if (!namespace.isBlank()) {
            return namespace;
        }
        String own = client().getNamespace();
        return own == null ? "default" : own;
    }

    /**
     * @throws ClusterUnavailable no answer, or one that says to come back
     * @throws DeploymentChanged  409: not the version that we had read
     * @throws RollbackRefused    any other refusal, in the API server's words
     */
    <T> T call(Function<KubernetesClient, T> work) {
        KubernetesClient current = client();
        try {
            return work.apply(current);
        } catch (KubernetesClientException e) {
            if (e.getCode() == 409) {
                throw new DeploymentChanged(words(e), e);
            } else if (e.getCode() < 400 || e.getCode() == 429 || e.getCode() >= 500) {
                throw new ClusterUnavailable("the API server at " + current.getMasterUrl() + " does not answer: " + words(e), e);
            }
            // What it says of a value that it does not take may hold the value.
            throw new RollbackRefused(e.getCode() == 422 ? "the API server does not take the change (422)" : words(e), e);
        }
    }

    synchronized void close() {
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
                throw new ClusterUnavailable("where the API server is cannot be read (KUBECONFIG, or the pod's service account): " + root(e), e);
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
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}
