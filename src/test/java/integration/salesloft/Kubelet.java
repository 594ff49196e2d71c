package integration.salesloft;

import integration.salesloft.rollback.PretendCluster;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Runs the one pod of a Deployment in a {@link PretendCluster}, as a process: with the routes that the Deployment's template names, started
 * again when it has ended, and replaced when the template names others. Of routes that are saved the process takes care itself ({@link Workbench}).
 */
final class Kubelet implements AutoCloseable {

    private static final String DEPLOYMENT = "salesloft-integration";
    private static final String ROUTES = "ROUTES_DIR";
    private static final Pattern PORTS = Pattern.compile("(?s)Tomcat started on port (\\d+).*?Tomcat started on port (\\d+)");

    private final PretendCluster cluster;
    private final Path log;
    private final Path pid;
    private final Map<String, String> settings;
    private final Consumer<String> told;
    private long read;
    private String routes;
    private Container container;
    private boolean closed;

    /**
     * @param pid where the number of the present process stands
     * @param settings what every release is started with
     * @param told hears what becomes of the process
     */
    Kubelet(PretendCluster cluster, Path log, Path pid, Map<String, String> settings, Consumer<String> told) {
        this.cluster = cluster;
        this.log = Container.newLog(log);
        this.pid = pid;
        this.settings = settings;
        this.told = told;
    }

    /** A new revision of the Deployment, with these routes. */
    void deploy(Path release) {
        PodTemplateSpec template = new PodTemplateSpecBuilder().withNewMetadata().addToLabels("app", DEPLOYMENT).endMetadata().withNewSpec()
                .addNewContainer().withName("container").withImage(DEPLOYMENT).addNewEnv().withName(ROUTES).withValue(release.toString()).endEnv().endContainer().endSpec().build();
        cluster.apply(DEPLOYMENT, template, Map.of(), "sandbox");
        cluster.edit(DEPLOYMENT, deployment -> deployment.getSpec().setReplicas(1));
    }

    /** Has what the Deployment wants run here; waits until what that replaces has ended, not until it has started. */
    synchronized void reconcile() {
        workbench();
        String wanted = cluster.deployment(DEPLOYMENT).getSpec().getTemplate().getSpec().getContainers().get(0).getEnv().get(0).getValue();
        if (closed || wanted.equals(routes) && container.alive()) {
            return;
        }
        if (wanted.equals(routes)) {
            told.accept("the container is gone; starting it again");
        } else if (container != null) {
            told.accept("the Deployment has changed; the container is stopped, and started with " + ROUTES + "=" + wanted);
            container.stop();
        }
        routes = wanted;
        Map<String, String> all = new HashMap<>(settings);
        all.put(ROUTES, routes);
        int from = Math.toIntExact(log.toFile().length()); // what the one before said is not of this one
        Process process = Container.process(Path.of("").toAbsolutePath(), log, ClassArchive.asItIs().options(), List.of("-Xmx384m"), all, Workbench.class.getName());
        container = new Container(process, log, from, PORTS, process::destroyForcibly);
        try {
            Files.writeString(pid, Long.toString(container.pid()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Hands on what the process says of routes that were saved, in whole lines. */
    private void workbench() {
        try (FileChannel lines = FileChannel.open(log)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.max(0, lines.size() - read));
            lines.read(bytes, read);
            String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
            String whole = text.substring(0, text.lastIndexOf('\n') + 1);
            read += whole.getBytes(StandardCharsets.UTF_8).length;
            whole.lines().filter(line -> line.startsWith(Workbench.SAYS)).forEach(told);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void awaitStarted() {
        container.awaitStarted();
    }

    /** Stops the pod; nothing is started from then on. */
    @Override
    public synchronized void close() {
        closed = true;
        container.stop();
    }
}
