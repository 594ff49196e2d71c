package integration.salesloft.lint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
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
    /** Folders whose reasons stand in notes; those of beans, which have none, stand in comments. */
    private static final Set<String> NOTED = Set.of("checklist", "exercises", "gateway", "gateway/token-store", "health", "rollback",
            "rollback/platform", "shared", "stream", "sync", "webhook");
    private static final YAMLMapper YAML = new YAMLMapper(new YAMLFactory());

    @TempDir
    private Path directory;

    @Test
    void everyFileKeepsToCamelsSchema() throws IOException {
        DocumentCheck schema = new DocumentCheck(KaotoTest.class.getResource("/schema/camelYamlDsl.json"));
        List<Finding> findings = new ArrayList<>();
        List<Path> files = new ArrayList<>();
        for (Path folder : List.of(ROUTES, Path.of("src/main/resources/testing"))) {
            try (Stream<Path> found = Files.walk(folder)) {
                found.filter(file -> file.toString().endsWith(RouteFile.ENDING)).forEach(files::add);
            }
        }
        files.forEach(file -> schema.read(file, findings::add));
        assertThat(files).hasSizeGreaterThan(60);
        assertThat(findings).isEmpty();
    }

    @Test
    void reasonsStandInNotes() {
        List<String> comments = new ArrayList<>();
        noted().forEach(file -> file.yaml().root().items().stream().filter(block -> !block.has("beans")).forEach(block -> {
            int end = file.yaml().root().items().stream().mapToInt(YamlNode::line).filter(line -> line > block.line()).min().orElse(file.yaml().lines().size() + 1);
            for (int line = block.line(); line < end; line++) {
                if (file.yaml().lines().get(line - 1).strip().startsWith("#")) {
                    comments.add(file + ":" + line + ": " + file.yaml().lines().get(line - 1).strip());
                }
            }
        }));
        assertThat(comments).isEmpty();
        assertThat(noted().stream().flatMap(file -> file.yaml().lines().stream()).filter(line -> line.contains("note:"))).hasSizeGreaterThan(20);
    }

    /** What Kaoto has saved is as good as before. */
    @Test
    void theLintFindsNothingInWhatKaotoSaves() throws IOException {
        FileSystemUtils.copyRecursively(ROUTES, directory);
        for (RouteFile file : noted()) {
            Path copy = directory.resolve(file.name());
            String opening = OpeningCommentCheck.comment(file).stream().collect(Collectors.joining("\n", "", "\n"));
            Files.writeString(copy, opening + YAML.writeValueAsString(YAML.readTree(copy.toFile())).replaceFirst("^---\n", ""));
        }
        assertThat(RouteLint.check(directory, Path.of("application.yaml"))).isEmpty();
    }

    private static List<RouteFile> noted() {
        return RouteModel.read(ROUTES).files().stream().filter(file -> NOTED.contains(file.folder())).toList();
    }
}
