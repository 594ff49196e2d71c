package integration.salesloft.testing;

import integration.salesloft.lint.DocumentCheck;
import integration.salesloft.lint.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads tests written in YAML, and refuses what it does not know: a key that is misspelt would expect nothing. */
public class TestFiles {

    private static final String ENDING = ".yaml";

    /**
     * Reads a test, or all of a folder in the order of their names.
     *
     * @return of each its name ({@code file}), and what it says as JSON ({@code document})
     * @throws IllegalStateException naming file, line and key of what is not understood, a line each; or when there is no test
     */
    public List<Map<String, String>> read(String place) throws IOException {
        DocumentCheck check = new DocumentCheck(TestFiles.class.getResource("test.schema.json"));
        List<Finding> findings = new ArrayList<>();
        List<Map<String, String>> tests = new ArrayList<>();
        for (Path file : files(Path.of(place))) {
            check.read(file, findings::add).ifPresent(document -> tests.add(Map.of("file", file.getFileName().toString(), "document", document)));
        }
        if (!findings.isEmpty()) {
            throw new IllegalStateException(findings.stream().map(Finding::toString).collect(Collectors.joining("\n")));
        }
        if (tests.isEmpty()) {
            throw new IllegalStateException(place + ": no tests there; a test is a file that ends in " + ENDING);
        }
        return tests;
    }

    private static List<Path> files(Path place) throws IOException {
        if (Files.isRegularFile(place)) {
            return List.of(place);
        }
        if (!Files.isDirectory(place)) {
            return List.of();
        }
        try (Stream<Path> found = Files.list(place)) {
            return found.filter(file -> file.toString().endsWith(ENDING)).sorted().toList();
        }
    }
}
