package integration.salesloft.lint;

import java.util.function.Consumer;

/** One rule of the routes. */
interface Check {

    void check(RouteModel model, Consumer<Finding> report);
}
