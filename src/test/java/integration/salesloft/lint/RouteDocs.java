package integration.salesloft.lint;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What the README says about the routes, made from them: Markdown whose links start at the project's folder. */
final class RouteDocs {

    private static final String GATEWAY = "gateway";
    private static final List<String> FLOWS = List.of("health", "webhook", "sync", "stream", "rollback", GATEWAY);
    private static final Map<String, String> COLUMNS = Map.of("throttle", "Throttle", "circuitBreaker", "Circuit breaker",
            "idempotentConsumer", "Idempotent consumer", "wireTap", "Wire tap");
    private static final List<String> KINDS = List.of("throttle", "circuitBreaker", "idempotentConsumer", "wireTap");

    private RouteDocs() {
    }

    /** A table of flows, a folder each, and EIPs: where each flow has which protection, by the id of the step; – where it has none. */
    static String flowTable(RouteModel model) {
        StringBuilder table = new StringBuilder("| Flow |");
        KINDS.forEach(kind -> table.append(' ').append(COLUMNS.get(kind)).append(" |"));
        table.append("\n|---|").append("---|".repeat(KINDS.size()));
        RouteCalls calls = RouteCalls.in(model);
        for (String flow : FLOWS) {
            if (model.files().stream().anyMatch(file -> isIn(flow, file))) {
                table.append("\n| [").append(flow).append("](routes/").append(flow).append(") |");
                KINDS.forEach(kind -> table.append(' ').append(cell(model, calls, flow, kind)).append(" |"));
            }
        }
        return table.toString();
    }

    private static boolean isIn(String flow, RouteFile file) {
        return file.name().startsWith(flow + "/");
    }

    private static String cell(RouteModel model, RouteCalls calls, String flow, String kind) {
        String own = steps(model, flow, kind);
        if (!own.isEmpty()) {
            return own;
        }
        boolean through = !steps(model, GATEWAY, kind).isEmpty() && calls.reaches(file -> isIn(flow, file), file -> isIn(GATEWAY, file));
        return through ? "through the gateway" : "–";
    }

    private static String steps(RouteModel model, String flow, String kind) {
        return model.routes().stream().filter(route -> isIn(flow, route.file()))
                .flatMap(route -> route.steps().stream().filter(step -> step.kind().equals(kind) && step.id() != null).map(step -> link(step.id(), route.file())))
                .collect(Collectors.joining(", "));
    }

    /** A Mermaid flowchart: which folder calls which, and what is outside. A dotted arrow is not waited for. */
    static String folderDiagram(RouteModel model) {
        return "```mermaid\n" + FlowChart.ofFolders(model) + "```";
    }

    /** The same with a node for each file. */
    static String fileDiagram(RouteModel model) {
        return "```mermaid\n" + FlowChart.ofFiles(model) + "```";
    }

    /** A bullet for each folder, with its files. */
    static String folderList(RouteModel model) {
        Map<String, List<RouteFile>> folders = model.files().stream()
                .collect(Collectors.groupingBy(file -> file.name().substring(0, file.name().indexOf('/')), TreeMap::new, Collectors.toList()));
        return folders.entrySet().stream().map(folder -> "- [" + folder.getKey() + "](routes/" + folder.getKey() + "): "
                        + folder.getValue().stream().map(file -> link(file.name().substring(folder.getKey().length() + 1, file.name().length() - RouteFile.ENDING.length()), file))
                                .collect(Collectors.joining(", "))).collect(Collectors.joining("\n"));
    }

    /** A bullet for each file, with the first sentence of the comment it opens with; for a page in the folder docs. */
    static String fileList(RouteModel model) {
        return model.files().stream().map(file -> "- [" + file.name() + "](../routes/" + file.name() + "): " + firstSentence(file)).collect(Collectors.joining("\n"));
    }

    private static String firstSentence(RouteFile file) {
        String comment = OpeningCommentCheck.comment(file).stream().map(line -> line.replaceFirst("^#+ ?", "").strip()).collect(Collectors.joining(" "));
        return comment.replaceFirst("(?s)(?<=[.!?])\\s.*", "");
    }

    private static String link(String text, RouteFile file) {
        return "[" + text + "](routes/" + file.name() + ")";
    }
}
