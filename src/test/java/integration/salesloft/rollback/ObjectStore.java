package integration.salesloft.rollback;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The objects of one namespace, kept by fabric8's CRUD server. */
final class ObjectStore {

    static final String REVISION = "deployment.kubernetes.io/revision";

    private final String namespace;
    private final KubernetesCrudDispatcher server = new KubernetesCrudDispatcher();

    ObjectStore(String namespace) {
        this.namespace = namespace;
    }

    Deployment deployment(String name) {
        return Objects.requireNonNull(find(name), name);
    }

    /** Null when there is none. */
    Deployment find(String name) {
        try {
            return Serialization.unmarshal(send(HttpMethod.GET, path(Deployment.class) + "/" + name, "").toString(), Deployment.class);
        } catch (Refused e) {
            return null;
        }
    }

    List<String> deployments() {
        List<String> names = new ArrayList<>();
        send(HttpMethod.GET, path(Deployment.class), "").get("items").forEach(item -> names.add(item.at("/metadata/name").asText()));
        return names;
    }

    /** Those that it controls, oldest revision first. */
    List<ReplicaSet> replicaSets(Deployment deployment) {
        List<ReplicaSet> all = new ArrayList<>();
        send(HttpMethod.GET, path(ReplicaSet.class) + "?labelSelector=app%3D" + deployment.getMetadata().getName(), "").get("items")
                .forEach(item -> all.add(Serialization.unmarshal(item.toString(), ReplicaSet.class)));
        all.removeIf(replicaSet -> replicaSet.getMetadata().getOwnerReferences().stream()
                .noneMatch(owner -> owner.getUid().equals(deployment.getMetadata().getUid())));
        all.sort(Comparator.comparing(ObjectStore::revision));
        return all;
    }

    void post(HasMetadata object) {
        object.getMetadata().setNamespace(namespace);
        send(HttpMethod.POST, path(object.getClass()), Serialization.asJson(object));
    }

    /** Whatever version it is: what the cluster writes itself does not collide. */
    void put(HasMetadata object) {
        object.getMetadata().setResourceVersion(null);
        send(HttpMethod.PUT, path(object.getClass()) + "/" + object.getMetadata().getName(), Serialization.asJson(object));
    }

    void delete(Class<? extends HasMetadata> kind, String name) {
        send(HttpMethod.DELETE, path(kind) + "/" + name, "");
    }

    /** @throws Refused when the server does */
    JsonNode send(HttpMethod method, String path, String body) {
        MockResponse response = server.dispatch(new RecordedRequest("HTTP/1.1", method, path,
                Headers.builder().add("Content-Type", method == HttpMethod.PATCH ? "application/json-patch+json" : "application/json").build(),
                new Buffer(body.getBytes(StandardCharsets.UTF_8))));
        String text = response.getBody() == null ? "" : response.getBody().readUtf8();
        if (response.code() >= 300) {
            throw new Refused(response.code(), text.isEmpty() ? path + " not found" : Serialization.unmarshal(text, JsonNode.class).path("message").asText(text));
        }
        ObjectNode json = text.isEmpty() ? Serialization.jsonMapper().createObjectNode() : Serialization.unmarshal(text, ObjectNode.class);
        if (json.path("kind").asText().equals("List") && path.contains("/replicasets")) { // the server calls every list so, and kubectl wants to know
            json.put("kind", "ReplicaSetList").put("apiVersion", "apps/v1");
        }
        return json;
    }

    static Map<String, String> annotations(HasMetadata object) {
        return object.getMetadata().getAnnotations() == null ? Map.of() : object.getMetadata().getAnnotations();
    }

    static long revision(ReplicaSet replicaSet) {
        return Long.parseLong(annotations(replicaSet).get(REVISION));
    }

    private String path(Class<? extends HasMetadata> kind) {
        String version = HasMetadata.getApiVersion(kind);
        return (version.contains("/") ? "/apis/" : "/api/") + version + "/namespaces/" + namespace + "/" + HasMetadata.getPlural(kind);
    }

    /** What the API server does not do, and the status it says so with. */
    static final class Refused extends RuntimeException {

        private final int code;

        Refused(int code, String message) {
            super(message);
            this.code = code;
        }

        int code() {
            return code;
        }
    }
}
