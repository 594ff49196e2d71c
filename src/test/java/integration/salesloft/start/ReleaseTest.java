package integration.salesloft.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A release is what is run: another policy is another release, the same files mounted elsewhere are the same one. */
class ReleaseTest {

    @TempDir
    private Path here;
    private Path routes;
    private Path settings;

    @BeforeEach
    void files() throws IOException {
        routes = here.resolve("routes");
        settings = Files.writeString(here.resolve("application.yaml"), "a: 1");
        write(routes, "gateway/policies.camel.yaml", "three attempts");
        write(routes, "gateway/token-store/database.camel.yaml", "store");
        write(routes, "gateway/read.sql", "select 1");
    }

    @Test
    void isAnotherOnceARouteItsSqlOrASettingChanges() throws IOException {
        String before = Release.digest(routes, settings);
        assertThat(before).matches("[0-9a-f]{8}");
        write(routes, "gateway/policies.camel.yaml", "five attempts");
        String route = Release.digest(routes, settings);
        write(routes, "gateway/read.sql", "select 2");
        String sql = Release.digest(routes, settings);
        Files.writeString(settings, "a: 2");
        String setting = Release.digest(routes, settings);
        Files.move(routes.resolve("gateway/read.sql"), routes.resolve("gateway/look.sql"));
        assertThat(Set.of(before, route, sql, setting, Release.digest(routes, settings))).hasSize(5);
    }

    /** As Kubernetes mounts a ConfigMap: files are links into a folder that a link names. */
    @Test
    void isTheSameHoweverItsFilesAreMounted() throws IOException {
        Path mounted = here.resolve("mounted");
        for (String folder : new String[] {"gateway", "gateway/token-store"}) {
            Path data = Files.createDirectories(mounted.resolve(folder).resolve("..2026_11_28"));
            Path link = Files.createSymbolicLink(mounted.resolve(folder).resolve("..data"), data.getFileName());
            try (var files = Files.list(routes.resolve(folder))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Files.copy(file, data.resolve(file.getFileName()));
                    Files.createSymbolicLink(mounted.resolve(folder).resolve(file.getFileName()), link.getFileName().resolve(file.getFileName()));
                }
            }
        }
        write(mounted, "gateway/kustomization.yaml", "no route");
        assertThat(Release.digest(mounted, settings)).isEqualTo(Release.digest(routes, settings));
    }

    private static void write(Path folder, String name, String content) throws IOException {
        Files.createDirectories(folder.resolve(name).getParent());
        Files.writeString(folder.resolve(name), content);
    }
}
