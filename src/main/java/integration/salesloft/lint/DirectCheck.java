package integration.salesloft.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Every {@code direct:} or {@code seda:} endpoint that is called has its route, and every such route a caller. */
class DirectCheck implements Check {

    private static final String FROM_JAVA = "called from Java";

    private record Consumption(String endpoint, Route route) {
    }

    private record Call(String endpoint, Route route, int line) {
    }

    @Override
    public void check(RouteModel model, Consumer<Finding> report) {
        List<Consumption> consumptions = new ArrayList<>();
        List<Call> calls = new ArrayList<>();
        for (Route route : model.routes()) {
            if (Direct.isConsumed(route.from())) {
                model.readings(route, route.from()).forEach(from -> consumptions.add(new Consumption(from, route)));
            }
            for (Step step : route.steps()) {
                Direct.in(step.target()).stream().flatMap(endpoint -> model.readings(route, endpoint).stream())
                        .forEach(endpoint -> calls.add(new Call(endpoint, route, line(step))));
            }
        }
        calls.stream().filter(call -> !Direct.isComputed(call.endpoint))
                .forEach(call -> called(model, call, consumptions, report));
        consumptions.stream().filter(consumption -> calls.stream().noneMatch(call -> call.route != consumption.route
                        && Direct.matches(call.endpoint, consumption.endpoint)))
                .filter(consumption -> !isCalledFromJava(consumption.route))
                .forEach(consumption -> report.accept(consumption.route.file().finding(consumption.route.node().get("from").lineOf("uri"),
                        "nothing calls " + consumption.endpoint.split("\\?", 2)[0])));
    }

    private static int line(Step step) {
        return step.node().has("uri") ? step.node().lineOf("uri") : step.node().has("expression") ? step.node().lineOf("expression") : step.line();
    }

    /** Of the files of a folder one is loaded, so each of them must have the route. */
    private static void called(RouteModel model, Call call, List<Consumption> consumptions, Consumer<Finding> report) {
        List<RouteFile> found = consumptions.stream().filter(consumption -> Direct.matches(call.endpoint, consumption.endpoint))
                .map(consumption -> consumption.route.file()).toList();
        if (found.isEmpty()) {
            report.accept(call.route.file().finding(call.line, "no route consumes " + call.endpoint));
        } else if (!call.route.file().isAlternative() && found.stream().allMatch(RouteFile::isAlternative)) {
            String folder = found.get(0).folder();
            model.files().stream().filter(file -> file.folder().equals(folder) && !found.contains(file))
                    .forEach(file -> report.accept(file.finding(1, "no route consumes " + call.endpoint + ", which " + call.route.file() + " calls")));
        }
    }

    /** Says so in its note, or in the comment above it. */
    private static boolean isCalledFromJava(Route route) {
        if (String.valueOf(route.node().get("note").text()).contains(FROM_JAVA)) {
            return true;
        }
        List<String> lines = route.file().yaml().lines();
        for (int i = route.line() - 2; i >= 0 && lines.get(i).strip().startsWith("#"); i--) {
            if (lines.get(i).contains(FROM_JAVA)) {
                return true;
            }
        }
        return false;
    }
}
