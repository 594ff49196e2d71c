package integration.salesloft.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/** Objects of Kubernetes as they stand in YAML; a field that Kubernetes does not know is an error. */
record Manifests(List<HasMetadata> objects) {

    private static final Map<String, Class<? extends HasMetadata>> KINDS = Map.of("ConfigMap", ConfigMap.class, "Secret", Secret.class, "Service", Service.class,
            "ServiceAccount", ServiceAccount.class, "Deployment", Deployment.class, "Job", Job.class, "NetworkPolicy", NetworkPolicy.class,
            "PodDisruptionBudget", PodDisruptionBudget.class, "Role", Role.class, "RoleBinding", RoleBinding.class);
    /** The model keeps fields it does not know, in case a newer server does; without that they are refused. */
    private static final ObjectMapper STRICT = new ObjectMapper().setAnnotationIntrospector(new JacksonAnnotationIntrospector() {
        @Override
        public Boolean hasAnySetter(Annotated property) {
            return false;
        }
    });
    private static final YAMLMapper YAML = new YAMLMapper(new YAMLFactory());

    /** What {@code kubectl apply -k} would apply. */
    static Manifests render(Path overlay) throws IOException, InterruptedException {
        Process kustomize;
        try {
            kustomize = new ProcessBuilder("kubectl", "kustomize", overlay.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        } catch (IOException e) {
            System.err.println("NOT CHECKED: there is no kubectl on this machine, so " + overlay + " was not rendered");
            throw new TestAbortedException("kubectl is needed to render " + overlay, e);
        }
        String rendered = new String(kustomize.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (kustomize.waitFor() != 0) {
            throw new AssertionError("kubectl kustomize " + overlay + " failed");
        }
        return read(rendered);
    }

    static Manifests read(String yaml) throws IOException {
        List<HasMetadata> objects = new ArrayList<>();
        try (MappingIterator<JsonNode> documents = YAML.readerFor(JsonNode.class).readValues(yaml)) {
            while (documents.hasNext()) {
                JsonNode document = documents.next();
                Class<? extends HasMetadata> kind = KINDS.get(document.path("kind").asText());
                if (kind == null) {
                    throw new AssertionError("unexpected: " + document.path("kind"));
                }
                HasMetadata object = STRICT.treeToValue(document, kind);
                if (!HasMetadata.getApiVersion(kind).equals(object.getApiVersion())) {
                    throw new AssertionError(kind.getSimpleName() + " is of " + HasMetadata.getApiVersion(kind) + ", not " + object.getApiVersion());
                }
                objects.add(object);
            }
        }
        return new Manifests(List.copyOf(objects));
    }

    <T extends HasMetadata> Stream<T> all(Class<T> kind) {
        return objects.stream().filter(kind::isInstance).map(kind::cast);
    }

    /** The only one of its kind. */
    <T extends HasMetadata> T the(Class<T> kind) {
        List<T> all = all(kind).toList();
        if (all.size() != 1) {
            throw new AssertionError(all.size() + " of " + kind.getSimpleName());
        }
        return all.get(0);
    }

    <T extends HasMetadata> T named(Class<T> kind, String name) {
        return all(kind).filter(object -> object.getMetadata().getName().equals(name)).findAny()
                .orElseThrow(() -> new AssertionError("there is no " + kind.getSimpleName() + " " + name));
    }
}
