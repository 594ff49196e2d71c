package integration.salesloft.lint;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** The dotted names that {@code application.yaml} gives a value. */
record DefinedSettings(Set<String> names) {

    static DefinedSettings read(Path applicationYaml) throws UnreadableFileException {
        Set<String> names = new HashSet<>();
        collect("", YamlFile.read(applicationYaml).root(), names);
        return new DefinedSettings(Set.copyOf(names));
    }

    private static void collect(String name, YamlNode node, Set<String> names) {
        if (node.isText()) {
            names.add(name);
        }
        for (YamlNode.Entry entry : node.entries()) {
            collect(name.isEmpty() ? entry.key() : name + "." + entry.key(), entry.value(), names);
        }
        for (int i = 0; i < node.items().size(); i++) {
            collect(name + "[" + i + "]", node.items().get(i), names);
        }
    }
}
