package integration.salesloft.rollback;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import integration.salesloft.Kubectl;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kubectl itself is asked to undo the same rollouts on the same server, and must come to the same template and annotations. It is
 * needed for this: without it these tests fail.
 */
class KubectlUndoTest {

    private static final int SHAPES = 12;

    @TempDir
    private Path folder;
    private final PretendCluster cluster = new PretendCluster("sales");

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void comesToTheSameAsKubectl() throws Exception {
        agree(null);
    }

    @Test
    void comesToTheSameAsKubectlForARevision() throws Exception {
        agree(1);
    }

    @Test
    void refusesAPausedDeploymentAsKubectlDoes() throws Exception {
        release("a", new Random(1));
        cluster.edit("a", changed -> changed.getSpec().setPaused(true));
        assertThat(kubectl(1, "rollout", "undo", "deployment/a")).contains("paused");
        assertThat(cluster.patches()).isEmpty();
    }

    /** What ours leaves is, to kubectl, the target: it has nothing more to do. */
    @Test
    void leavesNothingForKubectlToDo() throws Exception {
        release("a", new Random(2));
        try (KubernetesDeployment ours = connect("a")) {
            ours.revert(target(ours.preflight(1)));
        }
        long revision = cluster.replicaSets("a").stream().map(Revisions::number).mapToLong(number -> number.orElseThrow()).max().orElseThrow();
        assertThat(kubectl(0, "rollout", "undo", "deployment/a", "--to-revision=" + revision)).contains("skipped rollback");
        assertThat(kubectl(0, "rollout", "status", "deployment/a", "--watch=false")).contains("successfully rolled out");
    }

    private void agree(Integer toRevision) throws Exception {
        List<String> undone = IntStream.range(0, SHAPES).mapToObj(shape -> "deployment/kubectl-" + shape).toList();
        for (int shape = 0; shape < SHAPES; shape++) {
            release("kubectl-" + shape, new Random(shape));
            release("ours-" + shape, new Random(shape));
        }
        List<String> command = new ArrayList<>(List.of("rollout", "undo"));
        command.addAll(undone);
        if (toRevision != null) {
            command.add("--to-revision=" + toRevision);
        }
        kubectl(0, command.toArray(String[]::new));
        assertThat(cluster.patches()).hasSize(SHAPES);
        for (int shape = 0; shape < SHAPES; shape++) {
            try (KubernetesDeployment ours = connect("ours-" + shape)) {
                assertThat(ours.revert(target(ours.preflight(toRevision)))).isEqualTo("reverted");
            }
            Deployment theirs = cluster.deployment("kubectl-" + shape);
            Deployment mine = cluster.deployment("ours-" + shape);
            assertThat(json(mine.getSpec().getTemplate(), "ours-" + shape)).isEqualTo(json(theirs.getSpec().getTemplate(), "kubectl-" + shape));
            assertThat(mine.getMetadata().getAnnotations()).isEqualTo(theirs.getMetadata().getAnnotations());
            // As sent, before the server has read it: ours has the version in front, theirs does not.
            ArrayNode sent = (ArrayNode) cluster.patches().get(SHAPES + shape);
            assertThat(sent.remove(0).get("path").asText()).isEqualTo("/metadata/resourceVersion");
            assertThat(values(sent, "ours-" + shape)).isEqualTo(values(cluster.patches().get(shape), "kubectl-" + shape));
        }
    }

    private static Map<String, JsonNode> values(JsonNode patch, String name) {
        Map<String, JsonNode> values = new TreeMap<>();
        patch.forEach(operation -> values.put(operation.get("path").asText(), json(operation.get("value"), name)));
        return values;
    }

    /** Without the name, in which the two differ. */
    private static JsonNode json(Object value, String name) {
        return Serialization.unmarshal(Serialization.asJson(value).replace('"' + name + '"', "\"name\""), JsonNode.class);
    }

    /** Three revisions, and an annotation that came after the last: what kind of thing changes is left to chance. */
    private void release(String name, Random random) {
        for (int revision = 1; revision <= 3; revision++) {
            Map<String, String> annotations = new TreeMap<>(Map.of("kubectl.kubernetes.io/last-applied-configuration", quoted("{'revision':%s}", revision)));
            if (random.nextBoolean()) {
                annotations.put("kubernetes.io/change-cause", "release " + revision);
            }
            if (random.nextBoolean()) {
                annotations.put("team/note-" + random.nextInt(3), "\"quoted\" / ~ ü " + revision);
            }
            cluster.apply(name, template(name, revision, random), annotations, "kubectl-client-side-apply");
        }
        if (random.nextBoolean()) {
            cluster.edit(name, changed -> changed.getMetadata().getAnnotations().put("added", "later"));
        }
        // What the ReplicaSet of an older revision does not have.
        if (random.nextBoolean()) {
            cluster.edit(name, changed -> changed.getMetadata().getAnnotations().put("deprecated.deployment.rollback.to", "1"));
        }
    }

