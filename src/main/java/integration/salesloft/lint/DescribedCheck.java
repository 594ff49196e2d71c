package integration.salesloft.lint;

import java.util.function.Consumer;

/** Every route has an id, and a description of what it guarantees. */
class DescribedCheck implements Check {

    @Override
    public void check(RouteModel model, Consumer<Finding> report) {
        for (Route route : model.routes()) {
            if (route.kind() == Route.Kind.LOOSE) {
                continue;
            }
            if (isBlank(route.id())) {
                report.accept(route.file().finding(route.line(), route.called() + " has no id"));
            }
            if (route.kind() != Route.Kind.CONFIGURATION && isBlank(route.description())) {
                report.accept(route.file().finding(route.line(), route.called() + " has no description"));
            }
        }
    }

    private static boolean isBlank(String text) {
        return text == null || text.isBlank();
    }
}
