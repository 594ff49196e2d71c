package integration.salesloft.lint;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;

/** A YAML file of one document, as text and as a tree. */
record YamlFile(List<String> lines, YamlNode root) {

    static YamlFile read(Path file) throws UnreadableFileException {
        try {
            return of(Files.readString(file));
        } catch (CharacterCodingException e) {
            throw new UnreadableFileException(1, "no text in UTF-8");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static YamlFile of(String text) throws UnreadableFileException {
        try {
            Node root = new Yaml(new LoaderOptions()).compose(new StringReader(text));
            YamlFile read = new YamlFile(text.lines().toList(), root == null ? YamlNode.MISSING : new YamlNode(root));
            refuseRepeatedKeys(read.root);
            return read;
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
            throw new UnreadableFileException(line, "no YAML: " + e.getProblem());
        } catch (YAMLException e) {
            throw new UnreadableFileException(1, "no YAML: " + e.getMessage().lines().findFirst().orElse(""));
        }
    }

    /** The tree is composed without this check; the container refuses such a file. */
    private static void refuseRepeatedKeys(YamlNode node) throws UnreadableFileException {
        Set<String> keys = new HashSet<>();
        for (YamlNode.Entry entry : node.entries()) {
            if (!keys.add(entry.key())) {
                throw new UnreadableFileException(entry.line(), "no YAML: key " + entry.key() + " stands here twice");
            }
            refuseRepeatedKeys(entry.value());
        }
        for (YamlNode item : node.items()) {
            refuseRepeatedKeys(item);
        }
    }

    /** The lines a scalar is written on, cut to the scalar; the first one is line {@link YamlNode#line()} of the file. */
    List<String> source(YamlNode scalar) {
        var start = scalar.node().getStartMark();
        var end = scalar.node().getEndMark();
        List<String> source = new ArrayList<>();
        for (int i = start.getLine(); i <= end.getLine() && i < lines.size(); i++) {
            String line = lines.get(i);
            int from = i == start.getLine() ? offset(line, start.getColumn()) : 0;
            int to = i == end.getLine() ? offset(line, end.getColumn()) : line.length();
            source.add(line.substring(from, Math.max(from, to)));
        }
        return source;
    }

    /** Marks count code points, strings count chars. */
    private static int offset(String line, int column) {
        return line.offsetByCodePoints(0, Math.min(column, line.codePointCount(0, line.length())));
    }
}
