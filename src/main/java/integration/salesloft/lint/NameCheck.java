package integration.salesloft.lint;

import java.util.function.Consumer;

/** Names say where things are: every id begins with its folder and its file. */
class NameCheck implements Check {

    @Override
    public void check(RouteModel model, Consumer<Finding> report) {
        for (RouteFile file : model.files()) {
            if (file.folder().isEmpty()) {
                report.accept(file.finding(1, "stands in no folder, so it is not loaded"));
                continue;
            }
            for (Route route : model.routes(file)) {
                if (route.id() != null && isOther(file, route.id())) {
                    report.accept(file.finding(route.line(), route.called() + " must start with " + file.flow() + "-"));
                }
                if (route.from() != null && route.from().startsWith("direct:") && !route.from().contains("{{")
                        && !Direct.name(route.from()).equals(route.id())) {
                    report.accept(file.finding(route.node().get("from").lineOf("uri"), route.from() + " must be called as its route, direct:" + route.id()));
                }
                route.steps().stream().filter(step -> step.id() != null && isOther(file, step.id()))
                        .forEach(step -> report.accept(file.finding(step.node().lineOf("id"), "step " + step.id() + " must start with " + file.flow() + "-")));
            }
        }
        for (TemplatedRoute made : model.templated()) {
            if (made.id() != null && isOther(made.file(), made.id())) {
                report.accept(made.file().finding(made.node().lineOf("routeId"), "route " + made.id() + " must start with " + made.file().flow() + "-"));
            }
        }
    }

    private static boolean isOther(RouteFile file, String id) {
        return !id.equals(file.flow()) && !id.startsWith(file.flow() + "-");
    }
}
