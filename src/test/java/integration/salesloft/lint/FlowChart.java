package integration.salesloft.lint;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Collects the nodes and arrows of a Mermaid flowchart: a node for each file or each folder, one for each kind of outside. What all flows share is
 * left out: that each of them uses it says nothing.
 */
final class FlowChart {

    private enum Outside {
        CALLERS("callers", "([HTTP callers])"), TIMERS("timers", "([timers])"), SALESLOFT("SalesLoft", "([SalesLoft])"),
        POSTGRES("PostgreSQL", "[(PostgreSQL)]"), KAFKA("Kafka", "[(Kafka)]"), OTHERS("others", "([other systems])");

        private final String id;
        private final String shape;

        Outside(String id, String shape) {
            this.id = id;
            this.shape = shape;
        }
    }

    private static final String SHARED = "shared";
    /** Loaded by the process that the checklist starts, and by no container. */
    private static final String EXERCISES = "exercises";

    private final Map<String, String> nodes = new LinkedHashMap<>();
    /** The nodes of files, by their folder. */
    private final Map<String, Map<String, String>> folders = new TreeMap<>();
    private final Set<String> arrows = new LinkedHashSet<>();

    private final boolean files;

    private FlowChart(boolean files) {
        this.files = files;
    }

    static String ofFiles(RouteModel model) {
        return new FlowChart(true).of(model);
    }

    static String ofFolders(RouteModel model) {
        return new FlowChart(false).of(model);
    }

    private String of(RouteModel model) {
        for (Route route : model.routes()) {
            if (files || !isLeftOut(route.file())) {
                consumed(route.from()).forEach(outside -> arrow(node(outside), "-->", node(route.file())));
            }
        }
        RouteCalls.in(model).all().stream().filter(call -> !isLeftOut(call.to().file()) && (files || !isLeftOut(call.from().file())))
                .forEach(call -> arrow(node(call.from().file()), call.waits() ? "-->" : "-.->", node(call.to().file())));
        for (Route route : model.routes()) {
            for (Step step : route.steps()) {
                if (files || !isLeftOut(route.file())) {
                    called(step).forEach(outside -> arrow(node(route.file()), "-->", node(outside)));
                }
            }
        }
        return text();
    }

    private static boolean isLeftOut(RouteFile file) {
        return file.name().startsWith(SHARED + "/") || file.name().startsWith(EXERCISES + "/");
    }

    private static Set<Outside> consumed(String from) {
        if (from == null) {
            return Set.of();
        }
        return switch (from.split(":", 2)[0]) {
            case "platform-http" -> Set.of(Outside.CALLERS);
            case "timer", "scheduler", "quartz" -> Set.of(Outside.TIMERS);
            case "kafka" -> Set.of(Outside.KAFKA);
            case "sql" -> Set.of(Outside.POSTGRES);
            default -> Set.of();
        };
    }

    private static Set<Outside> called(Step step) {
        if (OutwardCallCheck.isOutward(step)) {
            boolean salesloft = step.target().startsWith("{{salesloft.api-url}}") || step.target().startsWith("{{salesloft.accounts-url}}");
            return Set.of(salesloft ? Outside.SALESLOFT : Outside.OTHERS);
        }
        String target = String.valueOf(step.target());
        if (target.startsWith("sql:")) {
            return Set.of(Outside.POSTGRES);
        }
        return target.startsWith("kafka:") ? Set.of(Outside.KAFKA) : Set.of();
    }

    private String node(Outside outside) {
        nodes.putIfAbsent(outside.id, outside.shape);
        return outside.id;
    }

    private String node(RouteFile file) {
        String name = file.name().substring(0, file.name().length() - RouteFile.ENDING.length());
        String folder = name.substring(0, name.indexOf('/'));
        if (!files) {
            nodes.putIfAbsent("flow_" + folder, "[\"" + folder + "\"]");
            return "flow_" + folder;
        }
        String id = "file_" + name.replaceAll("\\W", "_");
        folders.computeIfAbsent(folder, first -> new LinkedHashMap<>()).putIfAbsent(id, "[\"" + name.substring(folder.length() + 1) + "\"]");
        return id;
    }

    private void arrow(String from, String arrow, String to) {
        if (!from.equals(to)) {
            arrows.add(from + " " + arrow + " " + to);
        }
    }

    private String text() {
        StringBuilder text = new StringBuilder("graph LR\n");
        nodes.forEach((id, shape) -> text.append("  ").append(id).append(shape).append('\n'));
        folders.forEach((folder, files) -> {
            text.append("  subgraph ").append(folder).append('\n');
            files.forEach((id, shape) -> text.append("    ").append(id).append(shape).append('\n'));
            text.append("  end\n");
        });
        arrows.forEach(arrow -> text.append("  ").append(arrow).append('\n'));
        return text.toString();
    }
}
