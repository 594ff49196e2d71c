package integration.salesloft.rollback;

import integration.salesloft.kubernetes.ApiServer;
import integration.salesloft.kubernetes.ApiServerUnavailable;
import integration.salesloft.kubernetes.ApiServerRefusal;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** One namespace of a Kubernetes cluster, whose failures are those of a rollback. */
class Cluster {

    private final ApiServer server;

    /**
     * @param namespace empty: the one that the pod runs in, or that KUBECONFIG names
     * @param settings  finds the API server
     */
    Cluster(String namespace, Supplier<Config> settings) {
        this.server = new ApiServer(namespace, settings);
    }

    /** @param callTimeout milliseconds for connecting, and again for the answer */
    void setCallTimeout(int callTimeout) {
        server.setCallTimeout(callTimeout);
    }

    /** @throws ClusterUnavailable when what would tell it cannot be read */
    String namespace() {
        return translated(server::namespace);
    }

    /**
     * @throws ClusterUnavailable no answer, or one that says to come back
     * @throws DeploymentChanged  409: not the version that we had read
     * @throws RollbackRefused    any other refusal, in the API server's words
     */
    <T> T call(Function<KubernetesClient, T> work) {
        return translated(() -> server.call(work));
    }

    /** As {@link ApiServer#forbids}, with the failures of {@link #call}. */
    Optional<String> forbids(String verb, String group, String resource, String name) {
        return translated(() -> server.forbids(verb, group, resource, name));
    }

    void close() {
        server.close();
    }

    private static <T> T translated(Supplier<T> work) {
        try {
            return work.get();
        } catch (ApiServerUnavailable e) {
            throw new ClusterUnavailable(e.getMessage(), e);
        } catch (ApiServerRefusal e) {
            if (e.code() == 409) {
                throw new DeploymentChanged(e.getMessage(), e);
            }
            throw new RollbackRefused(e.getMessage(), e);
        }
    }
}
