package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The command kubectl, to hold what plays an API server to what a client of Kubernetes expects. */
public final class Kubectl {

    private final Path folder;
    private final Path config;

    /**
     * @param folder for what it keeps
     * @param config what KUBECONFIG is to name
     */
    public Kubectl(Path folder, Path config) {
        this.folder = folder;
        this.config = config;
    }

    /** Writes what KUBECONFIG is to name, for the container as for kubectl. */
    public static Path config(Path file, String url, String namespace) {
        try {
            return Files.writeString(file, """
                    apiVersion: v1
                    kind: Config
                    current-context: pretend
                    contexts: [{name: pretend, context: {cluster: pretend, namespace: %s, user: pretend}}]
                    clusters: [{name: pretend, cluster: {server: "%s"}}]
                    users: [{name: pretend, user: {token: pretend}}]
                    """.formatted(namespace, url));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its output; fails unless it ends with this code. */
    public String run(int code, String... arguments) throws IOException, InterruptedException {
        assertThat(Stream.of(System.getenv("PATH").split(File.pathSeparator)).map(path -> new File(path, "kubectl")))
                .as("kubectl is not on this machine; it is what ours is compared with, so install it and run this again").anyMatch(File::canExecute);
        List<String> command = new ArrayList<>(List.of("kubectl", "--kubeconfig", config.toString(), "--cache-dir", folder.resolve("cache").toString(), "--request-timeout", "20s"));
        command.addAll(Arrays.asList(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("HOME", folder.toString());
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isEqualTo(code);
        return output;
    }
}
