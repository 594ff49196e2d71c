package integration.salesloft.rollback;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntryBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetBuilder;
import io.fabric8.kubernetes.client.Config;
import integration.salesloft.rollback.PretendCluster.Rollout;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a rollback does to a Deployment, against an API server that runs here. */
class KubernetesDeploymentTest {

    private static final String NAME = "integration";
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;
    private final PretendCluster cluster = new PretendCluster("sales");
    private KubernetesDeployment deployment = connect();

    @AfterEach
    void close() {
        deployment.close();
        cluster.close();
    }

    @Test
    void goesBackToTheRevisionBefore() {
        release("app:1", "app:2", "app:3");
        Map<String, Object> found = deployment.preflight(null);
        assertThat(problems(found)).isEmpty();
        assertThat(found.get("blockedBy")).isNull();
        assertThat(found.get("managers")).isEqualTo(List.of("kubectl-client-side-apply"));
        assertThat(map(found.get("deployment"))).containsEntry("name", NAME).containsEntry("namespace", "sales").containsEntry("currentRevision", 3L)
                .containsEntry("currentImage", "app:3").containsEntry("uid", cluster.deployment(NAME).getMetadata().getUid());
        ReplicaSet second = cluster.replicaSets(NAME).get(1);
        assertThat(target(found)).containsEntry("revision", 2L).containsEntry("image", "app:2").containsEntry("replicaSet", second.getMetadata().getName())
                .containsEntry("uid", second.getMetadata().getUid());

        assertThat(deployment.revert(target(found))).isEqualTo("reverted");
        assertThat(image()).isEqualTo("app:2");
        assertThat(deployment.state(target(found))).containsEntry("finished", true).containsEntry("template", "target").containsEntry("changedBy", null)
                .containsEntry("stuck", null).containsEntry("image", "app:2").containsEntry("replicas", 2).containsEntry("updated", 2).containsEntry("available", 2);
    }

    @Test
    void goesBackToTheRevisionAskedFor() {
        release("app:1", "app:2", "app:3");
        assertThat(deployment.revert(target(deployment.preflight(1)))).isEqualTo("reverted");
        assertThat(image()).isEqualTo("app:1");
    }

    /** The second highest revision is then the bad one. */
    @Test
    void neverGoesForwardAgain() {
        release("app:1", "app:2", "bad:3");
        Map<String, Object> target = target(deployment.preflight(null));
        deployment.revert(target);
        for (int i = 0; i < 3; i++) {
            assertThat(deployment.revert(target)).isEqualTo("already");
        }
        assertThat(image()).isEqualTo("app:2");
        assertThat(cluster.patches()).hasSize(1);
    }

    /** Killed after the target was recorded, before or after the patch: another process has nothing but the record. */
    @Test
    void isFinishedByAnotherProcess() throws IOException {
        release("app:1", "bad:2");
        String record = stored(target(deployment.preflight(null)));
        deployment.close();
        deployment = connect();
        assertThat(deployment.revert(map(JSON.readValue(record, Map.class)))).isEqualTo("reverted");
        deployment.close();
        deployment = connect();
        assertThat(deployment.revert(map(JSON.readValue(record, Map.class)))).isEqualTo("already");
        assertThat(deployment.state(map(JSON.readValue(record, Map.class)))).containsEntry("template", "target");
        assertThat(image()).isEqualTo("app:1");
    }

    /** Of another Deployment, of one of the same name that was deleted, and of nobody. */
    @Test
    void heedsOnlyReplicaSetsThatItOwns() {
        release("app:1", "app:2");
        ReplicaSet own = cluster.replicaSets(NAME).get(0);
        for (String uid : List.of("another", "deleted", "")) {
            cluster.create(new ReplicaSetBuilder(own).editMetadata().withName(NAME + "-" + uid + "x").withUid(null).withResourceVersion(null)
                    .addToAnnotations(Revisions.NUMBER, "1" + uid.length()).withOwnerReferences(uid.isEmpty() ? List.of()
                            : List.of(own.getMetadata().getOwnerReferences().get(0).edit().withUid(uid).build())).endMetadata()
                    .editSpec().editTemplate().editSpec().editContainer(0).withImage("foreign:1").endContainer().endSpec().endTemplate().endSpec().build());
        }
        assertThat(target(deployment.preflight(null))).containsEntry("image", "app:1").containsEntry("uid", own.getMetadata().getUid());
        assertThat(problems(deployment.preflight(17))).containsExactly("no revision 17; there are 1, 2");
    }

