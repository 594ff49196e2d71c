package integration.salesloft;

import integration.salesloft.rollback.PretendCluster;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * What a container as a process is started from: the build's classes in a jar, its libraries without the tests', and an archive of the
 * classes that a start loads, as the JVM has read and linked them, which takes half off each later start. Whoever needs it first makes it,
 * once for each state of the classes; all JVMs that share the tests use the same. Where no archive can be made a start only takes longer.
 */
final class ClassArchive {

    private static final Path CLASSES = Path.of("target", "classes");
    /** Of the tests' classes those that start several containers in one process, at once or one after the other. */
    private static final Path TEST_CLASSES = Path.of("target", "test-classes");
    private static final String STARTERS = "(ContainersMain|SharedProcess|Workbench)\\b.*\\.class";
    /** Written by the build: the libraries of the container. */
    private static final Path LIBRARIES = Path.of("target", "runtime-classpath");
    private static final Path DIRECTORY = Path.of("target", "class-archive");
    private static ClassArchive trained;

    private final String classPath;
    private final Path archive;

    private ClassArchive(String classPath, Path archive) {
        this.classPath = classPath;
        this.archive = archive;
    }

    /** With the archive, which is made if it is not there yet. */
    static synchronized ClassArchive trained() {
        if (trained == null) {
            trained = alone(archive -> {
                Path complete = archive.archive.resolveSibling("trained");
                if (!Files.exists(complete)) {
                    archive.train();
                    Files.createFile(complete);
                }
            });
        }
        return trained;
    }

    /** With the archive if it is there: for whoever starts one container. */
    static ClassArchive asItIs() {
        return alone(archive -> { });
    }

    /** The class path of what the container runs on, without its own classes. */
    static String libraries() {
        try {
            return Files.readString(LIBRARIES).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Step {
        void with(ClassArchive archive) throws IOException;
    }

    /** One thread and one JVM after the other, because several share the tests. */
    private static synchronized ClassArchive alone(Step step) {
        try {
            Files.createDirectories(DIRECTORY);
            try (FileChannel file = FileChannel.open(DIRECTORY.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                 FileLock lock = file.lock()) {
                Path folder = DIRECTORY.resolve(UUID.nameUUIDFromBytes(state().getBytes(StandardCharsets.UTF_8)).toString());
                Path jar = folder.resolve("application.jar");
                if (!Files.exists(jar)) {
                    Files.createDirectories(folder);
                    Path part = folder.resolve("part.jar");
                    pack(part);
                    Files.move(part, jar);
                }
                ClassArchive archive = new ClassArchive(jar + File.pathSeparator + libraries(), folder.resolve("classes.jsa"));
                step.with(archive);
                return archive;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of the virtual machine, the libraries and the classes. */
    private static String state() throws IOException {
        try (Stream<Path> files = Stream.concat(Files.walk(CLASSES), starters())) {
            List<String> state = new ArrayList<>(List.of(System.getProperty("java.home"), System.getProperty("java.vm.version"), libraries()));
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                state.add(file + " " + Files.size(file) + " " + Arrays.hashCode(Files.readAllBytes(file)));
            }
            return String.join("\n", state);
        }
    }

    private static Stream<Path> starters() throws IOException {
        return Files.list(TEST_CLASSES.resolve(ClassArchive.class.getPackageName().replace('.', File.separatorChar))).filter(file -> file.getFileName().toString().matches(STARTERS));
    }

    /** Only classes in jars are archived. */
    private static void pack(Path jar) throws IOException {
        try (JarOutputStream out = new JarOutputStream(new BufferedOutputStream(Files.newOutputStream(jar))); Stream<Path> files = Stream.concat(Files.walk(CLASSES), starters())) {
            for (Path file : files.filter(file -> !file.equals(CLASSES)).sorted().toList()) {
                String name = (file.startsWith(CLASSES) ? CLASSES : TEST_CLASSES).relativize(file).toString().replace(File.separatorChar, '/');
                out.putNextEntry(new ZipEntry(Files.isDirectory(file) ? name + "/" : name));
                if (Files.isRegularFile(file)) {
                    Files.copy(file, out);
                }
                out.closeEntry();
            }
        }
    }

    /** A container that does some of all it does and is stopped: as it ends, the JVM archives what it has loaded. */
    private void train() {
        try (Kafka kafka = Kafka.lend(); PretendCluster cluster = new PretendCluster("training"); Installation here = new Installation(Postgres.shared(), "class_archive", Map.of("rateLimit", 0))) {
            Map<String, String> settings = new HashMap<>(here.settings(Map.of("SYNC_RESOURCES", "people,accounts", "SALESLOFT_RATE_LIMIT", "0", "KAFKA_BROKERS", kafka.brokers(),
                    "SALESLOFT_CALLBACK_TOKEN", Delivery.TOKEN, "ROLLBACK_PLATFORM", "kubernetes", "KUBECONFIG", cluster.kubeconfig(archive.resolveSibling("kubeconfig").toAbsolutePath()).toString(),
                    "SERVER_PORT", "0", "MANAGEMENT_PORT", "0", "CAMEL_MAIN_SHUTDOWNTIMEOUT", "1")));
            Container container = Container.run(Container.newLog(archive.resolveSibling("training.log")), this, List.of("-Xmx384m", "-XX:ArchiveClassesAtExit=" + archive), settings);
            container.awaitStarted();
            here.awaitRow(60, "(select count(*) n from sync_cursor where finished_at is not null) pulled where n = 2");
            container.post("/ops/rollback?dryRun=true", "{}");
            container.push("application/json", "[{\"email_address\":\"new@example.com\"}]", "training");
            Delivery.person("person_created", 1_000_000, "2026-03-01T12:00:00.000001Z", "new").to(URI.create("http://localhost:" + container.port() + "/webhooks/salesloft"));
            here.awaitRow(60, "sync_row where state = 'done'");
            here.awaitRow(60, "webhook_event where state = 'applied'");
            here.awaitRow(60, "(select count(*) n from outbox) waiting where n = 0");
            container.stop();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the JVM is to be started with; what it says of an archive that it cannot use belongs into no log of a container. */
    List<String> options() {
        List<String> options = new ArrayList<>(List.of("-Xlog:disable", "-cp", classPath));
        if (Files.exists(archive)) {
            options.add(0, "-XX:SharedArchiveFile=" + archive);
        }
        return options;
    }
}
