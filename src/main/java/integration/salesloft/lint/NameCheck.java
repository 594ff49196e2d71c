package integration.salesloft.lint;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Names say where things are: one flow a file, named as its route; everything else in it starts with that name. */
class NameCheck implements Check {

    /** Files whose routes are named otherwise, and why. Their steps start with the id of their route. */
    private static final Map<String, String> EXCEPTIONS = Map.of(
            "sync", "several entrances of one subject, none of them the first, and what all guarded entrances share",
            "ops", "several entrances of one subject, none of them the first, and what those for operators share");

    @Override
    public void check(RouteModel model, Consumer<Finding> report) {
        for (RouteFile file : model.files()) {
            List<Route> routes = model.routes(file).stream()
                    .filter(route -> route.kind() == Route.Kind.ROUTE || route.kind() == Route.Kind.TEMPLATE).toList();
            boolean named = file.folder().isEmpty() && !EXCEPTIONS.containsKey(file.stem());
            if (named && !routes.isEmpty() && routes.stream().noneMatch(route -> file.stem().equals(route.id()))) {
                report.accept(file.finding(1, "no route is called " + file.stem() + " as the file is"));
            }
            for (Route route : routes) {
                route(route, report);
            }
            for (Route route : model.routes(file)) {
                route.steps().stream().filter(step -> step.id() != null && !named(route, step.id(), EXCEPTIONS.containsKey(file.stem())))
                        .forEach(step -> report.accept(file.finding(step.node().lineOf("id"), "step " + step.id() + " must start with " + flow(file) + "-")));
            }
        }
        for (TemplatedRoute made : model.templated()) {
            if (made.id() != null && !EXCEPTIONS.containsKey(made.file().stem()) && !made.id().startsWith(flow(made.file()) + "-")) {
                report.accept(made.file().finding(made.node().lineOf("routeId"), "route " + made.id() + " must start with " + flow(made.file()) + "-"));
            }
        }
    }

    private static void route(Route route, Consumer<Finding> report) {
        String flow = flow(route.file());
        boolean other = route.id() != null && !route.id().equals(flow) && !route.id().startsWith(flow + "-");
        if (other && !EXCEPTIONS.containsKey(route.file().stem())) {
            report.accept(route.file().finding(route.line(), "route " + route.id() + " must start with " + flow + "-"));
        }
        if (route.from() != null && route.from().startsWith("direct:") && !route.from().contains("{{")
                && !Direct.name(route.from()).equals(route.id())) {
            report.accept(route.file().finding(route.node().get("from").lineOf("uri"), route.from() + " must be called as its route, direct:" + route.id()));
        }
    }

    private static boolean named(Route route, String step, boolean exception) {
        return step.startsWith(flow(route.file()) + "-") || exception && route.id() != null && step.startsWith(route.id() + "-");
    }

    /** The files of a folder implement the same routes, which are named as the folder is. */
    private static String flow(RouteFile file) {
        return file.folder().isEmpty() ? file.stem() : file.folder();
    }
}
