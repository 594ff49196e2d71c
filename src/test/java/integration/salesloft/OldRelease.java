package integration.salesloft;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.flywaydb.core.Flyway;
import org.springframework.util.FileSystemUtils;

/**
 * The release before this one: its classes, routes, SQL and settings as they were, compiled here, on the libraries of this one. What it
 * is made of is kept with the tests, so that they need no history. With each release that is handed out it is made anew:
 *
 * <pre>git archive --format=zip -9 -o src/test/resources/old-release.zip COMMIT src/main routes application.yaml</pre>
 */
final class OldRelease {

    private static final String SOURCES = "/old-release.zip";
    private static final Path MIGRATIONS = Path.of("src", "main", "resources", "db", "migration");

    private final Path folder = Path.of("target", "old-release", Fork.NAME).toAbsolutePath();
    private final Path classes = folder.resolve("classes");

    /** Unpacks it. */
    OldRelease() {
        FileSystemUtils.deleteRecursively(folder.toFile());
        try (InputStream packed = OldRelease.class.getResourceAsStream(SOURCES); ZipInputStream sources = new ZipInputStream(packed)) {
            Files.createDirectories(folder);
            for (ZipEntry entry = sources.getNextEntry(); entry != null; entry = sources.getNextEntry()) {
                Path file = folder.resolve(entry.getName());
                if (entry.isDirectory()) {
                    Files.createDirectories(file);
                } else {
                    Files.copy(sources, file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where its application.yaml lies, and its routes. */
    Path folder() {
        return folder;
    }

    /** Compiles it, which takes some seconds. */
    void build() {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null); Stream<Path> sources = Files.walk(folder.resolve("src/main/java"))) {
            List<Path> units = sources.filter(file -> file.toString().endsWith(".java")).toList();
            FileSystemUtils.copyRecursively(folder.resolve("src/main/resources"), classes);
            // As the build of the container: Spring and Camel go by the names of parameters.
            List<String> options = List.of("-d", classes.toString(), "-cp", ClassArchive.libraries(), "-parameters", "-proc:none", "-nowarn");
            if (!compiler.getTask(null, files, null, options, null, files.getJavaFileObjectsFromPaths(units)).call()) {
                throw new IllegalStateException("the release before this one does not compile with the libraries of this one");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it is started from. */
    String classPath() {
        return classes + File.pathSeparator + ClassArchive.libraries();
    }

    /** Brings an empty database to where this release leaves it. */
    void migrate(String databaseUrl) {
        Flyway.configure().dataSource(databaseUrl, "postgres", "").locations("filesystem:" + folder.resolve(MIGRATIONS)).load().migrate();
    }

    /** The names of its migrations. */
    List<String> migrations() {
        try (Stream<Path> files = Files.list(folder.resolve(MIGRATIONS))) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.startsWith("V")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it does for one migration, as text. */
    String migration(String name) {
        return read(folder.resolve(MIGRATIONS).resolve(name));
    }

    /** What the present release does for one migration, as text. */
    static String present(String name) {
        return read(MIGRATIONS.resolve(name));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
