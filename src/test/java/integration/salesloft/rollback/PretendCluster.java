package integration.salesloft.rollback;

import com.fasterxml.jackson.databind.JsonNode;
import integration.salesloft.Kubectl;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntryBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One namespace of a Kubernetes cluster that runs here: fabric8's CRUD server, which keeps what it is given, and on top of it what a
 * Deployment's controller does, at once and within the request that caused it. Other processes reach it, the container and kubectl,
 * through {@link #kubeconfig}. A Deployment's pods carry the label {@code app} with its name. What it does not do: validate, default
 * (beyond what is said at {@link #apply}), merge, tell who owns which field (beyond who wrote the template), check a token, run pods.
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

    /** Held, or its level would be forgotten. */
    private static final Logger EACH_REQUEST = Logger.getLogger(MockWebServer.class.getName());

    static {
        EACH_REQUEST.setLevel(Level.WARNING);
    }

    private static final String ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    private static final Pattern DEPLOYMENT = Pattern.compile("/apis/apps/v1/namespaces/[^/]+/deployments/([^/?]+).*");
    private static final Pattern MANAGER = Pattern.compile("fieldManager=([^&]+)");

    private final String namespace;
    private final ObjectStore store;
    private final DeploymentController controller;
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
        this.store = new ObjectStore(namespace);
        this.controller = new DeploymentController(store);
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
        return Kubectl.config(file, url(), namespace);
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
        Deployment old = store.find(name);
        if (old == null) {
            store.post(new DeploymentBuilder().withNewMetadata().withName(name).withAnnotations(annotations).endMetadata()
                    .withNewSpec().withReplicas(2).withNewSelector().addToMatchLabels("app", name).endSelector().withTemplate(template).endSpec().build());
        } else {
            Map<String, String> all = new LinkedHashMap<>(annotations);
            ObjectStore.annotations(old).forEach((key, value) -> {
                if (DeploymentController.NOT_COPIED.contains(key)) {
                    all.putIfAbsent(key, value);
                }
            });
            store.put(new DeploymentBuilder(old).editMetadata().withAnnotations(all).endMetadata().editSpec().withTemplate(template).endSpec().build());
        }
        written(name, old, manager);
        return store.deployment(name);
    }

    /** Changes what is not the template, as its owner would. */
    public synchronized Deployment edit(String name, Consumer<Deployment> change) {
        Deployment deployment = store.deployment(name);
        change.accept(deployment);
        store.put(deployment);
        controller.reconcile(name, rollout);
        return store.deployment(name);
    }

    public synchronized void create(HasMetadata object) {
        store.post(object);
    }

    /** With its ReplicaSets, if it is a Deployment. */
    public synchronized void delete(Class<? extends HasMetadata> kind, String name) {
        if (kind == Deployment.class) {
            replicaSets(name).forEach(replicaSet -> store.delete(ReplicaSet.class, replicaSet.getMetadata().getName()));
        }
        store.delete(kind, name);
    }

    public synchronized Deployment deployment(String name) {
        return store.deployment(name);
    }

    /** Those that it controls, oldest revision first. */
    public synchronized List<ReplicaSet> replicaSets(String name) {
        return store.replicaSets(store.deployment(name));
    }

    /** From now on, and for what is under way. */
    public synchronized void rollout(Rollout how) {
        rollout = how;
        store.deployments().forEach(name -> controller.reconcile(name, how));
    }

    /** From now on this field manager puts the present template and annotations back, whoever else changes the template. */
    public synchronized void keep(String name, String manager) {
        Deployment deployment = store.deployment(name);
        keepers.put(name, new Keeper(manager, deployment.getSpec().getTemplate(), ObjectStore.annotations(deployment)));
    }

    /** Hears of each new template: what runs the pods, if anything does. Called within the request that caused it. */
    public synchronized void follow(Consumer<Deployment> follower) {
        followers.add(follower);
    }

    /** @param request pattern of a method and a path without its query; asked whether it may be done, the cluster says no, too */
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
        String path = request.getPath().replaceFirst("\\?.*", "");
        String body = request.getBody() == null ? "" : withoutNulls(request.getBody().readUtf8());
        try {
            if (Discovery.ANSWERS.containsKey(path)) {
                return json(200, Discovery.ANSWERS.get(path));
            } else if (path.equals(ACCESS_REVIEWS)) {
                return json(201, review(Serialization.unmarshal(body, JsonNode.class)));
            }
            String message = refusal(request.getMethod() + " " + path);
            if (message != null) {
                throw new ObjectStore.Refused(403, message);
            }
            Matcher deployment = DEPLOYMENT.matcher(path);
            boolean patch = request.method() == HttpMethod.PATCH && deployment.matches();
            return json(200, (patch ? patch(request.getPath(), deployment.group(1), body) : store.send(request.method(), request.getPath(), body)).toString());
        } catch (ObjectStore.Refused e) {
            return json(e.code(), Serialization.asJson(Map.of("apiVersion", "v1", "kind", "Status", "status", "Failure", "code", e.code(), "message", e.getMessage(),
                    "reason", Map.of(403, "Forbidden", 404, "NotFound", 409, "Conflict").getOrDefault(e.code(), "Invalid"))));
        }
    }

    private JsonNode patch(String path, String name, String body) {
        patches.add(Serialization.unmarshal(body, JsonNode.class));
        Runnable before = beforeNextPatch;
        beforeNextPatch = () -> { };
        before.run();
        Deployment old = store.find(name);
        JsonNode patched = store.send(HttpMethod.PATCH, path, body);
        Matcher manager = MANAGER.matcher(path);
        written(name, old, manager.find() ? manager.group(1) : "unknown");
        return patched;
    }

    /** As the API server does, notes who wrote the template. Then all others get to work. */
    private void written(String name, Deployment old, String manager) {
        Deployment deployment = store.deployment(name);
        boolean changed = old == null || !old.getSpec().getTemplate().equals(deployment.getSpec().getTemplate());
        if (changed) {
            List<ManagedFieldsEntry> entries = new ArrayList<>(deployment.getMetadata().getManagedFields());
            entries.removeIf(entry -> manager.equals(entry.getManager()));
            entries.add(new ManagedFieldsEntryBuilder().withManager(manager).withOperation("Update").withApiVersion("apps/v1")
                    .withTime(start.plusSeconds(++writes).toString()).withFieldsType("FieldsV1").withNewFieldsV1()
                    .addToAdditionalProperties("f:spec", Map.of("f:template", Map.of("f:spec", Map.of()))).endFieldsV1().build());
            deployment.getMetadata().setManagedFields(entries);
            store.put(deployment);
        }
        controller.reconcile(name, rollout);
        Keeper keeper = keepers.get(name);
        if (changed && keeper != null && !keeper.manager.equals(manager)) {
            apply(name, keeper.template, keeper.annotations, keeper.manager);
        } else if (changed) {
            followers.forEach(follower -> follower.accept(store.deployment(name)));
        }
    }

    private String review(JsonNode review) {
        JsonNode asked = review.at("/spec/resourceAttributes");
        String method = Map.of("get", "GET", "list", "GET", "patch", "PATCH").get(asked.get("verb").asText());
        String message = refusal(method + " /apis/" + asked.get("group").asText() + "/v1/namespaces/" + asked.get("namespace").asText() + "/"
                + asked.get("resource").asText() + "/" + asked.get("name").asText());
        return Serialization.asJson(Map.of("apiVersion", "authorization.k8s.io/v1", "kind", "SelfSubjectAccessReview", "spec", review.get("spec"),
                "status", message == null ? Map.of("allowed", true) : Map.of("allowed", false, "reason", message)));
    }

    /** Null when it may be done. */
    private String refusal(String request) {
        return forbidden.entrySet().stream().filter(rule -> rule.getKey().matcher(request).matches()).map(Map.Entry::getValue).findFirst().orElse(null);
    }

    private static void withResources(Container container) {
        if (container.getResources() == null) {
            container.setResources(new ResourceRequirements());
        }
    }

    /** Clients in Go send them, and an API server does not keep them. */
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

    /** Who puts what back. */
    private record Keeper(String manager, PodTemplateSpec template, Map<String, String> annotations) {
    }
}
