package integration.salesloft.lint;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** What {@code application.yaml} sets, by dotted names: the one in the jar, and over it the one of the installation. */
record DefinedSettings(Map<String, String> values) {

    static DefinedSettings read(Path applicationYaml) throws UnreadableFileException {
        Map<String, String> values = new HashMap<>();
        collect("", inJar().root(), values);
        collect("", YamlFile.read(applicationYaml).root(), values);
        return new DefinedSettings(Map.copyOf(values));
    }

    private static YamlFile inJar() throws UnreadableFileException {
        try (InputStream defaults = DefinedSettings.class.getResourceAsStream("/application.yaml")) {
            return YamlFile.of(new String(defaults.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Set<String> names() {
        return values.keySet();
    }

    private static void collect(String name, YamlNode node, Map<String, String> values) {
        if (node.isText()) {
            values.put(name, node.text());
        }
        for (YamlNode.Entry entry : node.entries()) {
            collect(name.isEmpty() ? entry.key() : name + "." + entry.key(), entry.value(), values);
        }
        for (int i = 0; i < node.items().size(); i++) {
            collect(name + "[" + i + "]", node.items().get(i), values);
        }
    }
}
