package integration.salesloft.lint;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Routes are written in the canonical notation, the one that Camel will keep, and their keys stand in one order. */
class NotationCheck implements Check {

    private static final List<String> ORDER = List.of("id", "description", "note", "routeConfigurationId", "errorHandler", "from");
    private static final Set<String> WITH_EXPRESSION = Set.of("setBody", "setHeader", "setProperty", "setVariable", "filter", "when",
            "loop", "split", "throttle", "delay", "enrich", "pollEnrich", "idempotentConsumer", "recipientList", "routingSlip",
            "dynamicRouter", "transform", "validate", "script", "resequence");
    /** Elements that take the language at once, without {@code expression} around it. */
    private static final Set<String> SUB_ELEMENTS = Set.of("handled", "continued", "retryWhile", "correlationExpression",
            "completionPredicate", "completionTimeoutExpression", "completionSizeExpression");

    @Override
    public void check(RouteModel model, Consumer<Finding> report) {
        for (RouteFile file : model.files()) {
            for (YamlNode block : file.yaml().root().items()) {
                if (block.has("from")) {
                    report.accept(file.finding(block.lineOf("from"), "from: stands inside a route"));
                }
                if (block.get("routeTemplate").has("from")) {
                    report.accept(file.finding(block.get("routeTemplate").lineOf("from"), "from: stands inside the template's route"));
                }
            }
        }
        for (Route route : model.routes()) {
            RouteFile file = route.file();
            if (route.node().get("from").isText()) {
                report.accept(file.finding(route.node().lineOf("from"), "from: is a map with a uri"));
            }
            order(route, report);
            route.steps().forEach(step -> step(file, step, report));
        }
    }

    private static void order(Route route, Consumer<Finding> report) {
        int last = 0;
        for (YamlNode.Entry entry : route.node().entries()) {
            int rank = ORDER.indexOf(entry.key());
            if (rank >= 0 && rank < last) {
                report.accept(route.file().finding(entry.line(),
                        entry.key() + ": stands after " + ORDER.get(last) + "; the order is " + String.join(", ", ORDER)));
                return;
            }
            last = Math.max(last, rank);
        }
    }

    private static void step(RouteFile file, Step step, Consumer<Finding> report) {
        YamlNode node = step.node();
        if (node.isText()) {
            report.accept(file.finding(step.line(), step.kind() + ": is a map, not a text"));
            return;
        }
        if (WITH_EXPRESSION.contains(step.kind())) {
            expression(file, step.kind(), step.line(), node, report);
        }
        for (String list : List.of("headers", "variables")) {
            if (step.kind().equalsIgnoreCase("set" + list)) {
                node.get(list).items().forEach(item -> expression(file, step.kind(), item.line(), item, report));
            }
        }
        for (YamlNode.Entry entry : node.entries()) {
            if (entry.key().equals("onWhen")) {
                expression(file, "onWhen", entry.line(), entry.value(), report);
            } else if (SUB_ELEMENTS.contains(entry.key())) {
                language(file, entry.key(), entry.line(), entry.value(), "its language", report);
            }
        }
    }

    private static void expression(RouteFile file, String kind, int line, YamlNode node, Consumer<Finding> report) {
        if (node.has("expression")) {
            language(file, kind, node.lineOf("expression"), node.get("expression"), "expression, a language", report);
        } else {
            report.accept(file.finding(line, kind + ": is written as expression, a language, expression"));
        }
    }

    private static void language(RouteFile file, String kind, int line, YamlNode node, String path, Consumer<Finding> report) {
        boolean full = node.isMap() && !node.entries().isEmpty() && node.entries().stream().allMatch(entry -> entry.value().isMap());
        if (!full) {
            report.accept(file.finding(line, kind + ": is written as " + path + ", expression"));
        }
    }
}
