package integration.salesloft.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;

/** The dashboard {@code deploy/grafana/salesloft.json}, as tests read it. */
public final class Dashboard {

    private static final Path FILE = Path.of("deploy/grafana/salesloft.json");

    private Dashboard() {
    }

    static JsonNode read() throws IOException {
        return new ObjectMapper().readTree(FILE.toFile());
    }

    static List<JsonNode> panels() throws IOException {
        return StreamSupport.stream(read().path("panels").spliterator(), false).filter(panel -> !panel.path("type").asText().equals("row")).toList();
    }

    /** What its panels ask Prometheus, with the values that Grafana would put in for its variables. */
    public static List<String> queries() throws IOException {
        return panels().stream().flatMap(panel -> StreamSupport.stream(panel.path("targets").spliterator(), false)).map(target -> target.path("expr").asText()
                .replace("$job", "salesloft-integration").replace("$namespace", ".*")).toList();
    }
}