    /** An owner that is not the controller does not count. */
    @Test
    void heedsOnlyReplicaSetsThatItControls() {
        release("app:1", "app:2");
        ReplicaSet own = cluster.replicaSets(NAME).get(0);
        cluster.create(new ReplicaSetBuilder(own).editMetadata().withName(NAME + "-adopted").addToAnnotations(Revisions.NUMBER, "9")
                .withOwnerReferences(own.getMetadata().getOwnerReferences().get(0).edit().withController(null).build()).endMetadata().build());
        assertThat(problems(deployment.preflight(9))).containsExactly("no revision 9; there are 1, 2");
    }

    @Test
    void saysWhichRevisionsThereAre() {
        release("app:1");
        assertThat(problems(deployment.preflight(null))).containsExactly("no revision before the present one");
        assertThat(problems(deployment.preflight(4))).containsExactly("no revision 4; there is 1");
        release("app:2", "app:3");
        assertThat(problems(deployment.preflight(9))).containsExactly("no revision 9; there are 1, 2, 3");
        assertThat(problems(deployment.preflight(3))).containsExactly("revision 3 is the present one");
        assertThat(target(deployment.preflight(9))).isNull();
    }

    /** The controller has not yet made a ReplicaSet of the bad template: the newest there is, is the one before. */
    @Test
    void goesBackFromATemplateThatTheControllerHasNotSeen() {
        release("app:1", "app:2");
        cluster.rollout(Rollout.UNSEEN);
        release("bad:3");
        Map<String, Object> found = deployment.preflight(null);
        assertThat(map(found.get("deployment"))).containsEntry("currentRevision", null).containsEntry("currentImage", "bad:3");
        assertThat(target(found)).containsEntry("image", "app:2");
    }

    @Test
    void refusesToOverwriteWhatSomebodyElseWrote() {
        release("app:1", "bad:2");
        Map<String, Object> target = target(deployment.preflight(null));
        cluster.beforeNextPatch(() -> cluster.edit(NAME, changed -> changed.getSpec().setReplicas(7)));
        assertThatThrownBy(() -> deployment.revert(target)).isInstanceOf(DeploymentChanged.class).hasMessageContaining("the object has been modified");
        assertThat(image()).isEqualTo("bad:2");
        assertThat(deployment.revert(target)).isEqualTo("reverted");
        assertThat(cluster.deployment(NAME).getSpec().getReplicas()).isEqualTo(7);
    }

    @Test
    void refusesAPausedDeployment() {
        release("app:1", "bad:2");
        Map<String, Object> target = target(deployment.preflight(null));
        cluster.edit(NAME, changed -> changed.getSpec().setPaused(true));
        String paused = "Deployment integration is paused (spec.paused): kubectl rollout resume deployment/integration";
        assertThat(problems(deployment.preflight(null))).containsExactly(paused);
        assertThatThrownBy(() -> deployment.revert(target)).isInstanceOf(RollbackRefused.class).hasMessage(paused);
        assertThat(cluster.patches()).isEmpty();
        assertThat(deployment.state(target)).containsEntry("paused", true);
    }

    @Test
    void refusesADeploymentThatWasMadeAnew() {
        release("app:1", "bad:2");
        Map<String, Object> target = target(deployment.preflight(null));
        cluster.delete(Deployment.class, NAME);
        assertThatThrownBy(() -> deployment.revert(target)).isInstanceOf(RollbackRefused.class).hasMessage("there is no Deployment integration in namespace sales");
        release("bad:2");
        assertThatThrownBy(() -> deployment.revert(target)).isInstanceOf(RollbackRefused.class)
                .hasMessage("Deployment integration was deleted and made anew since the target was resolved: its older revisions are gone");
        assertThatThrownBy(() -> deployment.state(target)).isInstanceOf(RollbackRefused.class);
    }

