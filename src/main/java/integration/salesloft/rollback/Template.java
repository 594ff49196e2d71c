package integration.salesloft.rollback;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the pods of a revision are made from, without the label that the Deployment's controller adds. Two are equal by the rules of
 * Kubernetes: nothing and an empty list are the same, and so are 1 and 1000m.
 */
class Template {

    private static final String HASH = "pod-template-hash";

    private static final KubernetesSerialization JSON = new KubernetesSerialization();

    private final PodTemplateSpec spec;

    Template(PodTemplateSpec spec) {
        this.spec = JSON.clone(spec);
        if (this.spec.getMetadata() != null && this.spec.getMetadata().getLabels() != null) {
            this.spec.getMetadata().getLabels().remove(HASH);
        }
    }

    /** @param json as {@link #toMap()} wrote it, also after PostgreSQL has kept it */
    static Template of(Map<?, ?> json) {
        return new Template(JSON.convertValue(json, PodTemplateSpec.class));
    }

    @SuppressWarnings("unchecked")
    Map<String, Object> toMap() {
        return JSON.unmarshal(JSON.asJson(spec), Map.class);
    }

    PodTemplateSpec spec() {
        return spec;
    }

    /** Those of its containers, comma between. */
    String image() {
        return spec.getSpec().getContainers().stream().map(Container::getImage).collect(Collectors.joining(", "));
    }

    /** Tells templates of one Deployment apart, also after a restart. */
    String digest() {
        return Integer.toHexString(toMap().hashCode());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Template template && spec.equals(template.spec);
    }

    @Override
    public int hashCode() {
        return spec.hashCode();
    }
}
