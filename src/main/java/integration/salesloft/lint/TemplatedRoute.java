package integration.salesloft.lint;

import java.util.Map;
import java.util.stream.Collectors;

/** A route made from a template. */
record TemplatedRoute(String template, String id, boolean prefixed, Map<String, String> parameters, RouteFile file, YamlNode node) {

    static TemplatedRoute of(RouteFile file, YamlNode node) {
        return new TemplatedRoute(node.get("routeTemplateRef").text(), node.get("routeId").text(), node.has("prefixId"),
                node.get("parameters").items().stream()
                        .filter(parameter -> parameter.get("name").isText() && parameter.get("value").isText())
                        .collect(Collectors.toMap(p -> p.get("name").text(), p -> p.get("value").text(), (first, second) -> second)),
                file, node);
    }

    /** A text of the template as it reads in this route. */
    String fill(String text) {
        String filled = text;
        for (Map.Entry<String, String> parameter : parameters.entrySet()) {
            filled = filled.replace("{{" + parameter.getKey() + "}}", parameter.getValue());
        }
        return filled;
    }
}
