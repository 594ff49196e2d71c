package integration.salesloft.lint;

import java.util.List;
import java.util.function.Consumer;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** A part of a YAML document that knows its line. What is not there is {@link #MISSING}, so that look-ups can be chained. */
record YamlNode(Node node) {

    static final YamlNode MISSING = new YamlNode(null);

    /** A key of a map with its value; line is the key's. */
    record Entry(String key, int line, YamlNode value) {
    }

    boolean exists() {
        return node != null;
    }

    boolean isMap() {
        return node instanceof MappingNode;
    }

    boolean isList() {
        return node instanceof SequenceNode;
    }

    boolean isText() {
        return node instanceof ScalarNode;
    }

    int line() {
        return node == null ? 1 : node.getStartMark().getLine() + 1;
    }

    /** The scalar as written, whatever its type; null for maps, lists and what is missing. */
    String text() {
        return node instanceof ScalarNode scalar ? scalar.getValue() : null;
    }

    List<YamlNode> items() {
        return node instanceof SequenceNode list ? list.getValue().stream().map(YamlNode::new).toList() : List.of();
    }

    List<Entry> entries() {
        return node instanceof MappingNode map
                ? map.getValue().stream().map(tuple -> entry(tuple.getKeyNode(), tuple.getValueNode())).toList()
                : List.of();
    }

    private static Entry entry(Node key, Node value) {
        return new Entry(key instanceof ScalarNode scalar ? scalar.getValue() : "", key.getStartMark().getLine() + 1, new YamlNode(value));
    }

    YamlNode get(String key) {
        return entries().stream().filter(entry -> entry.key().equals(key)).map(Entry::value).findFirst().orElse(MISSING);
    }

    boolean has(String key) {
        return get(key).exists();
    }

    /** The line of a key, or of the node itself when it has no such key. */
    int lineOf(String key) {
        return entries().stream().filter(entry -> entry.key().equals(key)).map(Entry::line).findFirst().orElse(line());
    }

    /** Visits every key with its value, at any depth, in the order of the file. */
    void eachEntry(Consumer<Entry> visitor) {
        for (Entry entry : entries()) {
            visitor.accept(entry);
            entry.value().eachEntry(visitor);
        }
        items().forEach(item -> item.eachEntry(visitor));
    }

    /** Visits every scalar that is not a key, at any depth, in the order of the file. */
    void eachScalar(Consumer<YamlNode> visitor) {
        if (isText()) {
            visitor.accept(this);
        }
        entries().forEach(entry -> entry.value().eachScalar(visitor));
        items().forEach(item -> item.eachScalar(visitor));
    }
}
