package integration.salesloft.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.springframework.util.FileSystemUtils;

/** The container laid out as in its image: the jar's extracted layers, and an archive of the classes that a start loads. */
final class Image {

    private static final Path JAR = Path.of("target", "salesloft-integration.jar");
    private static final Path LAYERS = Path.of("target", "bench", "layers");
    private static final Path ARCHIVE = Path.of("target", "bench", "classes.jsa");
    static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();

    private Image() {
    }

    /** Extracts the layers of the built jar. */
    static Image extract() throws IOException, InterruptedException {
        if (!Files.exists(JAR)) {
            throw new IllegalStateException(JAR + " is not built yet: run mvn -Pbench verify");
        }
        FileSystemUtils.deleteRecursively(LAYERS.getParent());
        Files.createDirectories(LAYERS.getParent());
        Process extract = new ProcessBuilder(JAVA, "-Djarmode=tools", "-jar", JAR.toString(), "extract", "--destination", LAYERS.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        if (!extract.waitFor(60, TimeUnit.SECONDS) || extract.exitValue() != 0) {
            throw new IllegalStateException("the layers of " + JAR + " cannot be extracted");
        }
        return new Image();
    }

    /** Starts once, ends it, and keeps what it loaded in the archive. */
    void archiveClasses(Map<String, String> settings) throws Exception {
        try (ImageProcess training = run(settings, "-XX:ArchiveClassesAtExit=" + ARCHIVE)) {
            training.awaitReady();
            training.stop();
        }
    }

    ImageProcess start(Map<String, String> settings, String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of(options));
        if (Files.exists(ARCHIVE)) {
            all.add("-XX:SharedArchiveFile=" + ARCHIVE);
        }
        ImageProcess started = run(settings, all.toArray(String[]::new));
        started.awaitReady();
        return started;
    }

    /** From exec to ready, then ends it. */
    Duration timeStart(Map<String, String> settings) throws Exception {
        long begun = System.nanoTime();
        try (ImageProcess started = start(settings)) {
            return Duration.ofNanos(System.nanoTime() - begun);
        }
    }

    private static ImageProcess run(Map<String, String> settings, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(JAVA));
        command.addAll(List.of(options));
        command.addAll(List.of("-jar", LAYERS.resolve(JAR.getFileName()).toString()));
        return ImageProcess.exec(command, settings, LAYERS.getParent().resolve("container.log"));
    }
}
