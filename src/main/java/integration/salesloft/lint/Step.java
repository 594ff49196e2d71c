package integration.salesloft.lint;

import java.util.Set;

/**
 * An EIP of a route, or a branch of one ({@code when}, {@code doCatch} and the like).
 *
 * @param kind   as it is called in YAML
 * @param id     or null
 * @param target the URI it sends to, or the expression or method call that says it; null for what sends nowhere
 * @param line   of the kind
 */
record Step(String kind, String id, String target, YamlNode node, int line) {

    private static final Set<String> SENDS_TO_URI =
            Set.of("to", "toD", "wireTap", "poll", "kamelet", "interceptSendToEndpoint", "deadLetterChannel");
    private static final Set<String> SENDS_TO_EXPRESSION =
            Set.of("enrich", "pollEnrich", "recipientList", "routingSlip", "dynamicRouter");

    static Step of(String kind, int line, YamlNode node) {
        return new Step(kind, node.get("id").text(), target(kind, node), node, line);
    }

    private static String target(String kind, YamlNode node) {
        if (SENDS_TO_URI.contains(kind)) {
            return node.isText() ? node.text() : uri(node);
        }
        if (SENDS_TO_EXPRESSION.contains(kind)) {
            return node.get("expression").entries().stream().findFirst()
                    .map(language -> language.value().get("expression").text()).orElse(null);
        }
        // A bean that calls routes is told which.
        return kind.equals("bean") ? node.get("method").text() : null;
    }

    /** The URI of a consumer or producer; its name may stand among the parameters. */
    static String uri(YamlNode node) {
        String uri = node.get("uri").text();
        String name = node.get("parameters").get("name").text();
        return uri != null && name != null && Set.of("direct", "seda").contains(uri) ? uri + ":" + name : uri;
    }
}
