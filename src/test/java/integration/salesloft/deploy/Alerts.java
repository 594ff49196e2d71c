package integration.salesloft.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/** The rules of {@code deploy/prometheus/alerts.yaml}, as tests read them. */
public final class Alerts {

    public static final Path FOLDER = Path.of("deploy/prometheus");
    private static final Pattern METRIC = Pattern.compile("\\b(?:salesloft|jvm|process|system|hikaricp|executor|application)_[a-z0-9_]+");

    private Alerts() {
    }

    /** One rule. */
    public record Alert(String name, String expression, String duration, JsonNode labels, JsonNode annotations) {

        /** The section of the runbook that its address leads to. */
        public String section() {
            return annotations.path("runbook_url").asText().replaceFirst("^[^#]*#?", "");
        }
    }

    public static List<Alert> all() throws IOException {
        JsonNode rules = read("alerts.yaml").path("groups").get(0).path("rules");
        return StreamSupport.stream(rules.spliterator(), false).map(rule -> new Alert(rule.path("alert").asText(), rule.path("expr").asText(), rule.path("for").asText(),
                rule.path("labels"), rule.path("annotations"))).toList();
    }

    static JsonNode read(String file) throws IOException {
        return new YAMLMapper().readTree(FOLDER.resolve(file).toFile());
    }

    /** The metrics that a query asks for. */
    public static List<String> metrics(String query) {
        return METRIC.matcher(query).results().map(metric -> metric.group()).distinct().toList();
    }
}
