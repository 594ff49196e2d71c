package integration.salesloft.rollback;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The revisions of a Deployment, by number: the ReplicaSets that its uid controls. Labels do not tell: another Deployment's
 * ReplicaSets may carry the same, and so may those of one of the same name that was deleted.
 */
class Revisions {

    static final String NUMBER = "deployment.kubernetes.io/revision";

    private final TreeMap<Long, ReplicaSet> byNumber = new TreeMap<>();
    private final Long present;

    Revisions(Deployment deployment, List<ReplicaSet> replicaSets) {
        List<ReplicaSet> own = replicaSets.stream().filter(replicaSet -> isControlledBy(replicaSet, deployment.getMetadata().getUid())).toList();
        own.forEach(replicaSet -> number(replicaSet).ifPresent(number -> byNumber.put(number, replicaSet)));
        Template template = new Template(deployment.getSpec().getTemplate());
        // Of two with the same template (a cluster's upgrade can lead to that), the older one is in use.
        present = own.stream().filter(replicaSet -> new Template(replicaSet.getSpec().getTemplate()).equals(template))
                .min(Comparator.comparing((ReplicaSet replicaSet) -> replicaSet.getMetadata().getCreationTimestamp())
                        .thenComparing(replicaSet -> replicaSet.getMetadata().getName()))
                .flatMap(Revisions::number).orElse(null);
    }

    /** Null while the Deployment's controller has not yet seen the template. */
    Long present() {
        return present;
    }

    /** The name of the present one's ReplicaSet; null, likewise. */
    String presentReplicaSet() {
        return present == null ? null : byNumber.get(present).getMetadata().getName();
    }

    /**
     * @param number null: the one before the present one
     * @throws RollbackRefused when there is none
     */
    ReplicaSet target(Integer number) {
        if (number == null) {
            Map.Entry<Long, ReplicaSet> before = present == null ? byNumber.lastEntry() : byNumber.lowerEntry(present);
            return Optional.ofNullable(before).map(Map.Entry::getValue).orElseThrow(() -> new RollbackRefused("no revision before the present one"));
        }
        ReplicaSet replicaSet = byNumber.get(number.longValue());
        if (replicaSet == null) {
            throw new RollbackRefused("no revision " + number + "; there " + (byNumber.isEmpty() ? "is none" : byNumber.keySet().stream().map(String::valueOf)
                    .collect(Collectors.joining(", ", byNumber.size() == 1 ? "is " : "are ", ""))));
        } else if (Long.valueOf(number).equals(present)) {
            throw new RollbackRefused("revision " + number + " is the present one");
        }
        return replicaSet;
    }

    static Optional<Long> number(ReplicaSet replicaSet) {
        Map<String, String> annotations = replicaSet.getMetadata().getAnnotations();
        String number = annotations == null ? null : annotations.get(NUMBER);
        return number == null || !number.matches("\\d{1,18}") ? Optional.empty() : Optional.of(Long.valueOf(number));
    }

    private static boolean isControlledBy(ReplicaSet replicaSet, String uid) {
        List<OwnerReference> owners = replicaSet.getMetadata().getOwnerReferences();
        return owners != null && owners.stream().anyMatch(owner -> Boolean.TRUE.equals(owner.getController()) && uid.equals(owner.getUid()));
    }
}
