package integration.salesloft.rollback;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.ProjectedVolumeSource;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What must exist for the pods of a template to start: the ConfigMaps and Secrets that it mounts or reads, with the keys that it names,
 * and its ServiceAccount. What the template calls optional is left out, and so are the Secrets for pulling images, without which a pod
 * may start.
 */
class References {

    private final Map<String, Reference> byName = new LinkedHashMap<>();

    References(Template template) {
        PodSpec pod = template.spec().getSpec();
        pod.getVolumes().forEach(this::add);
        Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream()).forEach(this::add);
        if (pod.getServiceAccountName() != null) {
            add(Kind.SERVICE_ACCOUNT, pod.getServiceAccountName(), "runs as", null, List.of());
        }
    }

    List<Reference> all() {
        return new ArrayList<>(byName.values());
    }

    private void add(Volume volume) {
        if (volume.getConfigMap() != null) {
            add(Kind.CONFIG_MAP, volume.getConfigMap().getName(), "mounts", volume.getConfigMap().getOptional(), keys(volume.getConfigMap().getItems()));
        }
        if (volume.getSecret() != null) {
            add(Kind.SECRET, volume.getSecret().getSecretName(), "mounts", volume.getSecret().getOptional(), keys(volume.getSecret().getItems()));
        }
        ProjectedVolumeSource projected = volume.getProjected();
        if (projected != null) {
            projected.getSources().forEach(this::add);
        }
    }

    private void add(VolumeProjection source) {
        if (source.getConfigMap() != null) {
            add(Kind.CONFIG_MAP, source.getConfigMap().getName(), "mounts", source.getConfigMap().getOptional(), keys(source.getConfigMap().getItems()));
        }
        if (source.getSecret() != null) {
            add(Kind.SECRET, source.getSecret().getName(), "mounts", source.getSecret().getOptional(), keys(source.getSecret().getItems()));
        }
    }

    private void add(Container container) {
        for (EnvFromSource source : container.getEnvFrom()) {
            if (source.getConfigMapRef() != null) {
                add(Kind.CONFIG_MAP, source.getConfigMapRef().getName(), "reads", source.getConfigMapRef().getOptional(), List.of());
            }
            if (source.getSecretRef() != null) {
                add(Kind.SECRET, source.getSecretRef().getName(), "reads", source.getSecretRef().getOptional(), List.of());
            }
        }
        container.getEnv().stream().map(EnvVar::getValueFrom).filter(source -> source != null).forEach(this::add);
    }

    private void add(EnvVarSource source) {
        if (source.getConfigMapKeyRef() != null) {
            add(Kind.CONFIG_MAP, source.getConfigMapKeyRef().getName(), "reads", source.getConfigMapKeyRef().getOptional(), List.of(source.getConfigMapKeyRef().getKey()));
        }
        if (source.getSecretKeyRef() != null) {
            add(Kind.SECRET, source.getSecretKeyRef().getName(), "reads", source.getSecretKeyRef().getOptional(), List.of(source.getSecretKeyRef().getKey()));
        }
    }

    private void add(Kind kind, String name, String use, Boolean optional, List<String> keys) {
        if (!Boolean.TRUE.equals(optional)) {
            byName.computeIfAbsent(kind + " " + name, any -> new Reference(kind, name, use, new TreeSet<>())).keys().addAll(keys);
        }
    }

    private static List<String> keys(List<KeyToPath> items) {
        return items.stream().map(KeyToPath::getKey).toList();
    }

    /** What a template can name. */
    enum Kind {
        CONFIG_MAP("ConfigMap"), SECRET("Secret"), SERVICE_ACCOUNT("ServiceAccount");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * @param use  what the template does with it: mounts, reads, runs as
     * @param keys that must be in it
     */
    record Reference(Kind kind, String name, String use, TreeSet<String> keys) {
    }
}
