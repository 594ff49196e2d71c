package integration.salesloft.lint;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Reads YAML documents that keep to a JSON schema of their own. */
public class DocumentCheck {

    private final DocumentSchema schema;

    /** @param schema of draft 4 */
    public DocumentCheck(URL schema) throws IOException {
        this.schema = DocumentSchema.read(schema.openStream());
    }

    /**
     * The document as JSON; empty when something is wrong with it, which is reported by line and key.
     *
     * @throws java.io.UncheckedIOException if the file cannot be read
     */
    public Optional<String> read(Path file, Consumer<Finding> report) {
        try {
            YamlNode root = YamlFile.read(file).root();
            List<Finding> findings = new ArrayList<>();
            schema.check(file, root, findings::add);
            findings.forEach(report);
            return findings.isEmpty() ? Optional.of(DocumentSchema.json(root).toString()) : Optional.empty();
        } catch (UnreadableFileException e) {
            report.accept(new Finding(file, e.line(), e.getMessage()));
            return Optional.empty();
        }
    }
}
