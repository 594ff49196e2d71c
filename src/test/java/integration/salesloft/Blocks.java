package integration.salesloft;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.Yaml;

/** The blocks of {@code routes/sync/lists.camel.yaml}, with the defaults of their template: what a route made from one goes by. */
public final class Blocks {

    private static final Path SYNC = Path.of("routes", "sync");

    private Blocks() {
    }

    /** By resource: its parameters, in the order of the file. */
    public static Map<String, Map<String, Object>> all() {
        Map<String, Object> defaults = new LinkedHashMap<>();
        entries("pull.camel.yaml", "routeTemplate").forEach(template -> parameters(template).forEach(parameter -> {
            if (parameter.containsKey("defaultValue")) {
                defaults.put(parameter.get("name").toString(), parameter.get("defaultValue"));
            }
        }));
        Map<String, Map<String, Object>> blocks = new LinkedHashMap<>();
        entries("lists.camel.yaml", "templatedRoute").forEach(block -> {
            Map<String, Object> all = new LinkedHashMap<>(defaults);
            parameters(block).forEach(parameter -> all.put(parameter.get("name").toString(),
                    parameter.get("value").toString().replace("{{salesloft.sync-interval}}", "60s").replace("{{salesloft.email-content}}", "none")));
            blocks.put(all.get("resource").toString(), all);
        });
        return blocks;
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> entries(String file, String kind) {
        try {
            List<Map<String, Map<String, Object>>> read = new Yaml().load(Files.readString(SYNC.resolve(file)));
            return read.stream().filter(entry -> entry.containsKey(kind)).map(entry -> entry.get(kind)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> parameters(Map<String, Object> block) {
        return (List<Map<String, Object>>) block.get("parameters");
    }
}
