package integration.salesloft.lint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.FileSystemUtils;

/**
 * Routes can be edited in Kaoto. It reads what keeps to Camel's schema; and when it saves a file it keeps the comment that the file opens with, and no
 * other, so that the reason for a literal stands in the {@code note} of its EIP.
 */
class KaotoTest {

    private static final Path ROUTES = Path.of("routes");
    private static final YAMLMapper YAML = new YAMLMapper(new YAMLFactory());

    @TempDir
    private Path directory;

    @Test
    void everyFileKeepsToCamelsSchema() throws IOException {
        DocumentCheck schema = new DocumentCheck(KaotoTest.class.getResource("/schema/camelYamlDsl.json"));
        List<Finding> findings = new ArrayList<>();
        List<Path> paths = new ArrayList<>();
        for (Path folder : List.of(ROUTES, Path.of("src/main/resources/testing"))) {
            try (Stream<Path> found = Files.walk(folder)) {
                found.filter(file -> file.toString().endsWith(RouteFile.ENDING)).forEach(paths::add);
            }
        }
        paths.forEach(file -> schema.read(file, findings::add));
        assertThat(paths).hasSizeGreaterThan(60);
        assertThat(findings).isEmpty();
    }

    /** Beans have no notes: their reasons stand in comments. */
    @Test
    void reasonsStandInNotes() {
        List<String> comments = new ArrayList<>();
        files().forEach(file -> file.yaml().root().items().stream().filter(block -> !block.has("beans")).forEach(block -> {
            int end = file.yaml().root().items().stream().mapToInt(YamlNode::line).filter(line -> line > block.line()).min().orElse(file.yaml().lines().size() + 1);
            for (int line = block.line(); line < end; line++) {
                if (file.yaml().lines().get(line - 1).strip().startsWith("#")) {
                    comments.add(file + ":" + line + ": " + file.yaml().lines().get(line - 1).strip());
                }
            }
        }));
        assertThat(comments).isEmpty();
        assertThat(files().stream().flatMap(file -> file.yaml().lines().stream()).filter(line -> line.contains("note:"))).hasSizeGreaterThan(20);
    }

    /** What Kaoto has saved is as good as before. */
    @Test
    void theLintFindsNothingInWhatKaotoSaves() throws IOException {
        FileSystemUtils.copyRecursively(ROUTES, directory);
        for (RouteFile file : files()) {
            Path copy = directory.resolve(file.name());
            String opening = OpeningCommentCheck.comment(file).stream().collect(Collectors.joining("\n", "", "\n"));
            Files.writeString(copy, opening + YAML.writeValueAsString(YAML.readTree(copy.toFile())).replaceFirst("^---\n", ""));
        }
        assertThat(RouteLint.check(directory, Path.of("application.yaml"))).isEmpty();
    }

    private static List<RouteFile> files() {
        return RouteModel.read(ROUTES).files();
    }
}
