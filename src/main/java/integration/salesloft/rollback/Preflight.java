package integration.salesloft.rollback;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Looks, before anything is changed, at all that could keep a Deployment from going back to an older revision. */
class Preflight {

    /** What kubectl's undo leaves on the Deployment as it is, and does not take from the revision. */
    static final Set<String> KEPT_ANNOTATIONS = Set.of("kubectl.kubernetes.io/last-applied-configuration", Revisions.NUMBER,
            "deployment.kubernetes.io/revision-history", "deployment.kubernetes.io/desired-replicas", "deployment.kubernetes.io/max-replicas",
            "deprecated.deployment.rollback.to");

    private final Cluster cluster;
    private final String name;
    private final Map<String, Object> findings = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();

    Preflight(Cluster cluster, String name) {
        this.cluster = cluster;
        this.name = name;
        Stream.of("deployment", "target", "blockedBy").forEach(key -> findings.put(key, null));
        findings.put("problems", problems);
        findings.put("managers", List.of());
    }

    /** @throws ClusterUnavailable the API server did not answer */
    Map<String, Object> run(Integer toRevision) {
        String namespace = cluster.namespace();
        Deployment deployment = read("deployments", () -> cluster.call(client -> client.apps().deployments().inNamespace(namespace).withName(name).get())).orElse(null);
        if (deployment != null) {
            look(deployment, toRevision);
        } else if (problems.isEmpty()) {
            problems.add("there is no Deployment " + name + " in namespace " + namespace);
        }
        return findings;
    }

    private void look(Deployment deployment, Integer toRevision) {
        String namespace = deployment.getMetadata().getNamespace();
        Owners owners = new Owners(deployment);
        findings.put("blockedBy", owners.blockedBy());
        findings.put("managers", owners.managers());
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("name", name);
        facts.put("uid", deployment.getMetadata().getUid());
        facts.put("namespace", namespace);
        facts.put("currentRevision", null);
        facts.put("currentReplicaSet", null);
        facts.put("currentTemplate", new Template(deployment.getSpec().getTemplate()).digest());
        facts.put("currentImage", new Template(deployment.getSpec().getTemplate()).image());
        findings.put("deployment", facts);
        if (Boolean.TRUE.equals(deployment.getSpec().getPaused())) {
            problems.add("Deployment " + name + " is paused (spec.paused): kubectl rollout resume deployment/" + name);
        }
        mayPatch(namespace);
        read("replicasets", () -> cluster.call(client -> client.apps().replicaSets().inNamespace(namespace)
                .withLabelSelector(deployment.getSpec().getSelector()).list().getItems())).ifPresent(replicaSets -> {
            Revisions revisions = new Revisions(deployment, replicaSets);
            facts.put("currentRevision", revisions.present());
            facts.put("currentReplicaSet", revisions.presentReplicaSet());
            try {
                aim(deployment, revisions.target(toRevision));
            } catch (RollbackRefused e) {
                problems.add(e.getMessage());
            }
        });
    }

    private void aim(Deployment deployment, ReplicaSet revision) {
        Template template = new Template(revision.getSpec().getTemplate());
        Long number = Revisions.number(revision).orElseThrow();
        Map<String, Object> target = new LinkedHashMap<>();
        target.put("revision", number);
        target.put("replicaSet", revision.getMetadata().getName());
        target.put("uid", revision.getMetadata().getUid());
        target.put("deploymentUid", deployment.getMetadata().getUid());
        target.put("image", template.image());
        target.put("template", template.toMap());
        target.put("annotations", revision.getMetadata().getAnnotations().entrySet().stream().filter(annotation -> !KEPT_ANNOTATIONS.contains(annotation.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
        findings.put("target", target);
        new References(template).all().forEach(reference -> mustExist(deployment.getMetadata().getNamespace(), reference, number));
    }

    private void mustExist(String namespace, References.Reference reference, Long revision) {
        Optional<Set<String>> keys;
        try {
            keys = cluster.call(client -> keys(client, namespace, reference));
        } catch (RollbackRefused e) {
            problems.add("may not read " + reference.kind() + " " + reference.name() + " in namespace " + namespace + ", so that nobody knows whether it still exists: "
                    + e.getMessage());
            return;
        }
        String named = reference.kind() + " " + reference.name() + ", which revision " + revision + " " + reference.use() + ", ";
        if (keys.isEmpty()) {
            problems.add(named + "no longer exists");
        } else {
            reference.keys().stream().filter(key -> !keys.get().contains(key)).forEach(key -> problems.add(named + "has no key " + key));
        }
    }

    /** Those of what is there, empty when it is not. */
    private static Optional<Set<String>> keys(KubernetesClient client, String namespace, References.Reference reference) {
        return switch (reference.kind()) {
            case CONFIG_MAP -> Optional.ofNullable(client.configMaps().inNamespace(namespace).withName(reference.name()).get())
                    .map((ConfigMap found) -> union(found.getData(), found.getBinaryData()));
            case SECRET -> Optional.ofNullable(client.secrets().inNamespace(namespace).withName(reference.name()).get())
                    .map((Secret found) -> union(found.getData(), found.getStringData()));
            case SERVICE_ACCOUNT -> Optional.ofNullable(client.serviceAccounts().inNamespace(namespace).withName(reference.name()).get()).map(found -> Set.of());
        };
    }

    @SafeVarargs
    private static Set<String> union(Map<String, String>... data) {
        return Stream.of(data).filter(map -> map != null).map(Map::keySet).flatMap(Collection::stream).collect(Collectors.toCollection(TreeSet::new));
    }

    private void mayPatch(String namespace) {
        read("its own permissions", () -> cluster.forbids("patch", "apps", "deployments", name)).flatMap(why -> why).ifPresent(why ->
                problems.add("may not patch deployments in namespace " + namespace + (why.isEmpty() ? "" : ": " + why)));
    }

    /** Empty when it is not there, and when it may not be read, which is a problem then. */
    private <T> Optional<T> read(String what, Supplier<T> call) {
        try {
            return Optional.ofNullable(call.get());
        } catch (RollbackRefused e) {
            problems.add("may not read " + what + ": " + e.getMessage());
            return Optional.empty();
        }
    }
}
