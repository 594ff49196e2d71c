package integration.salesloft.lint;

import java.util.function.Consumer;
import java.util.regex.Pattern;

/** A call to the outside fails in a route of its own; whether it is repeated is the caller's decision. */
class OutwardCallCheck implements Check {

    private static final Pattern OUTWARD = Pattern.compile("https?:.*|\\{\\{salesloft\\.[^{}]*(url|addr)}}.*", Pattern.DOTALL);

    static boolean isOutward(Step step) {
        return step.target() != null && OUTWARD.matcher(step.target()).matches();
    }

    @Override
    public void check(RouteModel model, Consumer<Finding> report) {
        for (Route route : model.routes()) {
            boolean own = (route.kind() == Route.Kind.ROUTE || route.kind() == Route.Kind.TEMPLATE) && route.leavesErrorsToCaller();
            route.steps().stream().filter(step -> !own && isOutward(step)).forEach(step -> report.accept(
                    route.file().finding(step.line(), step.kind() + " calls out: stands in a route of its own with errorHandler: {noErrorHandler: {}}")));
        }
    }
}
