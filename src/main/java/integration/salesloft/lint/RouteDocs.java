package integration.salesloft.lint;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/** What the README says about the routes, made from them: Markdown whose links start at the project's folder. */
public final class RouteDocs {

    private static final String GATEWAY = "salesloft";
    private static final List<String> FLOWS = List.of("health", "webhook", "sync", "sync-pull", "sync-push", "rollback");
    private static final Map<String, String> COLUMNS = Map.of("throttle", "Throttle", "circuitBreaker", "Circuit breaker",
            "idempotentConsumer", "Idempotent consumer", "wireTap", "Wire tap");
    private static final List<String> KINDS = List.of("throttle", "circuitBreaker", "idempotentConsumer", "wireTap");

    private RouteDocs() {
    }

    /** A table of flows and EIPs: where each flow has which protection, by the id of the step; – where it has none. */
    public static String flowTable(RouteModel model) {
        StringBuilder table = new StringBuilder("| Flow |");
        KINDS.forEach(kind -> table.append(' ').append(COLUMNS.get(kind)).append(" |"));
        table.append("\n|---|").append("---|".repeat(KINDS.size()));
        RouteCalls calls = RouteCalls.in(model);
        FLOWS.forEach(flow -> file(model, flow).ifPresent(file -> row(table, model, calls, file, flow)));
        file(model, GATEWAY).ifPresent(file -> row(table, model, calls, file, "gateway"));
        return table.toString();
    }

    private static Optional<RouteFile> file(RouteModel model, String stem) {
        return model.files().stream().filter(file -> file.name().equals(stem + RouteFile.ENDING)).findFirst();
    }

    private static void row(StringBuilder table, RouteModel model, RouteCalls calls, RouteFile file, String flow) {
        table.append("\n| ").append(link(flow, file)).append(" |");
        for (String kind : KINDS) {
            table.append(' ').append(cell(model, calls, file, kind)).append(" |");
        }
    }

    private static String cell(RouteModel model, RouteCalls calls, RouteFile file, String kind) {
        String own = steps(model, file, kind);
        if (!own.isEmpty()) {
            return own;
        }
        Optional<RouteFile> gateway = file(model, GATEWAY).filter(other -> !other.equals(file) && !steps(model, other, kind).isEmpty());
        boolean through = gateway.isPresent() && calls.reaches(file, GATEWAY);
        return through ? "through the gateway" : "–";
    }

    private static String steps(RouteModel model, RouteFile file, String kind) {
        return model.routes(file).stream().flatMap(route -> route.steps().stream())
                .filter(step -> step.kind().equals(kind)).map(Step::id).filter(Objects::nonNull)
                .map(id -> link(id, file)).collect(Collectors.joining(", "));
    }

    /** A Mermaid flowchart: which file calls which, and what is outside. A dotted arrow is not waited for. */
    public static String diagram(RouteModel model) {
        return "```mermaid\n" + FlowChart.of(model) + "```";
    }

    /** A bullet for each file, with the first sentence of the comment it opens with. */
    public static String fileList(RouteModel model) {
        return model.files().stream().map(file -> "- " + link(file.name(), file) + ": " + firstSentence(file)).collect(Collectors.joining("\n"));
    }

    private static String firstSentence(RouteFile file) {
        String comment = OpeningCommentCheck.comment(file).stream().map(line -> line.replaceFirst("^#+ ?", "").strip()).collect(Collectors.joining(" "));
        return comment.replaceFirst("(?s)(?<=[.!?])\\s.*", "");
    }

    private static String link(String text, RouteFile file) {
        return "[" + text + "](routes/" + file.name() + ")";
    }
}
