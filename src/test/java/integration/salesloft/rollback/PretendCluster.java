package integration.salesloft.rollback;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntryBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.Headers;

import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One namespace of a Kubernetes cluster that runs here: fabric8's CRUD server, which keeps what it is given, and on top of it what a
 * Deployment's controller does (a ReplicaSet a revision, numbers, status), at once and within the request that caused it. Other
 * processes reach it, the container and kubectl, through {@link #kubeconfig}. What it does not do: validate, default (beyond what is
 * said at {@link #apply}), merge an apply, check a token, run pods.
 */
public final class PretendCluster implements AutoCloseable {

    /** How the Deployment's controller and the pods behave. */
    public enum Rollout {
        /** A new template is rolled out at once. */
        PROMPT,
        /** The new pods do not get ready, and the old ones stay. */
        STALLED,
        /** So for longer than the Deployment allows. */
        FAILED,
        /** The controller has not yet looked at the new template. */
        UNSEEN
    }

    private static final String REVISION = "deployment.kubernetes.io/revision";
    private static final String HISTORY = "deployment.kubernetes.io/revision-history";
    private static final String HASH = "pod-template-hash";
    private static final Set<String> NOT_COPIED = Set.of("kubectl.kubernetes.io/last-applied-configuration", REVISION, HISTORY,
            "deployment.kubernetes.io/desired-replicas", "deployment.kubernetes.io/max-replicas", "deprecated.deployment.rollback.to");
    private static final String ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    private static final Pattern DEPLOYMENT = Pattern.compile("/apis/apps/v1/namespaces/[^/]+/deployments/([^/?]+).*");
    private static final Pattern MANAGER = Pattern.compile("fieldManager=([^&]+)");

    private final String namespace;
    private final KubernetesCrudDispatcher store = new KubernetesCrudDispatcher();
    private final MockWebServer server = new MockWebServer();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<JsonNode> patches = new CopyOnWriteArrayList<>();
    private final Map<Pattern, String> forbidden = new LinkedHashMap<>();
    private final Map<String, Keeper> keepers = new LinkedHashMap<>();
    private final List<Consumer<Deployment>> followers = new ArrayList<>();
    private final Instant start = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private int writes;
    private Rollout rollout = Rollout.PROMPT;
    private Runnable beforeNextPatch = () -> { };

    /** Opens it on a free port. */
    public PretendCluster(String namespace) {
        this(namespace, 0);
    }

    public PretendCluster(String namespace, int port) {
        this.namespace = namespace;
        server.setDispatcher(new Dispatcher() {
            @Override
            public MockResponse dispatch(RecordedRequest request) {
                return answer(request);
            }
        });
        try {
            server.start(InetAddress.getByName("127.0.0.1"), port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String url() {
        return "http://127.0.0.1:" + server.getPort();
    }

    public String namespace() {
        return namespace;
    }

    /** What KUBECONFIG is to name, for the container as for kubectl. */
    public Path kubeconfig(Path file) {
        try {
            return Files.writeString(file, """
                    apiVersion: v1
                    kind: Config
                    current-context: pretend
                    contexts: [{name: pretend, context: {cluster: pretend, namespace: %s, user: pretend}}]
                    clusters: [{name: pretend, cluster: {server: "%s"}}]
                    users: [{name: pretend, user: {token: pretend}}]
                    """.formatted(namespace, url()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        server.shutdown();
    }

    /**
     * Gives a Deployment of two pods this template, and these annotations in place of all but the controller's; makes it, if there is
     * none. Containers get the empty {@code resources} that an API server writes.
     *
     * @param manager field manager of the write
     */
    public synchronized Deployment apply(String name, PodTemplateSpec template, Map<String, String> annotations, String manager) {
        template.getSpec().getContainers().forEach(PretendCluster::withResources);
        Deployment deployment = find(name);
        if (deployment == null) {
            post("/apis/apps/v1", "deployments", new DeploymentBuilder().withNewMetadata().withName(name).withNamespace(namespace).endMetadata()
                    .withNewSpec().withReplicas(2).withNewSelector().addToMatchLabels("app", name).endSelector().withTemplate(template).endSpec().build());
            deployment = deployment(name);
        }
        Map<String, String> kept = new LinkedHashMap<>(annotations);
        annotations(deployment).forEach((key, value) -> {
            if (NOT_COPIED.contains(key)) {
                kept.put(key, value);
            }
        });
        deployment.getMetadata().setAnnotations(kept);
        deployment.getSpec().setTemplate(template);
        write(deployment, manager);
        return deployment(name);
    }

    /** Changes what is not the template, as its owner would. */
    public synchronized Deployment edit(String name, Consumer<Deployment> change) {
        Deployment deployment = deployment(name);
        change.accept(deployment);
        put("/apis/apps/v1", "deployments", deployment);
        reconcile(name);
        return deployment(name);
    }

    public synchronized void create(HasMetadata object) {
        object.getMetadata().setNamespace(namespace);
        post(api(object), object.getPlural(), object);
    }

    /** With its ReplicaSets, if it is a Deployment. */
    public synchronized void delete(Class<? extends HasMetadata> kind, String name) {
        if (kind == Deployment.class) {
            replicaSets(name).forEach(replicaSet -> delete(ReplicaSet.class, replicaSet.getMetadata().getName()));
        }
        send(HttpMethod.DELETE, path("/" + (HasMetadata.getGroup(kind).isEmpty() ? "api/v1" : "apis/apps/v1"), HasMetadata.getPlural(kind)) + "/" + name, "");
    }

    public synchronized Deployment deployment(String name) {
        return Objects.requireNonNull(find(name), name);
    }

    /** Those that it controls, oldest revision first. */
    public synchronized List<ReplicaSet> replicaSets(String name) {
        String uid = deployment(name).getMetadata().getUid();
        return labelled(name).filter(replicaSet -> replicaSet.getMetadata().getOwnerReferences().stream().anyMatch(owner -> owner.getUid().equals(uid)))
                .sorted(Comparator.comparing(PretendCluster::revision)).toList();
    }

    /** From now on, and for what is under way. */
    public synchronized void rollout(Rollout how) {
        rollout = how;
        send(HttpMethod.GET, path("/apis/apps/v1", "deployments"), "").get("items").forEach(item -> reconcile(item.at("/metadata/name").asText()));
    }

    /** From now on this field manager puts the present template and annotations back, whoever changes the template. */
    public synchronized void keep(String name, String manager) {
        Deployment deployment = deployment(name);
        keepers.put(name, new Keeper(manager, deployment.getSpec().getTemplate(), annotations(deployment)));
    }

    /** Hears of each template that was rolled out: what runs the pods, if anything does. Called within the request that caused it. */
    public synchronized void follow(Consumer<Deployment> follower) {
        followers.add(follower);
    }

    /** @param request pattern of a method and path, as {@code PATCH .*}{@code /deployments/x}; asked about it, the cluster says no, too */
    public synchronized void forbid(String request, String message) {
        forbidden.put(Pattern.compile(request), message);
    }

    /** Runs this when the next patch comes in, before it is applied. */
    public synchronized void beforeNextPatch(Runnable work) {
        beforeNextPatch = work;
    }

    /** Method and path of all that came in over HTTP. */
    public List<String> requests() {
        return requests;
    }

    /** Bodies of the patches that came in, without nulls. */
    public List<JsonNode> patches() {
        return patches;
    }

    private synchronized MockResponse answer(RecordedRequest request) {
        String line = request.getMethod() + " " + request.getPath();
        requests.add(line);
        try {
            return respond(request, line);
        } catch (Refused e) {
            return status(e.code, e.getMessage());
        }
    }

    private MockResponse respond(RecordedRequest request, String line) {
        String path = request.getPath().replaceFirst("\\?.*", "");
        if (Discovery.ANSWERS.containsKey(path)) {
            return json(200, Discovery.ANSWERS.get(path));
        }
        String body = request.getBody() == null ? "" : withoutNulls(request.getBody().readUtf8());
        if (path.equals(ACCESS_REVIEWS)) {
            return json(201, review(Serialization.unmarshal(body, JsonNode.class)));
        }
        refuse(line.replaceFirst("\\?.*", ""));
        Matcher deployment = DEPLOYMENT.matcher(path);
        if (request.method() != HttpMethod.PATCH || !deployment.matches()) {
            return json(200, send(request.method(), request.getPath(), body).toString());
        }
        patches.add(Serialization.unmarshal(body, JsonNode.class));
        Runnable before = beforeNextPatch;
        beforeNextPatch = () -> { };
        before.run();
        Deployment old = find(deployment.group(1));
        JsonNode patched = send(HttpMethod.PATCH, request.getPath(), body);
        Matcher manager = MANAGER.matcher(request.getPath());
        written(old, Serialization.unmarshal(patched.toString(), Deployment.class), manager.find() ? manager.group(1) : "unknown");
        return json(200, patched.toString());
    }

    private void refuse(String line) {
        forbidden.forEach((pattern, message) -> {
            if (pattern.matcher(line).matches()) {
                throw new Refused(403, message);
            }
        });
    }

    private String review(JsonNode review) {
        JsonNode asked = review.at("/spec/resourceAttributes");
        String method = Map.of("get", "GET", "list", "GET", "patch", "PATCH").get(asked.get("verb").asText());
        String line = method + " " + path("/apis/" + asked.get("group").asText() + "/v1", asked.get("resource").asText()) + "/" + asked.get("name").asText();
        Map<String, Object> answer = forbidden.entrySet().stream().filter(rule -> rule.getKey().matcher(line).matches()).findFirst()
                .<Map<String, Object>>map(rule -> Map.of("allowed", false, "reason", rule.getValue())).orElse(Map.of("allowed", true));
        return Serialization.asJson(Map.of("apiVersion", "authorization.k8s.io/v1", "kind", "SelfSubjectAccessReview", "spec", review.get("spec"), "status", answer));
    }

    /** As the API server does after a write: notes who wrote the template. Then all others get to work. */
    private void written(Deployment old, Deployment deployment, String manager) {
        String name = deployment.getMetadata().getName();
        boolean changed = old == null || !old.getSpec().getTemplate().equals(deployment.getSpec().getTemplate());
        if (changed) {
            List<ManagedFieldsEntry> entries = new ArrayList<>(deployment.getMetadata().getManagedFields());
            entries.removeIf(entry -> manager.equals(entry.getManager()));
            entries.add(new ManagedFieldsEntryBuilder().withManager(manager).withOperation("Update").withApiVersion("apps/v1")
                    .withTime(start.plusSeconds(++writes).toString()).withFieldsType("FieldsV1").withNewFieldsV1()
                    .addToAdditionalProperties("f:spec", Map.of("f:template", Map.of("f:spec", Map.of()))).endFieldsV1().build());
            deployment.getMetadata().setManagedFields(entries);
            put("/apis/apps/v1", "deployments", deployment);
        }
        reconcile(name);
        Keeper keeper = keepers.get(name);
        if (changed && keeper != null && !keeper.manager.equals(manager)) {
            apply(name, keeper.template, keeper.annotations, keeper.manager);
        } else if (changed) {
            followers.forEach(follower -> follower.accept(deployment(name)));
        }
    }

    private void write(Deployment deployment, String manager) {
        Deployment old = deployment.getMetadata().getGeneration() == 1 && deployment.getStatus() == null ? null : find(deployment.getMetadata().getName());
        put("/apis/apps/v1", "deployments", deployment);
        written(old, deployment(deployment.getMetadata().getName()), manager);
    }

    /** What a Deployment's controller does, in one step. */
    private void reconcile(String name) {
        Deployment deployment = deployment(name);
        if (rollout == Rollout.UNSEEN) {
            return;
        }
        if (!Boolean.TRUE.equals(deployment.getSpec().getPaused())) {
            ReplicaSet current = revise(deployment);
            deployment = deployment(name);
            Map<String, String> annotations = new LinkedHashMap<>(annotations(deployment));
            annotations.put(REVISION, String.valueOf(revision(current)));
            deployment.getMetadata().setAnnotations(annotations);
        }
        int wanted = deployment.getSpec().getReplicas();
        boolean good = rollout == Rollout.PROMPT;
        deployment = new DeploymentBuilder(deployment).withNewStatus().withObservedGeneration(deployment.getMetadata().getGeneration())
                .withReplicas(good ? wanted : wanted + 1).withUpdatedReplicas(good ? wanted : 1).withAvailableReplicas(wanted).withReadyReplicas(wanted)
                .withUnavailableReplicas(good ? null : 1)
                .addNewCondition().withType("Progressing").withStatus(rollout == Rollout.FAILED ? "False" : "True")
                .withReason(good ? "NewReplicaSetAvailable" : rollout == Rollout.FAILED ? "ProgressDeadlineExceeded" : "ReplicaSetUpdated")
                .withMessage("ReplicaSet of \"" + name + "\" " + (good ? "has successfully progressed." : rollout == Rollout.FAILED ? "has timed out progressing." : "is progressing."))
                .endCondition().endStatus().build();
        put("/apis/apps/v1", "deployments", deployment);
    }

    /** The ReplicaSet of the present template gets the highest number; if there is none, it is made. */
    private ReplicaSet revise(Deployment deployment) {
        String name = deployment.getMetadata().getName();
        List<ReplicaSet> all = replicaSets(name);
        PodTemplateSpec template = deployment.getSpec().getTemplate();
        ReplicaSet current = all.stream().filter(replicaSet -> withoutHash(replicaSet.getSpec().getTemplate()).equals(template)).findFirst().orElse(null);
        long next = all.stream().filter(replicaSet -> replicaSet != current).mapToLong(PretendCluster::revision).max().orElse(0) + 1;
        for (ReplicaSet old : all) {
            if (old != current && old.getSpec().getReplicas() > 0) {
                old.getSpec().setReplicas(0);
                put("/apis/apps/v1", "replicasets", old);
            }
        }
        Map<String, String> annotations = new LinkedHashMap<>(current == null ? Map.of() : annotations(current));
        annotations(deployment).forEach((key, value) -> {
            if (!NOT_COPIED.contains(key)) {
                annotations.put(key, value);
            }
        });
        annotations.put("deployment.kubernetes.io/desired-replicas", String.valueOf(deployment.getSpec().getReplicas()));
        annotations.put("deployment.kubernetes.io/max-replicas", String.valueOf(deployment.getSpec().getReplicas() + 1));
        if (current == null || revision(current) < next) {
            if (current != null) {
                annotations.merge(HISTORY, String.valueOf(revision(current)), (before, last) -> before + "," + last);
            }
            annotations.put(REVISION, String.valueOf(next));
        }
        if (current == null) {
            String hash = Integer.toHexString(Serialization.asJson(template).hashCode());
            post("/apis/apps/v1", "replicasets", new ReplicaSetBuilder().withNewMetadata().withName(name + "-" + hash).withNamespace(namespace)
                    .addToLabels("app", name).addToLabels(HASH, hash).withAnnotations(annotations)
                    .addNewOwnerReference().withApiVersion("apps/v1").withKind("Deployment").withName(name).withUid(deployment.getMetadata().getUid())
                    .withController(true).withBlockOwnerDeletion(true).endOwnerReference().endMetadata()
                    .withNewSpec().withReplicas(deployment.getSpec().getReplicas()).withNewSelector().addToMatchLabels("app", name).addToMatchLabels(HASH, hash).endSelector()
                    .withTemplate(new PodTemplateSpecBuilder(template).editOrNewMetadata().addToLabels(HASH, hash).endMetadata().build()).endSpec().build());
        } else {
            current.getMetadata().setAnnotations(annotations);
            current.getSpec().setReplicas(deployment.getSpec().getReplicas());
            put("/apis/apps/v1", "replicasets", current);
        }
        return replicaSets(name).get(all.size() - (current == null ? 0 : 1));
    }

    private Deployment find(String name) {
        try {
            return Serialization.unmarshal(send(HttpMethod.GET, path("/apis/apps/v1", "deployments") + "/" + name, "").toString(), Deployment.class);
        } catch (Refused e) {
            return null;
        }
    }

    private Stream<ReplicaSet> labelled(String app) {
        List<ReplicaSet> all = new ArrayList<>();
        send(HttpMethod.GET, path("/apis/apps/v1", "replicasets") + "?labelSelector=app%3D" + app, "").get("items").forEach(item -> all.add(Serialization.unmarshal(item.toString(), ReplicaSet.class)));
        return all.stream();
    }

    private String path(String api, String plural) {
        return api + "/namespaces/" + namespace + "/" + plural;
    }

    private static String api(HasMetadata object) {
        return object.getApiVersion().contains("/") ? "/apis/" + object.getApiVersion() : "/api/" + object.getApiVersion();
    }

    private void post(String api, String plural, HasMetadata object) {
        send(HttpMethod.POST, path(api, plural), Serialization.asJson(object));
    }

    /** Whatever version it is: the cluster's own writes do not collide. */
    private void put(String api, String plural, HasMetadata object) {
        object.getMetadata().setResourceVersion(null);
        send(HttpMethod.PUT, path(api, plural) + "/" + object.getMetadata().getName(), Serialization.asJson(object));
    }

    private JsonNode send(HttpMethod method, String path, String body) {
        MockResponse response = store.dispatch(new RecordedRequest("HTTP/1.1", method, path,
                Headers.builder().add("Content-Type", method == HttpMethod.PATCH ? "application/json-patch+json" : "application/json").build(),
                new Buffer(body.getBytes(StandardCharsets.UTF_8))));
        String text = response.getBody() == null ? "" : response.getBody().readUtf8();
        if (response.code() >= 300) {
            throw new Refused(response.code(), text.isEmpty() ? path + " not found" : Serialization.unmarshal(text, JsonNode.class).path("message").asText(text));
        }
        ObjectNode json = text.isEmpty() ? Serialization.jsonMapper().createObjectNode() : Serialization.unmarshal(text, ObjectNode.class);
        if (json.path("kind").asText().equals("List") && path.contains("/replicasets")) {
            json.put("kind", "ReplicaSetList").put("apiVersion", "apps/v1");
        }
        return json;
    }

    private static Map<String, String> annotations(HasMetadata object) {
        return object.getMetadata().getAnnotations() == null ? Map.of() : object.getMetadata().getAnnotations();
    }

    private static long revision(ReplicaSet replicaSet) {
        return Long.parseLong(annotations(replicaSet).get(REVISION));
    }

    private static PodTemplateSpec withoutHash(PodTemplateSpec template) {
        return new PodTemplateSpecBuilder(template).editMetadata().removeFromLabels(HASH).endMetadata().build();
    }

    private static void withResources(Container container) {
        if (container.getResources() == null) {
            container.setResources(new ResourceRequirements());
        }
    }

    private static String withoutNulls(String body) {
        if (body.isEmpty()) {
            return body;
        }
        JsonNode json = Serialization.unmarshal(body, JsonNode.class);
        strip(json);
        return json.toString();
    }

    private static void strip(JsonNode json) {
        if (json.isObject()) {
            for (Iterator<JsonNode> values = json.elements(); values.hasNext();) {
                if (values.next().isNull()) {
                    values.remove();
                }
            }
        }
        json.forEach(PretendCluster::strip);
    }

    private static MockResponse json(int code, String body) {
        return new MockResponse().setResponseCode(code).setHeader("Content-Type", "application/json").setBody(body);
    }

    private static MockResponse status(int code, String message) {
        return json(code, Serialization.asJson(Map.of("apiVersion", "v1", "kind", "Status", "status", "Failure", "code", code, "message", message,
                "reason", Map.of(403, "Forbidden", 404, "NotFound", 409, "Conflict").getOrDefault(code, "Invalid"))));
    }

    /** Who puts what back. */
    private record Keeper(String manager, PodTemplateSpec template, Map<String, String> annotations) {
    }

    /** What the API server does not do. */
    private static final class Refused extends RuntimeException {

        private final int code;

        private Refused(int code, String message) {
            super(message);
            this.code = code;
        }
    }

    /** What kubectl asks first: which resources there are. */
    private static final class Discovery {

        private static final Map<String, String> ANSWERS = Map.of(
                "/version", Serialization.asJson(Map.of("major", "1", "minor", "32", "gitVersion", "v1.32.4")),
                "/api", Serialization.asJson(Map.of("kind", "APIVersions", "versions", List.of("v1"))),
                "/apis", Serialization.asJson(Map.of("kind", "APIGroupList", "apiVersion", "v1", "groups", List.of(Map.of("name", "apps",
                        "versions", List.of(Map.of("groupVersion", "apps/v1", "version", "v1")), "preferredVersion", Map.of("groupVersion", "apps/v1", "version", "v1"))))),
                "/api/v1", resources("v1", "ConfigMap", "Secret", "ServiceAccount"),
                "/apis/apps/v1", resources("apps/v1", "Deployment", "ReplicaSet"));

        private static String resources(String version, String... kinds) {
            return Serialization.asJson(Map.of("kind", "APIResourceList", "apiVersion", "v1", "groupVersion", version, "resources",
                    List.of(kinds).stream().map(kind -> Map.of("name", kind.toLowerCase(Locale.ROOT) + "s", "singularName", kind.toLowerCase(Locale.ROOT),
                            "namespaced", true, "kind", kind, "verbs", List.of("get", "list", "patch"))).toList()));
        }
    }
}
