package integration.salesloft.rollback;

import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Who else writes a Deployment's template. A tool that keeps it as a git repository says (Argo CD, Flux, Config Sync), or the
 * controller of what owns it, puts an undo back within seconds. Helm writes only when it is called, so an undo holds until then.
 */
class Owners {

    /** The field manager of our own writes. */
    static final String SELF = "salesloft-integration";

    private static final String ARGO_ID = "argocd.argoproj.io/tracking-id";
    private static final List<String> ARGO_LABELS = List.of("argocd.argoproj.io/instance", "app.kubernetes.io/instance");
    private static final List<String> ARGO_MANAGERS = List.of("argocd-controller", "argocd-application-controller");
    private static final Map<String, String> FLUX = Map.of("kustomize.toolkit.fluxcd.io", "kustomize-controller", "helm.toolkit.fluxcd.io", "helm-controller");
    private static final List<String> FLUX_OFF = List.of("kustomize.toolkit.fluxcd.io/reconcile", "helm.toolkit.fluxcd.io/driftDetection");
    private static final String CONFIG_SYNC = "configmanagement.gke.io/managed";

    private final ObjectMeta metadata;
    private final Map<String, String> labels;
    private final Map<String, String> annotations;

    Owners(Deployment deployment) {
        metadata = deployment.getMetadata();
        labels = metadata.getLabels() == null ? Map.of() : metadata.getLabels();
        annotations = metadata.getAnnotations() == null ? Map.of() : metadata.getAnnotations();
    }

    /** {@code tool}, {@code name} of what it calls its unit (may be null) and {@code evidence}; null when nobody would put an undo back. */
    Map<String, Object> blockedBy() {
        return Stream.<Supplier<Optional<Map<String, Object>>>>of(this::argo, this::flux, this::configSync, this::controller)
                .map(Supplier::get).flatMap(Optional::stream).findFirst().orElse(null);
    }

    /** Field managers of the template, and Helm where its marks are; who wrote last stands first. */
    List<String> managers() {
        List<String> names = new ArrayList<>(writers().map(ManagedFieldsEntry::getManager).distinct().toList());
        String release = annotations.get("meta.helm.sh/release-name");
        if (release != null) {
            names.add("Helm, release " + release);
        } else if ("Helm".equals(labels.get("app.kubernetes.io/managed-by"))) {
            names.add("Helm");
        }
        return names;
    }

    /** The field manager that last wrote the template, other than ourselves; null when the API server does not tell. */
    String lastOther() {
        return writers().map(ManagedFieldsEntry::getManager).filter(manager -> !SELF.equals(manager)).findFirst().orElse(null);
    }

    private Optional<Map<String, Object>> argo() {
        String id = annotations.get(ARGO_ID);
        // One that names another object was copied from there, and Argo CD itself does not heed it.
        if (id != null && id.endsWith(":apps/Deployment:" + metadata.getNamespace() + "/" + metadata.getName())) {
            return found("Argo CD", id.substring(0, id.indexOf(':')), "annotation " + ARGO_ID + ": " + id);
        }
        // Others use these labels too, so they only tell the name.
        String application = ARGO_LABELS.stream().map(labels::get).filter(name -> name != null).findFirst().orElse(null);
        return written(ARGO_MANAGERS).flatMap(manager -> found("Argo CD", application, "field manager " + manager));
    }

    private Optional<Map<String, Object>> flux() {
        if (FLUX_OFF.stream().anyMatch(off -> "disabled".equals(annotations.get(off)))) {
            return Optional.empty();
        }
        for (Map.Entry<String, String> kind : FLUX.entrySet()) {
            String name = labels.get(kind.getKey() + "/name");
            String namespace = labels.get(kind.getKey() + "/namespace");
            if (name != null) {
                return found("Flux", namespace == null ? name : namespace + "/" + name, "label " + kind.getKey() + "/name: " + name);
            }
        }
        return written(List.copyOf(FLUX.values())).flatMap(manager -> found("Flux", null, "field manager " + manager));
    }

    private Optional<Map<String, Object>> configSync() {
        return "enabled".equals(annotations.get(CONFIG_SYNC))
                ? found("Config Sync", annotations.get("configsync.gke.io/manager"), "annotation " + CONFIG_SYNC + ": enabled") : Optional.empty();
    }

    private Optional<Map<String, Object>> controller() {
        List<OwnerReference> owners = metadata.getOwnerReferences() == null ? List.of() : metadata.getOwnerReferences();
        return owners.stream().filter(owner -> Boolean.TRUE.equals(owner.getController())).findFirst()
                .flatMap(owner -> found("the controller of " + owner.getKind(), owner.getName(), "ownerReference to " + owner.getKind() + " " + owner.getName()));
    }

    private Optional<String> written(List<String> managers) {
        return writers().map(ManagedFieldsEntry::getManager).filter(managers::contains).findFirst();
    }

    /** Latest first. */
    private Stream<ManagedFieldsEntry> writers() {
        List<ManagedFieldsEntry> entries = metadata.getManagedFields() == null ? List.of() : metadata.getManagedFields();
        return entries.stream().filter(entry -> entry.getManager() != null && ownsTemplate(entry))
                .sorted(Comparator.comparing((ManagedFieldsEntry entry) -> entry.getTime() == null ? "" : entry.getTime()).reversed());
    }

    private static boolean ownsTemplate(ManagedFieldsEntry entry) {
        return entry.getFieldsV1() != null && entry.getFieldsV1().getAdditionalProperties().get("f:spec") instanceof Map<?, ?> spec && spec.containsKey("f:template");
    }

    private static Optional<Map<String, Object>> found(String tool, String name, String evidence) {
        Map<String, Object> owner = new LinkedHashMap<>();
        owner.put("tool", tool);
        owner.put("name", name);
        owner.put("evidence", evidence);
        return Optional.of(owner);
    }
}
