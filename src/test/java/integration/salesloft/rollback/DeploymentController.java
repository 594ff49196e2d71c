package integration.salesloft.rollback;

import integration.salesloft.rollback.PretendCluster.Rollout;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What Kubernetes' controller of Deployments does, in one step: a ReplicaSet a template, the revisions' numbers, the status. */
final class DeploymentController {

    /** Annotations that are the Deployment's alone, or the ReplicaSet's. */
    static final Set<String> NOT_COPIED = Set.of("kubectl.kubernetes.io/last-applied-configuration", ObjectStore.REVISION, "deployment.kubernetes.io/revision-history",
            "deployment.kubernetes.io/desired-replicas", "deployment.kubernetes.io/max-replicas", "deprecated.deployment.rollback.to");

    private static final String HASH = "pod-template-hash";

    private final ObjectStore store;

    DeploymentController(ObjectStore store) {
        this.store = store;
    }

    void reconcile(String name, Rollout rollout) {
        if (rollout == Rollout.UNSEEN) {
            return;
        }
        Deployment deployment = store.deployment(name);
        if (!Boolean.TRUE.equals(deployment.getSpec().getPaused())) {
            long revision = revise(deployment);
            deployment = new DeploymentBuilder(deployment).editMetadata().addToAnnotations(ObjectStore.REVISION, String.valueOf(revision)).endMetadata().build();
        }
        store.put(withStatus(deployment, rollout));
    }

    /** The ReplicaSet of the present template gets the highest number, which is returned; if there is none, it is made. */
    private long revise(Deployment deployment) {
        List<ReplicaSet> all = store.replicaSets(deployment);
        ReplicaSet current = all.stream().filter(replicaSet -> withoutHash(replicaSet.getSpec().getTemplate()).equals(deployment.getSpec().getTemplate())).findFirst().orElse(null);
        List<ReplicaSet> others = all.stream().filter(replicaSet -> replicaSet != current).toList();
        others.stream().filter(other -> other.getSpec().getReplicas() > 0).forEach(other -> {
            other.getSpec().setReplicas(0);
            store.put(other);
        });
        long next = others.stream().mapToLong(ObjectStore::revision).max().orElse(0) + 1;
        if (current == null) {
            store.post(replicaSet(deployment, annotations(deployment, Map.of(), next)));
            return next;
        }
        long number = Math.max(ObjectStore.revision(current), next);
        current.getMetadata().setAnnotations(annotations(deployment, ObjectStore.annotations(current), number));
        current.getSpec().setReplicas(deployment.getSpec().getReplicas());
        store.put(current);
        return number;
    }

    /** Those that it had, with the Deployment's over them. */
    private static Map<String, String> annotations(Deployment deployment, Map<String, String> had, long number) {
        Map<String, String> annotations = new LinkedHashMap<>(had);
        ObjectStore.annotations(deployment).forEach((key, value) -> {
            if (!NOT_COPIED.contains(key)) {
                annotations.put(key, value);
            }
        });
        annotations.put("deployment.kubernetes.io/desired-replicas", String.valueOf(deployment.getSpec().getReplicas()));
        annotations.put("deployment.kubernetes.io/max-replicas", String.valueOf(deployment.getSpec().getReplicas() + 1));
        String before = annotations.put(ObjectStore.REVISION, String.valueOf(number));
        if (before != null && !before.equals(String.valueOf(number))) {
            annotations.merge("deployment.kubernetes.io/revision-history", before, (earlier, last) -> earlier + "," + last);
        }
        return annotations;
    }

    private static ReplicaSet replicaSet(Deployment deployment, Map<String, String> annotations) {
        String name = deployment.getMetadata().getName();
        PodTemplateSpec template = deployment.getSpec().getTemplate();
        String hash = Integer.toHexString(Serialization.asJson(template).hashCode());
        return new ReplicaSetBuilder().withNewMetadata().withName(name + "-" + hash).addToLabels("app", name).addToLabels(HASH, hash).withAnnotations(annotations)
                .addNewOwnerReference().withApiVersion("apps/v1").withKind("Deployment").withName(name).withUid(deployment.getMetadata().getUid())
                .withController(true).withBlockOwnerDeletion(true).endOwnerReference().endMetadata()
                .withNewSpec().withReplicas(deployment.getSpec().getReplicas()).withNewSelector().addToMatchLabels("app", name).addToMatchLabels(HASH, hash).endSelector()
                .withTemplate(new PodTemplateSpecBuilder(template).editOrNewMetadata().addToLabels(HASH, hash).endMetadata().build()).endSpec().build();
    }

    private static PodTemplateSpec withoutHash(PodTemplateSpec template) {
        return new PodTemplateSpecBuilder(template).editMetadata().removeFromLabels(HASH).endMetadata().build();
    }

    private static Deployment withStatus(Deployment deployment, Rollout rollout) {
        int wanted = deployment.getSpec().getReplicas();
        boolean good = rollout == Rollout.PROMPT;
        boolean failed = rollout == Rollout.FAILED;
        return new DeploymentBuilder(deployment).withNewStatus().withObservedGeneration(deployment.getMetadata().getGeneration())
                .withReplicas(good ? wanted : wanted + 1).withUpdatedReplicas(good ? wanted : 1).withAvailableReplicas(wanted).withReadyReplicas(wanted)
                .withUnavailableReplicas(good ? null : 1)
                .addNewCondition().withType("Progressing").withStatus(failed ? "False" : "True")
                .withReason(good ? "NewReplicaSetAvailable" : failed ? "ProgressDeadlineExceeded" : "ReplicaSetUpdated")
                .withMessage("ReplicaSet of \"" + deployment.getMetadata().getName() + "\" "
                        + (good ? "has successfully progressed." : failed ? "has timed out progressing." : "is progressing."))
                .endCondition().endStatus().build();
    }
}
