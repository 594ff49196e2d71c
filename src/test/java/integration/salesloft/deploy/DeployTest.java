package integration.salesloft.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SeccompProfile;
import io.fabric8.kubernetes.api.model.SecretKeySelector;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.core.io.FileSystemResource;
import org.springframework.util.FileSystemUtils;

/**
 * What stands under {@code deploy/} fits together, and fits the container: its routes, settings and time-outs. {@code mvn test
 * -Dtest=DeployTest -Ddocs.write=true} makes the list of routes and the copy of application.yaml anew.
 */
class DeployTest {

    private static final Path OVERLAYS = Path.of("deploy/kubernetes/overlays");
    private static final Path ROUTES_LIST = Path.of("routes/kustomization.yaml");
    private static final Path APPLICATION = Path.of("application.yaml");
    private static final Path APPLICATION_COPY = Path.of("deploy/kubernetes/base/application.yaml");
    private static final Path JOB = Path.of("deploy/kubernetes/rollback-job.yaml");
    private static final String ROUTES_DIR = "/app/routes";
    private static final String NAME = "salesloft-integration";
    private static final int MEBIBYTE = 1024 * 1024;
    /** Annotations that keep an old ConfigMap, for as long as an old revision names it. */
    private static final Map<String, String> KEPT = Map.of("argocd.argoproj.io/sync-options", "Prune=false",
            "kustomize.toolkit.fluxcd.io/prune", "disabled", "helm.sh/resource-policy", "keep");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Z][A-Z_]+)[:}]");

    /** Each once, because it takes a moment. */
    private static final Map<String, Manifests> RENDERED = new ConcurrentHashMap<>();

    @TempDir
    Path directory;

    @BeforeAll
    static void write() throws IOException {
        if (Boolean.getBoolean("docs.write")) {
            Files.writeString(ROUTES_LIST, listAnew());
            Files.writeString(APPLICATION_COPY, Files.readString(APPLICATION));
        }
    }

    @Test
    void listsTheRoutesAndHasTheSettings() throws IOException {
        assertThat(Files.readString(ROUTES_LIST).lines().toList()).containsExactlyElementsOf(listAnew().lines().toList());
        assertThat(Files.readString(APPLICATION_COPY)).as("%s is a copy of %s", APPLICATION_COPY, APPLICATION).isEqualTo(Files.readString(APPLICATION));
    }

    /** What stands above the list, and the list as it must be. */
    private static String listAnew() throws IOException {
        String list = Files.readString(ROUTES_LIST);
        return list.substring(0, list.indexOf("configMapGenerator:")) + RouteMaps.generators();
    }

    /** Every file is where the container looks for it, once, and nothing of the image's own folders shows through. */
    @ParameterizedTest
    @ValueSource(strings = {"staging", "production"})
    void mountsEveryFileOfTheRoutes(String overlay) throws Exception {
        Manifests manifests = render(overlay);
        PodSpec pod = manifests.the(Deployment.class).getSpec().getTemplate().getSpec();
        Map<String, Volume> volumes = pod.getVolumes().stream().collect(Collectors.toMap(Volume::getName, volume -> volume));
        Map<String, String> mounted = new TreeMap<>();
        for (VolumeMount mount : container(pod).getVolumeMounts()) {
            Volume volume = volumes.get(mount.getName());
            assertThat(volume).as(mount.getName()).isNotNull();
            if (volume.getConfigMap() != null) {
                ConfigMap map = manifests.named(ConfigMap.class, volume.getConfigMap().getName());
                assertThat(mount.getReadOnly()).isTrue();
                assertThat(volume.getConfigMap().getItems()).isEmpty();
                map.getData().forEach((key, text) -> {
                    if (mount.getSubPath() == null || mount.getSubPath().equals(key)) {
                        String path = mount.getSubPath() == null ? mount.getMountPath() + "/" + key : mount.getMountPath();
                        assertThat(mounted.put(path, text)).as("mounted twice: " + path).isNull();
                    }
                });
            }
        }
        Map<String, String> expected = new TreeMap<>(Map.of("/app/application.yaml", Files.readString(APPLICATION)));
        try (Stream<Path> files = Files.walk(RouteMaps.ROUTES)) {
            for (Path file : files.filter(Files::isRegularFile).filter(file -> !file.equals(ROUTES_LIST)).toList()) {
                expected.put(ROUTES_DIR + "/" + RouteMaps.ROUTES.relativize(file), Files.readString(file));
            }
        }
        assertThat(mounted.keySet()).isEqualTo(expected.keySet());
        expected.forEach((path, text) -> assertThat(mounted.get(path)).as(path).isEqualTo(text));
        assertThat(Files.readString(Path.of("Dockerfile"))).contains("WORKDIR /app\n").doesNotContain("ROUTES_DIR");
        assertThat(pod.getVolumes()).extracting(Volume::getName).containsExactlyInAnyOrderElementsOf(
                container(pod).getVolumeMounts().stream().map(VolumeMount::getName).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"staging", "production"})
    void keepsConfigMapsOfEarlierRevisions(String overlay) throws Exception {
        List<ConfigMap> maps = render(overlay).all(ConfigMap.class).toList();
        assertThat(maps.size()).isEqualTo(RouteMaps.folders().size() + 1);
        for (ConfigMap map : maps) {
            String name = map.getMetadata().getName();
            assertThat(name).matches("salesloft-[a-z-]+-[a-z0-9]{10}");
            assertThat(map.getImmutable()).as(name).isTrue();
            assertThat(map.getMetadata().getAnnotations()).as(name).containsAllEntriesOf(KEPT);
            assertThat(map.getData().keySet()).as(name).allMatch(key -> key.matches("[-._a-zA-Z0-9]{1,253}"));
            assertThat(map.getData().entrySet().stream().mapToInt(entry -> bytes(entry.getKey()) + bytes(entry.getValue())).sum()).as(name).isLessThan(MEBIBYTE);
            assertThat(map.getBinaryData()).as(name).isNullOrEmpty();
        }
    }

    /** A route is edited: that is a rollout of its own, beside whose ConfigMaps those of the one before stay, so that it can be undone. */
    @Test
    void rollsOutAnEditedRouteUnderAnotherName() throws Exception {
        FileSystemUtils.copyRecursively(Path.of("deploy"), directory.resolve("deploy"));
        FileSystemUtils.copyRecursively(RouteMaps.ROUTES, directory.resolve("routes"));
        Path overlay = directory.resolve(OVERLAYS).resolve("production");
        Manifests before = Manifests.render(overlay);
        Path route = directory.resolve("routes/health/health.camel.yaml");
        Files.writeString(route, Files.readString(route).replace("period: \"2550\"", "period: \"3000\""));
        Manifests after = Manifests.render(overlay);

        Set<String> changed = names(after, ConfigMap.class);
        changed.removeAll(names(before, ConfigMap.class));
        assertThat(changed).singleElement().asString().startsWith("salesloft-routes-health-");
        assertThat(after.the(Deployment.class)).isNotEqualTo(before.the(Deployment.class));
        assertThat(after.the(Deployment.class).getSpec().getTemplate().getSpec().getVolumes()).anyMatch(volume -> volume.getConfigMap() != null
                && changed.contains(volume.getConfigMap().getName()));
    }

    /** An overlay that keeps the token pair in a Secret names one folder more; the container may then read and replace that Secret, and no other. */
    @Test
    void keepsTheTokenPairInASecret() throws Exception {
        FileSystemUtils.copyRecursively(Path.of("routes"), directory.resolve("routes"));
        FileSystemUtils.copyRecursively(Path.of("deploy"), directory.resolve("deploy"));
        Path overlay = directory.resolve("deploy/kubernetes/overlays/staging");
        Files.writeString(overlay.resolve("kustomization.yaml"), "\ncomponents: [../../components/token-secret]\n", StandardOpenOption.APPEND);
        Manifests manifests = Manifests.render(overlay);
        Secret secret = manifests.the(Secret.class);
        assertThat(secret.getData()).isNullOrEmpty();
        assertThat(secret.getMetadata().getNamespace()).isEqualTo("salesloft-staging");
        Role role = manifests.named(Role.class, "salesloft-integration-token-pair");
        assertThat(role.getRules()).singleElement().satisfies(rule -> {
            assertThat(rule.getResources()).containsExactly("secrets");
            assertThat(rule.getResourceNames()).containsExactly(secret.getMetadata().getName());
            assertThat(rule.getVerbs()).containsExactly("get", "update");
        });
        RoleBinding binding = manifests.named(RoleBinding.class, "salesloft-integration-token-pair");
        assertThat(binding.getRoleRef().getName()).isEqualTo(role.getMetadata().getName());
        assertThat(binding.getSubjects()).singleElement().satisfies(subject -> assertThat(subject.getName()).isEqualTo(manifests.the(ServiceAccount.class).getMetadata().getName()));
        PodSpec pod = manifests.the(Deployment.class).getSpec().getTemplate().getSpec();
        assertThat(container(pod).getEnv()).anyMatch(env -> env.getName().equals("TOKEN_STORE") && env.getValue().equals("kubernetes"))
                .extracting(EnvVar::getName).doesNotHaveDuplicates().allMatch(settings()::contains);
        assertThat(Files.readString(Path.of("application.yaml"))).contains("${TOKEN_SECRET_NAME:" + secret.getMetadata().getName() + "}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"staging", "production"})
    void refersToWhatThereIs(String overlay) throws Exception {
        Manifests manifests = render(overlay);
        Deployment deployment = manifests.the(Deployment.class);
        PodTemplateSpec template = deployment.getSpec().getTemplate();
        Map<String, String> labels = template.getMetadata().getLabels();
        Container container = container(template.getSpec());
        assertThat(manifests.objects()).extracting(object -> object.getMetadata().getNamespace()).containsOnly("salesloft-" + overlay);
        assertThat(deployment.getMetadata().getName()).isEqualTo(NAME);
        assertThat(labels).containsAllEntriesOf(deployment.getSpec().getSelector().getMatchLabels());

        ServiceAccount account = manifests.the(ServiceAccount.class);
        assertThat(template.getSpec().getServiceAccountName()).isEqualTo(account.getMetadata().getName());
        assertThat(account.getAutomountServiceAccountToken()).isFalse();
        Service service = manifests.the(Service.class);
        assertThat(service.getMetadata().getName()).isEqualTo(NAME);
        assertThat(labels).containsAllEntriesOf(service.getSpec().getSelector());
        Map<String, Integer> ports = container.getPorts().stream().collect(Collectors.toMap(port -> port.getName(), port -> port.getContainerPort()));
        assertThat(ports).isEqualTo(Map.of("http", port("server.port"), "management", port("management.server.port")));
        ServicePort port = service.getSpec().getPorts().get(0);
        assertThat(port.getPort()).isEqualTo(8080);
        assertThat(ports.get(port.getTargetPort().getStrVal())).isEqualTo(8080);

        PodDisruptionBudget budget = manifests.the(PodDisruptionBudget.class);
        assertThat(labels).containsAllEntriesOf(budget.getSpec().getSelector().getMatchLabels());
        assertThat(budget.getSpec().getUnhealthyPodEvictionPolicy()).isEqualTo("AlwaysAllow");
        assertThat(budget.getSpec().getMaxUnavailable().getIntVal()).isEqualTo(1);
        assertThat(template.getSpec().getTopologySpreadConstraints()).extracting(spread -> spread.getTopologyKey())
                .containsExactly("topology.kubernetes.io/zone", "kubernetes.io/hostname");
        assertThat(template.getSpec().getTopologySpreadConstraints()).allSatisfy(spread -> {
            assertThat(labels).containsAllEntriesOf(spread.getLabelSelector().getMatchLabels());
            assertThat(spread.getMatchLabelKeys()).containsExactly("pod-template-hash");
        });

        RoleBinding binding = manifests.the(RoleBinding.class);
        assertThat(binding.getRoleRef().getName()).isEqualTo(manifests.the(Role.class).getMetadata().getName());
        assertThat(binding.getSubjects()).singleElement().satisfies(subject -> {
            assertThat(subject.getKind()).isEqualTo("ServiceAccount");
            assertThat(subject.getName()).isEqualTo(account.getMetadata().getName());
            assertThat(subject.getNamespace()).isEqualTo("salesloft-" + overlay);
        });
    }

    /** What a rollback reads and changes, and nothing else. */
    @ParameterizedTest
    @ValueSource(strings = {"staging", "production"})
    void mayDoWhatARollbackNeeds(String overlay) throws Exception {
        Manifests manifests = render(overlay);
        List<PolicyRule> rules = manifests.the(Role.class).getRules();
        PodSpec pod = manifests.the(Deployment.class).getSpec().getTemplate().getSpec();
        assertThat(rules).hasSize(5).allSatisfy(rule -> assertThat(rule.getVerbs()).doesNotContain("*", "create", "delete"));
        assertThat(rule(rules, "secrets")).satisfies(rule -> {
            assertThat(rule.getVerbs()).containsExactly("get");
            assertThat(rule.getResourceNames()).containsExactlyInAnyOrderElementsOf(secrets(pod));
        });
        assertThat(rule(rules, "serviceaccounts")).satisfies(rule -> {
            assertThat(rule.getVerbs()).containsExactly("get");
            assertThat(rule.getResourceNames()).containsExactly(pod.getServiceAccountName());
        });
        assertThat(rule(rules, "configmaps").getVerbs()).containsExactly("get");
        assertThat(rule(rules, "deployments")).satisfies(rule -> {
            assertThat(rule.getVerbs()).containsExactly("get", "patch");
            assertThat(rule.getResourceNames()).containsExactly(NAME);
            assertThat(rule.getApiGroups()).containsExactly("apps");
        });
        assertThat(rule(rules, "replicasets")).satisfies(rule -> {
            assertThat(rule.getVerbs()).containsExactly("get", "list");
            assertThat(rule.getApiGroups()).containsExactly("apps");
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"staging", "production"})
    void talksToWhatItNeeds(String overlay) throws Exception {
        Manifests manifests = render(overlay);
        NetworkPolicy policy = manifests.the(NetworkPolicy.class);
        Map<String, String> selector = policy.getSpec().getPodSelector().getMatchLabels();
        assertThat(manifests.the(Deployment.class).getSpec().getTemplate().getMetadata().getLabels()).containsAllEntriesOf(selector);
        assertThat(job().getSpec().getTemplate().getMetadata().getLabels()).containsAllEntriesOf(selector);
        assertThat(policy.getSpec().getPolicyTypes()).containsExactly("Ingress", "Egress");
        assertThat(policy.getSpec().getIngress()).flatExtracting(rule -> ports(rule.getPorts())).containsExactly("8080", "8081");
        // DNS, the Service, PostgreSQL, Kafka, HTTPS, the API server.
        assertThat(policy.getSpec().getEgress()).flatExtracting(rule -> ports(rule.getPorts()))
                .containsExactly("53 UDP", "53 TCP", "8080", "5432", "9092", "9093", "443", "6443");
        assertThat(policy.getSpec().getEgress()).flatExtracting(rule -> rule.getTo() == null ? List.of() : rule.getTo())
                .filteredOn(to -> to.toString().contains(NAME)).hasSize(1);
        String brokers = value(manifests, "KAFKA_BROKERS");
        assertThat(brokers).endsWith(":9092");
    }

    @ParameterizedTest
    @ValueSource(strings = {"staging", "production"})
    void replacesOneReplicaAfterTheOther(String overlay) throws Exception {
        Deployment deployment = render(overlay).the(Deployment.class);
        Container container = container(deployment.getSpec().getTemplate().getSpec());
        assertThat(deployment.getSpec().getReplicas()).isEqualTo(2);
        assertThat(deployment.getSpec().getStrategy()).satisfies(strategy -> {
            assertThat(strategy.getType()).isEqualTo("RollingUpdate");
            assertThat(strategy.getRollingUpdate().getMaxUnavailable().getIntVal()).isZero();
            assertThat(strategy.getRollingUpdate().getMaxSurge().getIntVal()).isEqualTo(1);
        });
        assertThat(container.getStartupProbe().getHttpGet().getPath()).isEqualTo("/actuator/health/readiness");
        assertThat(container.getReadinessProbe().getHttpGet().getPath()).isEqualTo("/actuator/health/readiness");
        assertThat(container.getLivenessProbe().getHttpGet().getPath()).isEqualTo("/actuator/health/liveness");
        assertThat(List.of(container.getStartupProbe(), container.getReadinessProbe(), container.getLivenessProbe())).extracting(Probe::getHttpGet)
                .extracting(HTTPGetAction::getPort).allSatisfy(port -> assertThat(port.getStrVal()).isEqualTo("management"));
        int start = container.getStartupProbe().getPeriodSeconds() * container.getStartupProbe().getFailureThreshold();
        assertThat(deployment.getSpec().getProgressDeadlineSeconds()).as("a pod that is still starting has not failed yet").isGreaterThan(start);
        assertThat(deployment.getSpec().getRevisionHistoryLimit()).as("ways back").isGreaterThanOrEqualTo(5);
    }

    /** The times stand in three files, and each must have room for the others. */
    @Test
    void hasTimeToEndItsWork() throws Exception {
        Duration connections = time("salesloft.last-answers");
        Duration requests = time("spring.lifecycle.timeout-per-shutdown-phase");
        Duration exchanges = Duration.ofSeconds(Long.parseLong(inJar().getProperty("camel.main.shutdown-timeout")));
        Duration closing = Duration.ofSeconds(5); // what GracefulStopProcessTest sees beyond these, twice
        Duration stop = connections.plus(requests).plus(exchanges).plus(closing);
        assertThat(inJar().getProperty("server.shutdown")).isEqualTo("graceful");
        for (String overlay : List.of("staging", "production")) {
            PodSpec pod = render(overlay).the(Deployment.class).getSpec().getTemplate().getSpec();
            List<String> before = container(pod).getLifecycle().getPreStop().getExec().getCommand();
            assertThat(before).hasSize(2).startsWith("sleep");
            Duration preStop = Duration.ofSeconds(Long.parseLong(before.get(1)));
            assertThat(preStop).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(30));
            assertThat(Duration.ofSeconds(pod.getTerminationGracePeriodSeconds())).isGreaterThanOrEqualTo(preStop.plus(stop));
        }
        assertThat(Duration.ofSeconds(job().getSpec().getTemplate().getSpec().getTerminationGracePeriodSeconds())).isGreaterThanOrEqualTo(stop);
        assertThat(DurationStyle.detectAndParse(compose().path("services").path("container").path("stop_grace_period").asText())).isGreaterThanOrEqualTo(stop);
    }

    /** In the image an event in JSON a line, which says where it comes from; the cache of classes is made by the same. */
    @ParameterizedTest
    @ValueSource(strings = {"staging", "production"})
    void logsEventsThatNameTheInstallation(String which) throws Exception {
        assertThat(Files.readString(Path.of("Dockerfile"))).containsSubsequence("ENV LOGGING_STRUCTURED_FORMAT_CONSOLE=ecs\n", "-XX:AOTCacheOutput=");
        assertThat(container(render(which).the(Deployment.class).getSpec().getTemplate().getSpec()).getEnv())
                .contains(new EnvVar("LOGGING_STRUCTURED_ECS_SERVICE_ENVIRONMENT", which, null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"staging", "production", "job"})
    void hasNoRightsAndABoundForEverything(String which) throws Exception {
        PodSpec pod = which.equals("job") ? job().getSpec().getTemplate().getSpec() : render(which).the(Deployment.class).getSpec().getTemplate().getSpec();
        String dockerfile = Files.readString(Path.of("Dockerfile"));
        assertThat(pod.getSecurityContext()).satisfies(context -> {
            assertThat(context.getRunAsNonRoot()).isTrue();
            assertThat(dockerfile).contains("USER " + context.getRunAsUser() + ":" + context.getRunAsGroup() + "\n");
            assertThat(context.getSeccompProfile()).isEqualTo(new SeccompProfile(null, "RuntimeDefault"));
        });
        assertThat(pod.getContainers()).hasSize(1);
        SecurityContext context = container(pod).getSecurityContext();
        assertThat(context.getAllowPrivilegeEscalation()).isFalse();
        assertThat(context.getReadOnlyRootFilesystem()).isTrue();
        assertThat(context.getCapabilities().getDrop()).containsExactly("ALL");
        assertThat(context.getCapabilities().getAdd()).isNullOrEmpty();
        assertThat(context.getPrivileged()).isNull();
        assertThat(pod.getVolumes()).filteredOn(volume -> volume.getEmptyDir() != null).singleElement().satisfies(volume -> {
            assertThat(volume.getEmptyDir().getSizeLimit()).isNotNull();
            assertThat(container(pod).getVolumeMounts()).filteredOn(mount -> mount.getName().equals(volume.getName())).extracting(VolumeMount::getMountPath)
                    .containsExactly("/tmp");
        });
        assertThat(pod.getEnableServiceLinks()).isFalse();
        assertThat(pod.getAutomountServiceAccountToken()).as("a rollback asks the API server").isTrue();
        assertThat(pod.getServiceAccountName()).isEqualTo(NAME);

        Map<String, Quantity> limits = container(pod).getResources().getLimits();
        Map<String, Quantity> requests = container(pod).getResources().getRequests();
        assertThat(limits.keySet()).containsExactlyInAnyOrder("cpu", "memory", "ephemeral-storage");
        assertThat(requests.keySet()).isEqualTo(limits.keySet());
        assertThat(requests.get("memory")).as("memory that is promised is there").isEqualTo(limits.get("memory"));
        int heapPercent = Integer.parseInt(Pattern.compile("MaxRAMPercentage=(\\d+)").matcher(dockerfile).results().findFirst().orElseThrow().group(1));
        double outsideHeap = limits.get("memory").getNumericalAmount().doubleValue() * (100 - heapPercent) / 100;
        assertThat(outsideHeap).as("for classes, threads, code and buffers").isGreaterThanOrEqualTo(256.0 * MEBIBYTE);
    }

    @Test
    void hasAnOauthClientForEach() throws Exception {
        Manifests staging = render("staging");
        Manifests production = render("production");
        for (String setting : List.of("SALESLOFT_CLIENT_ID", "SALESLOFT_CLIENT_SECRET", "SALESLOFT_REFRESH_TOKEN")) {
            assertThat(secret(staging, setting).getName()).isEqualTo("salesloft-oauth-staging");
            assertThat(secret(production, setting).getName()).isEqualTo("salesloft-oauth-production");
        }
        assertThat(value(staging, "SALESLOFT_READ_ONLY")).isEqualTo("true");
        assertThat(image(staging)).isNotEqualTo(image(production)).doesNotEndWith(":latest").contains(":");
    }

    @ParameterizedTest
    @ValueSource(strings = {"staging", "production", "job"})
    void setsKnownSettingsAndNoSecret(String which) throws Exception {
        PodSpec pod = which.equals("job") ? job().getSpec().getTemplate().getSpec() : render(which).the(Deployment.class).getSpec().getTemplate().getSpec();
        Container container = container(pod);
        assertThat(container.getEnvFrom()).as("each setting is named").isEmpty();
        assertThat(container.getEnv()).extracting(EnvVar::getName).doesNotHaveDuplicates()
                .allMatch(settings()::contains)
                .contains("DATABASE_URL", "DATABASE_USER", "DATABASE_PASSWORD", "TOKEN_KEY", "OPS_TOKEN", "ROLLBACK_PLATFORM", "ROLLBACK_NAMESPACE");
        assertThat(container.getEnv()).allSatisfy(env -> {
            if (env.getName().matches(".*(TOKEN|SECRET|PASSWORD|KEY|CLIENT_ID|NOTIFY_\\w+)")) {
                assertThat(env.getValue()).as(env.getName()).isNull();
                assertThat(env.getValueFrom().getSecretKeyRef().getKey()).isEqualTo(env.getName());
            }
        });
        assertThat(container.getEnv()).filteredOn(env -> env.getName().equals("ROLLBACK_NAMESPACE")).extracting(env -> env.getValueFrom().getFieldRef().getFieldPath())
                .containsExactly("metadata.namespace");
    }

    /** What an overlay may add: secrets as files, and TLS. Nothing of the Secrets is left in a variable but the OAuth client, which the overlay names. */
    @Test
    void mountsSecretsAndCertificatesWhereThatIsWanted() throws Exception {
        FileSystemUtils.copyRecursively(Path.of("deploy"), directory.resolve("deploy"));
        FileSystemUtils.copyRecursively(RouteMaps.ROUTES, directory.resolve("routes"));
        Path overlay = directory.resolve(OVERLAYS).resolve("production");
        Files.writeString(overlay.resolve("kustomization.yaml"), "components: [../../components/secret-files, ../../components/tls]\n", StandardOpenOption.APPEND);
        Manifests manifests = Manifests.render(overlay);
        PodSpec pod = manifests.the(Deployment.class).getSpec().getTemplate().getSpec();

        Set<String> asVariables = env(render("production").the(Deployment.class).getSpec().getTemplate().getSpec()).values().stream()
                .filter(env -> env.getValueFrom() != null && env.getValueFrom().getSecretKeyRef() != null && !env.getValueFrom().getSecretKeyRef().getName().startsWith("salesloft-oauth"))
                .map(EnvVar::getName).collect(Collectors.toSet());
        assertThat(asVariables).hasSizeGreaterThan(8);
        assertThat(env(pod).keySet()).doesNotContainAnyElementsOf(asVariables);
        assertThat(secrets(pod)).containsExactly("salesloft-oauth-production");
        Map<String, VolumeMount> mounts = container(pod).getVolumeMounts().stream().collect(Collectors.toMap(VolumeMount::getName, mount -> mount));
        Map<String, Volume> volumes = pod.getVolumes().stream().collect(Collectors.toMap(Volume::getName, volume -> volume));
        assertThat(env(pod).get("SPRING_CONFIG_IMPORT").getValue()).isEqualTo("configtree:" + mounts.get("secrets").getMountPath() + "/");
        assertThat(volumes.get("secrets").getProjected().getSources()).extracting(source -> source.getSecret().getName()).containsExactly("salesloft-database", "salesloft-tokens");

        String tls = mounts.get("tls").getMountPath();
        assertThat(volumes.get("tls").getSecret().getSecretName()).isEqualTo("salesloft-tls");
        assertThat(env(pod).get("SERVER_SSL_BUNDLE").getValue()).isEqualTo("listener");
        assertThat(inJar().getProperty("spring.ssl.bundle.pem.listener.reload-on-update")).isEqualTo("true");
        assertThat(env(pod).get("SPRING_SSL_BUNDLE_PEM_LISTENER_KEYSTORE_CERTIFICATE").getValue()).isEqualTo(tls + "/tls.crt");
        assertThat(env(pod).get("SPRING_SSL_BUNDLE_PEM_LISTENER_KEYSTORE_PRIVATEKEY").getValue()).isEqualTo(tls + "/tls.key");
        assertThat(env(pod).get("EXTRA_CA_CERTS").getValue()).startsWith(tls + "/");
        assertThat(env(pod).get("ROLLBACK_VERIFY_URL").getValue()).isEqualTo("https://" + manifests.the(Service.class).getMetadata().getName() + ":8080/health");
        assertThat(rule(manifests.the(Role.class).getRules(), "secrets").getResourceNames()).contains("salesloft-tls");
        for (String name : List.of("secrets", "tls")) {
            assertThat(mounts.get(name).getSubPath()).as("what is mounted by subPath never changes").isNull();
            assertThat(mounts.get(name).getReadOnly()).isTrue();
        }
    }

    /** The same account, Secrets and database; and no Service, budget or Deployment takes its pod for a replica. */
    @Test
    void rollsBackFromOutside() throws Exception {
        Job job = job();
        Manifests production = render("production");
        PodSpec pod = job.getSpec().getTemplate().getSpec();
        Map<String, EnvVar> replicas = env(production.the(Deployment.class).getSpec().getTemplate().getSpec());
        assertThat(env(pod)).allSatisfy((name, env) -> assertThat(env).isEqualTo(replicas.get(name)));
        assertThat(container(pod).getArgs()).singleElement().asString().startsWith("--rollback=");
        assertThat(container(pod).getImage()).startsWith(image(production).replaceFirst(":[^:/]*$", ":"));
        assertThat(pod.getRestartPolicy()).isEqualTo("Never");
        assertThat(job.getSpec().getTemplate().getMetadata().getLabels().entrySet()).doesNotContainAnyElementsOf(
                production.the(Service.class).getSpec().getSelector().entrySet());
        assertThat(Files.readString(JOB).lines().filter(line -> line.contains("FILL"))).hasSize(2);
        assertThat(job.getMetadata().getName()).isNull();
        assertThat(job.getMetadata().getGenerateName()).isEqualTo(NAME + "-rollback-");
    }

    @Test
    void composes() throws Exception {
        JsonNode compose = compose();
        JsonNode services = compose.path("services");
        assertThat(services.properties()).allSatisfy(service -> {
            assertThat(service.getValue().path("image").asText("x:1")).as("pinned").matches("[a-z/]+:\\d[\\w.-]*");
            service.getValue().path("depends_on").properties().forEach(other -> {
                assertThat(other.getValue().path("condition").asText()).isEqualTo("service_healthy");
                assertThat(services.path(other.getKey()).has("healthcheck")).as(other.getKey()).isTrue();
            });
            service.getValue().path("volumes").forEach(volume -> {
                String from = volume.asText().split(":")[0];
                assertThat(from.startsWith(".") ? Files.exists(Path.of("deploy").resolve(from)) : compose.path("volumes").has(from)).as(volume.asText()).isTrue();
            });
        });
        JsonNode container = services.path("container");
        assertThat(container.path("environment").properties()).allSatisfy(setting -> assertThat(settings()).contains(setting.getKey()));
        assertThat(container.path("environment").path("DATABASE_URL").asText()).isEqualTo("jdbc:postgresql://database:5432/"
                + services.path("database").path("environment").path("POSTGRES_DB").asText());
        assertThat(container.path("environment").path("DATABASE_USER")).isEqualTo(services.path("database").path("environment").path("POSTGRES_USER"));
        JsonNode kafka = services.path("kafka").path("environment");
        Map<String, String> advertised = listeners(kafka.path("KAFKA_ADVERTISED_LISTENERS"));
        assertThat(advertised.get(kafka.path("KAFKA_INTER_BROKER_LISTENER_NAME").asText())).isEqualTo(container.path("environment").path("KAFKA_BROKERS").asText());
        assertThat(listeners(kafka.path("KAFKA_LISTENERS")).keySet()).containsAll(advertised.keySet()).contains(kafka.path("KAFKA_CONTROLLER_LISTENER_NAMES").asText());
        assertThat(services.path("kafka").path("ports").get(0).asText()).endsWith(advertised.get("OUTSIDE").replaceFirst("localhost", ""));
        assertThat(Files.exists(Path.of("deploy").resolve(container.path("env_file").asText() + ".example"))).isTrue();
        assertThat(container.path("read_only").asBoolean()).isTrue();
        assertThat(container.path("cap_drop").get(0).asText()).isEqualTo("ALL");
    }

    /** That this test would see it. */
    @Test
    void refusesFieldsThatKubernetesDoesNotKnow() {
        String service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selektor: {a: b}}\n";
        assertThatThrownBy(() -> Manifests.read(service)).hasMessageContaining("selektor");
        assertThatThrownBy(() -> Manifests.read(service.replace("Service", "Pod"))).hasMessageContaining("Pod");
        assertThatThrownBy(() -> Manifests.read("apiVersion: apps/v2\nkind: Deployment\n")).hasMessageContaining("apps/v2");
    }

    private static Manifests render(String overlay) throws IOException, InterruptedException {
        if (!RENDERED.containsKey(overlay)) {
            RENDERED.put(overlay, Manifests.render(OVERLAYS.resolve(overlay)));
        }
        return RENDERED.get(overlay);
    }

    private static Job job() throws IOException {
        return Manifests.read(Files.readString(JOB)).the(Job.class);
    }

    private static JsonNode compose() throws IOException {
        return new YAMLMapper().readTree(Path.of("deploy/compose.yaml").toFile());
    }

    /** NAME://host:port, with commas between, by name. */
    private static Map<String, String> listeners(JsonNode listeners) {
        return Stream.of(listeners.asText().split(",")).collect(Collectors.toMap(one -> one.split("://")[0], one -> one.split("://")[1]));
    }

    private static Container container(PodSpec pod) {
        return pod.getContainers().get(0);
    }

    private static String image(Manifests manifests) {
        return container(manifests.the(Deployment.class).getSpec().getTemplate().getSpec()).getImage();
    }

    private static Map<String, EnvVar> env(PodSpec pod) {
        return container(pod).getEnv().stream().collect(Collectors.toMap(EnvVar::getName, env -> env));
    }

    private static String value(Manifests manifests, String setting) {
        return env(manifests.the(Deployment.class).getSpec().getTemplate().getSpec()).get(setting).getValue();
    }

    private static SecretKeySelector secret(Manifests manifests, String setting) {
        return env(manifests.the(Deployment.class).getSpec().getTemplate().getSpec()).get(setting).getValueFrom().getSecretKeyRef();
    }

    private static Set<String> secrets(PodSpec pod) {
        return container(pod).getEnv().stream().filter(env -> env.getValueFrom() != null && env.getValueFrom().getSecretKeyRef() != null)
                .map(env -> env.getValueFrom().getSecretKeyRef().getName()).collect(Collectors.toSet());
    }

    private static <T extends HasMetadata> Set<String> names(Manifests manifests, Class<T> kind) {
        return manifests.all(kind).map(object -> object.getMetadata().getName()).collect(Collectors.toSet());
    }

    private static PolicyRule rule(List<PolicyRule> rules, String resource) {
        return rules.stream().filter(rule -> rule.getResources().equals(List.of(resource))).findAny().orElseThrow(() -> new AssertionError("no rule for " + resource));
    }

    private static List<String> ports(List<NetworkPolicyPort> ports) {
        List<String> all = new ArrayList<>();
        ports.forEach(port -> all.add(port.getPort().getIntVal() + (port.getProtocol() == null ? "" : " " + port.getProtocol())));
        return all;
    }

    private static Set<String> settings() {
        return properties(APPLICATION).values().stream().flatMap(value -> VARIABLE.matcher(value.toString()).results()).map(variable -> variable.group(1))
                .collect(Collectors.toSet());
    }

    private static int port(String setting) {
        return Integer.parseInt(properties(APPLICATION).getProperty(setting).replaceFirst(".*:(\\d+)}", "$1"));
    }

    private static Duration time(String setting) {
        return DurationStyle.detectAndParse(inJar().getProperty(setting));
    }

    private static Properties inJar() {
        return properties(Path.of("src/main/resources/application.yaml"));
    }

    private static Properties properties(Path yaml) {
        YamlPropertiesFactoryBean factory = new YamlPropertiesFactoryBean();
        factory.setResources(new FileSystemResource(yaml));
        return factory.getObject();
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