    private static PodTemplateSpec template(String name, int revision, Random random) {
        PodTemplateSpecBuilder template = new PodTemplateSpecBuilder().withNewMetadata().addToLabels("app", name).endMetadata()
                .withNewSpec().withRestartPolicy("Always").withDnsPolicy("ClusterFirst").withSchedulerName("default-scheduler")
                .addNewContainer().withName("main").withImage("app:" + revision).withImagePullPolicy("IfNotPresent").endContainer().endSpec();
        if (random.nextBoolean()) {
            template.editMetadata().addToAnnotations("prometheus.io/scrape", String.valueOf(random.nextBoolean())).addToLabels("release", "r" + revision).endMetadata();
        }
        if (random.nextBoolean()) {
            template.editSpec().addNewVolume().withName("routes").withNewConfigMap().withName("routes-" + Integer.toHexString(random.nextInt())).withDefaultMode(420).endConfigMap().endVolume()
                    .editContainer(0).addNewVolumeMount().withName("routes").withMountPath("/app/routes").withReadOnly(true).endVolumeMount().endContainer().endSpec();
        }
        if (random.nextBoolean()) {
            template.editSpec().addNewVolume().withName("tmp").withNewEmptyDir().withSizeLimit(new Quantity("64Mi")).endEmptyDir().endVolume()
                    .addNewVolume().withName("empty").withNewEmptyDir().endEmptyDir().endVolume()
                    .addNewVolume().withName("all").withNewProjected().addNewSource().withNewSecret().withName("s").withOptional(true).endSecret().endSource()
                    .addNewSource().withNewServiceAccountToken("vault", 600L, "token").endSource().endProjected().endVolume().endSpec();
        }
        if (random.nextBoolean()) {
            template.editSpec().editContainer(0).addNewEnv().withName("SYNC_INTERVAL").withValue(random.nextInt(90) + "s").endEnv()
                    .addNewEnv().withName("POD").withNewValueFrom().withNewFieldRef("v1", "metadata.name").endValueFrom().endEnv()
                    .addNewEnvFrom().withNewSecretRef("settings", true).endEnvFrom().endContainer().endSpec();
        }
        if (random.nextBoolean()) {
            template.editSpec().editContainer(0).withNewResources().addToRequests("cpu", new Quantity("250m")).addToLimits("memory", new Quantity("1Gi")).endResources()
                    .addNewPort().withName("http").withContainerPort(8080).withProtocol("TCP").endPort()
                    .withNewReadinessProbe().withNewHttpGet().withPath("/ready").withPort(new IntOrString("http")).endHttpGet().withPeriodSeconds(5).endReadinessProbe()
                    .withNewLivenessProbe().withNewTcpSocket().withPort(new IntOrString(8081)).endTcpSocket().endLivenessProbe()
                    .withNewSecurityContext().withReadOnlyRootFilesystem(true).withNewCapabilities().addToDrop("ALL").endCapabilities().endSecurityContext().endContainer()
                    .withNewSecurityContext().withRunAsNonRoot(true).endSecurityContext().withTerminationGracePeriodSeconds(60L).endSpec();
        }
        if (random.nextBoolean()) {
            template.editSpec().addNewInitContainer().withName("wait").withImage("wait:" + revision).withCommand("sh", "-c", "true").withNewResources().endResources().endInitContainer()
                    .addNewTopologySpreadConstraint().withMaxSkew(1).withTopologyKey("zone").withWhenUnsatisfiable("ScheduleAnyway")
                    .withNewLabelSelector().addToMatchLabels("app", name).endLabelSelector().endTopologySpreadConstraint()
                    .addNewToleration().withKey("spot").withOperator("Exists").endToleration().endSpec();
        }
        return template.build();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> target(Map<String, Object> preflight) {
        return (Map<String, Object>) preflight.get("target");
    }

    private KubernetesDeployment connect(String name) {
        return new KubernetesDeployment(new Cluster("", () -> Config.fromKubeconfig(cluster.kubeconfig(folder.resolve("config")).toFile())), name);
    }

    private String kubectl(int code, String... arguments) throws IOException, InterruptedException {
        return new Kubectl(folder, cluster.kubeconfig(folder.resolve("config"))).run(code, arguments);
    }
}