    @Test
    void namesWhatTheTargetNeedsAndIsGone() {
        PodTemplateSpec old = needy("routes-abc12", "tokens");
        cluster.apply(NAME, old, Map.of(), "helm");
        release("bad:2");
        assertThat(problems(deployment.preflight(null))).containsExactlyInAnyOrder(
                "ConfigMap routes-abc12, which revision 1 mounts, no longer exists",
                "ConfigMap projected, which revision 1 mounts, no longer exists",
                "Secret projected, which revision 1 mounts, no longer exists",
                "Secret tokens, which revision 1 mounts, no longer exists",
                "ConfigMap all, which revision 1 reads, no longer exists",
                "Secret all, which revision 1 reads, no longer exists",
                "ConfigMap one, which revision 1 reads, no longer exists",
                "Secret one, which revision 1 reads, no longer exists",
                "ConfigMap first, which revision 1 reads, no longer exists",
                "ServiceAccount runner, which revision 1 runs as, no longer exists");

        Stream.of("routes-abc12", "projected", "all", "first").forEach(name -> cluster.create(new ConfigMapBuilder().withNewMetadata().withName(name).endMetadata().build()));
        cluster.create(new ConfigMapBuilder().withNewMetadata().withName("one").endMetadata().addToData("other", "").build());
        Stream.of("projected", "all", "one").forEach(name -> cluster.create(new SecretBuilder().withNewMetadata().withName(name).endMetadata().addToData("key", "").build()));
        cluster.create(new SecretBuilder().withNewMetadata().withName("tokens").endMetadata().build());
        cluster.create(new ServiceAccountBuilder().withNewMetadata().withName("runner").endMetadata().build());
        assertThat(problems(deployment.preflight(null))).containsExactlyInAnyOrder(
                "ConfigMap one, which revision 1 reads, has no key key",
                "Secret tokens, which revision 1 mounts, has no key refresh");

        cluster.delete(ConfigMap.class, "one");
        cluster.create(new ConfigMapBuilder().withNewMetadata().withName("one").endMetadata().addToBinaryData("key", "").build());
        assertThat(problems(deployment.preflight(null))).containsExactly("Secret tokens, which revision 1 mounts, has no key refresh");
    }

    @Test
    void namesThePermissionsThatAreMissing() {
        cluster.apply(NAME, template("app:1").editSpec().addNewVolume().withName("v").withNewSecret().withSecretName("tokens").endSecret().endVolume().endSpec().build(), Map.of(), "helm");
        release("bad:2");
        cluster.forbid("GET .*/secrets/tokens", quoted("secrets 'tokens' is forbidden"));
        cluster.forbid("PATCH .*/deployments/.*", "no rule of RBAC lets it");
        assertThat(problems(deployment.preflight(null))).containsExactlyInAnyOrder(
                "may not patch deployments in namespace sales: no rule of RBAC lets it",
                quoted("may not read Secret tokens in namespace sales, so that nobody knows whether it still exists: secrets 'tokens' is forbidden"));
        assertThatThrownBy(() -> deployment.revert(target(deployment.preflight(null)))).isInstanceOf(RollbackRefused.class).hasMessage("no rule of RBAC lets it");

        cluster.forbid("GET .*/replicasets", "replicasets.apps is forbidden");
        assertThat(problems(deployment.preflight(null))).contains("may not read replicasets: replicasets.apps is forbidden");
        cluster.forbid("GET .*/deployments/.*", quoted("deployments.apps 'integration' is forbidden"));
        assertThat(problems(deployment.preflight(null))).containsExactly(quoted("may not read deployments: deployments.apps 'integration' is forbidden"));
    }

    @Test
    void saysThatThereIsNoDeployment() {
        assertThat(problems(deployment.preflight(null))).containsExactly("there is no Deployment integration in namespace sales");
    }

    @Test
    void saysThatTheApiServerIsAway() {
        release("app:1", "bad:2");
        Map<String, Object> target = target(deployment.preflight(null));
        cluster.close();
        assertThatThrownBy(() -> deployment.preflight(null)).isInstanceOf(ClusterUnavailable.class).hasMessageStartingWith("the API server at " + cluster.url()).hasMessageContaining("does not answer");
        assertThatThrownBy(() -> deployment.revert(target)).isInstanceOf(ClusterUnavailable.class);
        assertThatThrownBy(() -> deployment.state(target)).isInstanceOf(ClusterUnavailable.class);
    }

