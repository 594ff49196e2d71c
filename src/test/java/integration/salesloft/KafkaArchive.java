package integration.salesloft;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The classes that a start of Kafka loads, as the JVM has read and linked them, which takes half off each later start: the first server that
 * a test borrows leaves them when it is stopped. All JVMs that share the tests use the same. Where there is none a start only takes longer.
 */
final class KafkaArchive {

    private static final Path FOLDER = Path.of("target", "class-archive").toAbsolutePath();
    private static final String LEFT = "classes.jsa";

    private KafkaArchive() {
    }

    /**
     * What a JVM is to be started with; what it says of an archive that it cannot use belongs into no log.
     *
     * @param leaves whether it may leave one in its directory, which takes it some seconds as it ends
     */
    static List<String> options(Path directory, boolean leaves) {
        List<String> classes = List.of("-Xlog:disable", "-cp", classPath());
        String archive = Files.exists(archive()) ? "-XX:SharedArchiveFile=" + archive() : leaves && isFirst() ? "-XX:ArchiveClassesAtExit=" + directory.resolve(LEFT) : "-Xshare:auto";
        return Stream.concat(Stream.of(archive), classes.stream()).toList();
    }

    /** What a server has left as it was stopped is for all. */
    static void keep(Path directory) {
        Path left = directory.resolve(LEFT);
        try {
            if (Files.exists(left)) {
                Path part = Files.copy(left, FOLDER.resolve("part-" + Fork.NAME), StandardCopyOption.REPLACE_EXISTING);
                Files.move(part, archive(), StandardCopyOption.ATOMIC_MOVE);
                Files.delete(left);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isFirst() {
        try {
            Files.createDirectories(FOLDER);
            Files.createFile(archive().resolveSibling(archive().getFileName() + ".promised"));
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** For these libraries, on this virtual machine. */
    private static Path archive() {
        String state = String.join("\n", System.getProperty("java.home"), System.getProperty("java.vm.version"), classPath());
        return FOLDER.resolve("kafka-" + UUID.nameUUIDFromBytes(state.getBytes(StandardCharsets.UTF_8)) + ".jsa");
    }

    /** Only classes in jars are archived, and only if what else there is comes after them. */
    private static String classPath() {
        return Stream.of(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")).split(File.pathSeparator))
                .sorted(Comparator.comparing(path -> !path.endsWith(".jar"))).collect(Collectors.joining(File.pathSeparator));
    }
}
