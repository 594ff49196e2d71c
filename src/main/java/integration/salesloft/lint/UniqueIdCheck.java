package integration.salesloft.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** An id names one thing: routes and steps share their names over all files that can be loaded together. */
class UniqueIdCheck implements Check {

    private record Use(String id, RouteFile file, int line) {
    }

    @Override
    public void check(RouteModel model, Consumer<Finding> report) {
        List<Use> uses = new ArrayList<>();
        for (Route route : model.routes()) {
            add(uses, route.id(), route.file(), route.line());
            route.steps().forEach(step -> add(uses, step.id(), route.file(), step.node().lineOf("id")));
            if (route.kind() == Route.Kind.TEMPLATE) {
                repeated(model, route, report);
            }
        }
        for (TemplatedRoute made : model.templated()) {
            add(uses, made.id(), made.file(), made.node().lineOf("routeId"));
        }
        for (int i = 0; i < uses.size(); i++) {
            Use use = uses.get(i);
            uses.subList(0, i).stream().filter(other -> other.id.equals(use.id) && other.file.meets(use.file)).findFirst()
                    .ifPresent(other -> report.accept(use.file.finding(use.line,
                            "id " + use.id + " is taken by " + other.file.name() + ":" + other.line)));
        }
    }

    private static void add(List<Use> uses, String id, RouteFile file, int line) {
        if (id != null) {
            uses.add(new Use(id, file, line));
        }
    }

    /** A step's id in a template is the same in every route made from it, unless a parameter or a prefix tells them apart. */
    private static void repeated(RouteModel model, Route template, Consumer<Finding> report) {
        long made = model.templated().stream().filter(route -> template.id() != null && template.id().equals(route.template()) && !route.prefixed()).count();
        template.steps().stream().filter(step -> made > 1 && step.id() != null && !step.id().contains("{{"))
                .forEach(step -> report.accept(template.file().finding(step.node().lineOf("id"),
                        "id " + step.id() + " would be the same in " + made + " routes of this template")));
    }
}
