package integration.salesloft.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A block of a file that has steps.
 *
 * @param id   or null; of a template the template's
 * @param line of the block
 * @param node what has the keys; of a template its {@code route}
 * @param from the URI it consumes from, or null
 */
record Route(Kind kind, String id, String description, RouteFile file, int line, YamlNode node, String from, List<Step> steps) {

    enum Kind {
        ROUTE("route"), TEMPLATE("routeTemplate"), CONFIGURATION("routeConfiguration"),
        /** What binds a file without being a block of its own, such as {@code onException} at the top. */
        LOOSE("");

        private final String key;

        Kind(String key) {
            this.key = key;
        }
    }

    private static final Set<String> BRANCHES = Set.of("when", "otherwise", "doCatch", "doFinally", "onFallback");
    private static final Set<String> INTERCEPTORS =
            Set.of("onException", "onCompletion", "intercept", "interceptFrom", "interceptSendToEndpoint");

    /** The block that a top-level entry of a file describes, or null when it has no steps. */
    static Route of(RouteFile file, YamlNode.Entry entry) {
        YamlNode outer = entry.value();
        if (INTERCEPTORS.contains(entry.key())) {
            return new Route(Kind.LOOSE, null, null, file, entry.line(), outer, null, Steps.of(entry));
        }
        for (Kind kind : Kind.values()) {
            if (kind.key.equals(entry.key())) {
                YamlNode node = kind == Kind.TEMPLATE && outer.has("route") ? outer.get("route") : outer;
                YamlNode from = node.get("from");
                return new Route(kind, outer.get("id").text(), node.get("description").text(), file, entry.line(), node,
                        from.isText() ? from.text() : Step.uri(from), Steps.in(node));
            }
        }
        return null;
    }

    String called() {
        return id == null ? kind.key : kind.key + " " + id;
    }

    /** Whether it runs with {@code noErrorHandler}, so that a failure is its caller's to repeat. */
    boolean leavesErrorsToCaller() {
        return node.get("errorHandler").has("noErrorHandler");
    }

    /** Finds steps at any depth. */
    private static final class Steps {

        private final List<Step> found = new ArrayList<>();

        static List<Step> in(YamlNode node) {
            Steps steps = new Steps();
            steps.search(node);
            return List.copyOf(steps.found);
        }

        static List<Step> of(YamlNode.Entry entry) {
            Steps steps = new Steps();
            steps.add(entry.key(), entry.line(), entry.value());
            return List.copyOf(steps.found);
        }

        private void search(YamlNode node) {
            for (YamlNode.Entry entry : node.entries()) {
                YamlNode value = entry.value();
                if (entry.key().equals("steps")) {
                    addEach(value);
                } else if (entry.key().equals("from")) {
                    search(value);
                } else if (entry.key().equals("errorHandler") && value.has("deadLetterChannel")) {
                    YamlNode channel = value.get("deadLetterChannel");
                    found.add(new Step("deadLetterChannel", null, channel.get("deadLetterUri").text(), channel, channel.lineOf("deadLetterUri")));
                } else if (BRANCHES.contains(entry.key())) {
                    if (value.isMap()) {
                        add(entry.key(), entry.line(), value);
                    }
                    value.items().forEach(branch -> add(entry.key(), branch.line(), branch));
                } else if (INTERCEPTORS.contains(entry.key())) {
                    addEach(value);
                }
            }
        }

        private void addEach(YamlNode list) {
            list.items().forEach(item -> item.entries().forEach(entry -> add(entry.key(), entry.line(), entry.value())));
        }

        private void add(String kind, int line, YamlNode node) {
            found.add(Step.of(kind, line, node));
            search(node);
        }
    }
}
