package integration.salesloft.rollback;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The Deployment that a rollback takes back. {@link #preflight} resolves the revision to go back to, once: what it answers as
 * {@code target} is to be kept before anything is changed, and is what {@link #revert} and {@link #state} go by from then on, also in
 * another process. So a second attempt finds that it was done; asking for "the revision before" a second time would lead forward again
 * to the bad one. All that goes in and out is JSON. Each method answers at once or within the calls' time-outs; who calls again, and
 * when, is said by the routes.
 */
public class KubernetesDeployment implements AutoCloseable {

    private final Cluster cluster;
    private final String name;

    /**
     * Makes no call, and does not yet look for the API server.
     *
     * @param namespace of the Deployment; empty: the pod's own, or the one that KUBECONFIG names
     * @param name      of the Deployment
     */
    public KubernetesDeployment(String namespace, String name) {
        this(new Cluster(namespace, () -> Config.autoConfigure(null)), name);
    }

    KubernetesDeployment(Cluster cluster, String name) {
        this.cluster = cluster;
        this.name = name;
    }

    /** @param callTimeout milliseconds that a call may take to connect, and again to be answered; to be set before the first call */
    public void setCallTimeout(int callTimeout) {
        cluster.setCallTimeout(callTimeout);
    }

    /**
     * What a rollback would do, and what stands in its way; changes nothing. The answer has, each of them null when it is not known:
     * {@code deployment} (name, uid, namespace, currentRevision, currentReplicaSet, currentImage, currentTemplate: a digest),
     * {@code target} (revision, replicaSet, uid, deploymentUid, image, template, annotations; the template may hold values that are nobody's business),
     * {@code blockedBy} (tool, name, evidence: who would put an undo back; null when nobody would),
     * {@code problems} (sentences, each naming one thing),
     * {@code managers} (who owns fields of the template).
     *
     * @param toRevision null: the one before the present one
     * @throws ClusterUnavailable the API server did not answer
     */
    public Map<String, Object> preflight(Integer toRevision) {
        return new Preflight(cluster, name).run(toRevision);
    }

    /**
     * Gives the Deployment the target's template and annotations, as {@code kubectl rollout undo} does.
     *
     * @param target of a preflight
     * @return {@code reverted}, or {@code already} when the Deployment has the target's template
     * @throws DeploymentChanged  somebody else wrote at the same time
     * @throws ClusterUnavailable the API server did not answer; the patch may have been applied
     * @throws RollbackRefused    the Deployment is paused, gone, or another one of that name, or the API server refuses the patch
     */
    public String revert(Map<String, Object> target) {
        Deployment deployment = read(target);
        if (isTarget(deployment, target)) {
            return "already";
        }
        if (Boolean.TRUE.equals(deployment.getSpec().getPaused())) {
            throw new RollbackRefused("Deployment " + name + " is paused (spec.paused): kubectl rollout resume deployment/" + name);
        }
        // With the version that was read, the API server refuses the patch if anybody wrote since then.
        String patch = Serialization.asJson(List.of(
                Map.of("op", "replace", "path", "/metadata/resourceVersion", "value", deployment.getMetadata().getResourceVersion()),
                Map.of("op", "replace", "path", "/spec/template", "value", target.get("template")),
                Map.of("op", "add", "path", "/metadata/annotations", "value", annotations(deployment, target))));
        PatchContext json = new PatchContext.Builder().withPatchType(PatchType.JSON).withFieldManager(Owners.SELF).build();
        cluster.call(client -> client.apps().deployments().inNamespace(cluster.namespace()).withName(name).patch(json, patch));
        return "reverted";
    }

    /**
     * How far the rollout is: {@code finished} (as {@code kubectl rollout status} decides), {@code stuck} (why it makes no progress, or
     * null), {@code template} ({@code target} or {@code other}), {@code changedBy} (the field manager that last wrote an other template;
     * null when not known), {@code digest} of the template, and for people {@code replicas} (wanted), {@code updated}, {@code available}, {@code image}, {@code paused}.
     *
     * @param target of a preflight; null when it found none
     * @throws ClusterUnavailable the API server did not answer
     * @throws RollbackRefused    the Deployment is gone, another one of that name, or may not be read
     */
    public Map<String, Object> state(Map<String, Object> target) {
        Deployment deployment = read(target);
        DeploymentStatus status = deployment.getStatus() == null ? new DeploymentStatus() : deployment.getStatus();
        boolean isTarget = isTarget(deployment, target);
        int replicas = deployment.getSpec().getReplicas() == null ? 1 : deployment.getSpec().getReplicas();
        boolean observed = status.getObservedGeneration() != null && status.getObservedGeneration() >= deployment.getMetadata().getGeneration();
        String stuck = observed ? stuck(status) : null;
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("finished", observed && stuck == null && number(status.getUpdatedReplicas()) >= replicas
                && number(status.getReplicas()) <= number(status.getUpdatedReplicas())
                && number(status.getAvailableReplicas()) >= number(status.getUpdatedReplicas()) && number(status.getUnavailableReplicas()) == 0);
        state.put("stuck", stuck);
        state.put("template", isTarget ? "target" : "other");
        state.put("digest", new Template(deployment.getSpec().getTemplate()).digest());
        state.put("changedBy", isTarget ? null : new Owners(deployment).lastOther());
        state.put("replicas", replicas);
        state.put("updated", number(status.getUpdatedReplicas()));
        state.put("available", number(status.getAvailableReplicas()));
        state.put("image", new Template(deployment.getSpec().getTemplate()).image());
        state.put("paused", Boolean.TRUE.equals(deployment.getSpec().getPaused()));
        return state;
    }

    @Override
    public void close() {
        cluster.close();
    }

    private Deployment read(Map<String, Object> target) {
        String namespace = cluster.namespace();
        Deployment deployment = cluster.call(client -> client.apps().deployments().inNamespace(namespace).withName(name).get());
        if (deployment == null) {
            throw new RollbackRefused("there is no Deployment " + name + " in namespace " + namespace);
        } else if (target != null && !deployment.getMetadata().getUid().equals(target.get("deploymentUid"))) {
            throw new RollbackRefused("Deployment " + name + " was deleted and made anew since the target was resolved: its older revisions are gone");
        }
        return deployment;
    }

    private static boolean isTarget(Deployment deployment, Map<String, Object> target) {
        return target != null && new Template(deployment.getSpec().getTemplate()).equals(Template.of((Map<?, ?>) target.get("template")));
    }

    /** Those of the revision, with what kubectl leaves as it is. */
    private static Map<String, Object> annotations(Deployment deployment, Map<String, Object> target) {
        Map<String, Object> annotations = new TreeMap<>();
        ((Map<?, ?>) target.get("annotations")).forEach((key, value) -> annotations.put((String) key, value));
        if (deployment.getMetadata().getAnnotations() != null) {
            deployment.getMetadata().getAnnotations().forEach((key, value) -> {
                if (Preflight.KEPT_ANNOTATIONS.contains(key)) {
                    annotations.put(key, value);
                }
            });
        }
        return annotations;
    }

    private static String stuck(DeploymentStatus status) {
        List<DeploymentCondition> conditions = status.getConditions() == null ? List.of() : status.getConditions();
        return conditions.stream().filter(condition -> "Progressing".equals(condition.getType()) && "ProgressDeadlineExceeded".equals(condition.getReason()))
                .map(condition -> condition.getMessage() == null ? condition.getReason() : condition.getMessage()).findFirst().orElse(null);
    }

    private static int number(Integer count) {
        return count == null ? 0 : count;
    }
}
