package integration.salesloft.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The folders of routes, each of which becomes a ConfigMap. */
final class RouteMaps {

    static final Path ROUTES = Path.of("routes");

    private RouteMaps() {
    }

    /** Files, by the folder under routes that they are in, such as {@code gateway/token-store}. */
    static Map<String, List<String>> folders() throws IOException {
        try (Stream<Path> files = Files.walk(ROUTES)) {
            return files.filter(file -> file.toString().endsWith(".camel.yaml") || file.toString().endsWith(".sql")).sorted()
                    .collect(Collectors.groupingBy(file -> ROUTES.relativize(file.getParent()).toString(), TreeMap::new,
                            Collectors.mapping(file -> file.getFileName().toString(), Collectors.toList())));
        }
    }

    static String name(String folder) {
        return "salesloft-routes-" + folder.replace('/', '-');
    }

    /** What stands in {@code routes/kustomization.yaml} from its list of files on. */
    static String generators() throws IOException {
        StringBuilder generators = new StringBuilder("configMapGenerator:\n");
        folders().forEach((folder, files) -> {
            generators.append("  - name: ").append(name(folder)).append("\n    files:\n");
            files.forEach(file -> generators.append("      - ").append(folder).append('/').append(file).append('\n'));
        });
        return generators.toString();
    }
}