    @Test
    void doesNotWaitForAnApiServerThatDoesNotAnswer() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
            Config config = Config.empty();
            config.setMasterUrl("http://127.0.0.1:" + silent.getLocalPort());
            deployment = new KubernetesDeployment(new Cluster("sales", () -> config), NAME);
            deployment.setCallTimeout(300);
            Instant start = Instant.now();
            assertThatThrownBy(() -> deployment.preflight(null)).isInstanceOf(ClusterUnavailable.class).hasMessageContaining("does not answer");
            assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(5));
        }
    }

    @Test
    void saysThatItDoesNotKnowWhereTheApiServerIs() {
        deployment = new KubernetesDeployment(new Cluster("", () -> {
            throw new IllegalArgumentException("no such file");
        }), NAME);
        assertThatThrownBy(() -> deployment.preflight(null)).isInstanceOf(ClusterUnavailable.class)
                .hasMessage("where the API server is cannot be read (KUBECONFIG, or the pod's service account): no such file");
    }

    @Test
    void takesTheNamespaceThatItRunsIn() {
        release("app:1", "app:2");
        deployment = new KubernetesDeployment(new Cluster("", this::settings), NAME);
        assertThat(map(deployment.preflight(null).get("deployment"))).containsEntry("namespace", "sales");
    }

    @Test
    void tellsHowFarTheRolloutIs() {
        release("app:1", "bad:2");
        Map<String, Object> target = target(deployment.preflight(null));
        assertThat(deployment.state(target)).containsEntry("finished", true).containsEntry("template", "other").containsEntry("image", "bad:2")
                .containsEntry("changedBy", "kubectl-client-side-apply");
        cluster.rollout(Rollout.UNSEEN);
        deployment.revert(target);
        assertThat(deployment.state(target)).containsEntry("finished", false).containsEntry("template", "target").containsEntry("stuck", null);
        cluster.rollout(Rollout.STALLED);
        assertThat(deployment.state(target)).containsEntry("finished", false).containsEntry("updated", 1).containsEntry("replicas", 2).containsEntry("stuck", null);
        cluster.rollout(Rollout.FAILED);
        assertThat(deployment.state(target)).containsEntry("finished", false).containsEntry("stuck", quoted("ReplicaSet of 'integration' has timed out progressing."));
        cluster.rollout(Rollout.PROMPT);
        assertThat(deployment.state(target)).containsEntry("finished", true).containsEntry("stuck", null);
    }

    /** Each of these alone: enough pods, no old ones, all available. */
    @ParameterizedTest
    @MethodSource("unfinished")
    void isNotFinishedBeforeAllIsDone(Consumer<Deployment> status) {
        release("app:1", "app:2");
        Map<String, Object> target = target(deployment.preflight(null));
        cluster.rollout(Rollout.UNSEEN);
        assertThat(deployment.state(target)).containsEntry("finished", true);
        cluster.edit(NAME, status);
        assertThat(deployment.state(target)).containsEntry("finished", false);
    }

    static Stream<Arguments> unfinished() {
        return Stream.<Consumer<Deployment>>of(
                changed -> changed.getStatus().setUpdatedReplicas(1), changed -> changed.getStatus().setReplicas(3), changed -> changed.getStatus().setAvailableReplicas(1),
                changed -> changed.getStatus().setUnavailableReplicas(1), changed -> changed.getStatus().setObservedGeneration(1L), changed -> changed.setStatus(null)).map(Arguments::of);
    }

    @Test
    void namesWhoPutTheTemplateBack() {
        release("app:1", "bad:2");
        Map<String, Object> target = target(deployment.preflight(null));
        cluster.keep(NAME, "argocd-controller");
        assertThat(deployment.revert(target)).isEqualTo("reverted");
        assertThat(image()).isEqualTo("bad:2");
        assertThat(deployment.state(target)).containsEntry("template", "other").containsEntry("changedBy", "argocd-controller").containsEntry("image", "bad:2");
    }

    @ParameterizedTest(name = "{0} {1}: {2}")
    @MethodSource("owners")
    void recognisesWhoWouldPutAnUndoBack(String tool, String name, String evidence, Consumer<Deployment> marks) {
        release("app:1", "bad:2");
        cluster.edit(NAME, marks);
        Map<String, Object> blockedBy = map(deployment.preflight(null).get("blockedBy"));
        assertThat(blockedBy).containsEntry("tool", tool).containsEntry("name", name).containsEntry("evidence", evidence);
    }

    static Stream<Arguments> owners() {
        return Stream.of(
                owner("Argo CD", "crm", "annotation argocd.argoproj.io/tracking-id: crm:apps/Deployment:sales/integration",
                        annotated("argocd.argoproj.io/tracking-id", "crm:apps/Deployment:sales/integration")),
                owner("Argo CD", "crm", "field manager argocd-controller", labelled("app.kubernetes.io/instance", "crm").andThen(managed("argocd-controller", "f:template"))),
                owner("Argo CD", null, "field manager argocd-application-controller", managed("argocd-application-controller", "f:template")),
                owner("Flux", "crm", "label kustomize.toolkit.fluxcd.io/name: crm", labelled("kustomize.toolkit.fluxcd.io/name", "crm")),
                owner("Flux", "apps/crm", "label helm.toolkit.fluxcd.io/name: crm",
                        labelled("helm.toolkit.fluxcd.io/name", "crm").andThen(labelled("helm.toolkit.fluxcd.io/namespace", "apps"))),
                owner("Flux", null, "field manager kustomize-controller", managed("kustomize-controller", "f:template")),
                owner("Flux", null, "field manager helm-controller", managed("helm-controller", "f:template")),
                owner("Config Sync", ":root", "annotation configmanagement.gke.io/managed: enabled",
                        annotated("configmanagement.gke.io/managed", "enabled").andThen(annotated("configsync.gke.io/manager", ":root"))),
                owner("the controller of Integration", "crm", "ownerReference to Integration crm", changed -> changed.getMetadata().setOwnerReferences(List.of(
                        new OwnerReferenceBuilder().withKind("Integration").withName("crm").withUid("1").withController(true).build()))));
    }

    @ParameterizedTest
    @MethodSource("bystanders")
    void isNotKeptFromItByOthers(Consumer<Deployment> marks) {
        release("app:1", "bad:2");
        cluster.edit(NAME, marks);
        assertThat(deployment.preflight(null)).containsEntry("blockedBy", null);
    }

    static Stream<Arguments> bystanders() {
        return Stream.of(
                labelled("app.kubernetes.io/instance", "crm"),
                labelled("app.kubernetes.io/managed-by", "Helm").andThen(annotated("meta.helm.sh/release-name", "crm")).andThen(managed("helm", "f:template")),
                // Copied from elsewhere: Argo CD does not heed it.
                annotated("argocd.argoproj.io/tracking-id", "crm:apps/Deployment:sales/another"),
                // Writes replicas, and nothing of the template.
                managed("argocd-controller", "f:replicas"),
                labelled("kustomize.toolkit.fluxcd.io/name", "crm").andThen(annotated("kustomize.toolkit.fluxcd.io/reconcile", "disabled")),
                labelled("helm.toolkit.fluxcd.io/name", "crm").andThen(annotated("helm.toolkit.fluxcd.io/driftDetection", "disabled")),
                annotated("configmanagement.gke.io/managed", "disabled")).map(Arguments::of);
    }

    @Test
    void saysThatHelmWritesToo() {
        cluster.apply(NAME, template("app:1").build(), Map.of(), "helm");
        assertThat(deployment.preflight(null).get("managers")).isEqualTo(List.of("helm"));
        cluster.edit(NAME, annotated("meta.helm.sh/release-name", "crm"));
        assertThat(deployment.preflight(null).get("managers")).isEqualTo(List.of("helm", "Helm, release crm"));
    }

    private KubernetesDeployment connect() {
        KubernetesDeployment connected = new KubernetesDeployment(new Cluster("sales", this::settings), NAME);
        connected.setCallTimeout(5000);
        return connected;
    }

    private Config settings() {
        return Config.fromKubeconfig(cluster.kubeconfig(folder.resolve("config")).toFile());
    }

    private void release(String... images) {
        for (String image : images) {
            cluster.apply(NAME, template(image).build(), Map.of(), "kubectl-client-side-apply");
        }
    }

    private String image() {
        return cluster.deployment(NAME).getSpec().getTemplate().getSpec().getContainers().get(0).getImage();
    }

    private static PodTemplateSpecBuilder template(String image) {
        return new PodTemplateSpecBuilder().withNewMetadata().addToLabels("app", NAME).endMetadata()
                .withNewSpec().addNewContainer().withName("main").withImage(image).endContainer().endSpec();
    }

    /** Names something in each way there is, needed and optional. */
    private static PodTemplateSpec needy(String mounted, String secret) {
        return template("app:1").editSpec().withServiceAccountName("runner")
                .addNewVolume().withName("a").withNewConfigMap().withName(mounted).endConfigMap().endVolume()
                .addNewVolume().withName("b").withNewConfigMap().withName("optional").withOptional(true).endConfigMap().endVolume()
                .addNewVolume().withName("c").withNewSecret().withSecretName(secret).addNewItem().withKey("refresh").withPath("r").endItem().endSecret().endVolume()
                .addNewVolume().withName("d").withNewSecret().withSecretName("optional").withOptional(true).endSecret().endVolume()
                .addNewVolume().withName("e").withNewEmptyDir().endEmptyDir().endVolume()
                .addNewVolume().withName("f").withNewProjected()
                .addNewSource().withNewConfigMap().withName("projected").endConfigMap().endSource()
                .addNewSource().withNewSecret().withName("projected").endSecret().endSource()
                .addNewSource().withNewSecret().withName("optional").withOptional(true).endSecret().endSource().endProjected().endVolume()
                .addNewInitContainer().withName("init").withImage("init:1").addNewEnvFrom().withNewConfigMapRef().withName("first").endConfigMapRef().endEnvFrom().endInitContainer()
                .editContainer(0)
                .addNewEnvFrom().withNewConfigMapRef().withName("all").endConfigMapRef().endEnvFrom()
                .addNewEnvFrom().withNewSecretRef().withName("all").endSecretRef().endEnvFrom()
                .addNewEnvFrom().withNewSecretRef().withName("optional").withOptional(true).endSecretRef().endEnvFrom()
                .addNewEnv().withName("A").withValue("plain").endEnv()
                .addNewEnv().withName("B").withNewValueFrom().withNewConfigMapKeyRef().withName("one").withKey("key").endConfigMapKeyRef().endValueFrom().endEnv()
                .addNewEnv().withName("C").withNewValueFrom().withNewSecretKeyRef().withName("one").withKey("key").endSecretKeyRef().endValueFrom().endEnv()
                .addNewEnv().withName("D").withNewValueFrom().withNewSecretKeyRef("key", "optional", true).endValueFrom().endEnv()
                .addNewEnv().withName("E").withNewValueFrom().withNewFieldRef().withFieldPath("metadata.name").endFieldRef().endValueFrom().endEnv()
                .endContainer().endSpec().build();
    }

    private static Arguments owner(String tool, String name, String evidence, Consumer<Deployment> marks) {
        return Arguments.of(tool, name, evidence, marks);
    }

    private static Consumer<Deployment> annotated(String key, String value) {
        return changed -> changed.getMetadata().getAnnotations().put(key, value);
    }

    private static Consumer<Deployment> labelled(String key, String value) {
        return changed -> {
            Map<String, String> labels = new TreeMap<>(changed.getMetadata().getLabels() == null ? Map.of() : changed.getMetadata().getLabels());
            labels.put(key, value);
            changed.getMetadata().setLabels(labels);
        };
    }

    private static Consumer<Deployment> managed(String manager, String field) {
        return changed -> changed.getMetadata().getManagedFields().add(new ManagedFieldsEntryBuilder().withManager(manager).withOperation("Apply")
                .withTime("2020-01-01T00:00:00Z").withNewFieldsV1().addToAdditionalProperties("f:spec", Map.of(field, Map.of())).endFieldsV1().build());
    }

    /** As jsonb keeps it: keys in another order. */
    private static String stored(Map<String, Object> target) throws IOException {
        return JSON.writeValueAsString(new TreeMap<>(JSON.readValue(JSON.writeValueAsString(target), Map.class)));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }

    private static Map<String, Object> target(Map<String, Object> preflight) {
        return map(preflight.get("target"));
    }

    @SuppressWarnings("unchecked")
    private static List<String> problems(Map<String, Object> preflight) {
        return (List<String>) preflight.get("problems");
    }
}
