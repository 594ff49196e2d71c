package integration.salesloft.lint;

import java.util.Set;
import java.util.function.Consumer;

/** What may be tuned, measured or stubbed in a test has an id. In a template it may lack one: it would be there several times. */
class StepIdCheck implements Check {

    private static final Set<String> KINDS = Set.of("throttle", "circuitBreaker", "idempotentConsumer", "wireTap", "split", "aggregate",
            "loop", "choice", "filter", "enrich", "pollEnrich", "multicast", "recipientList", "doTry", "onException", "to", "toD", "log",
            "throwException", "transacted", "bean", "marshal", "unmarshal", "process", "step");

    @Override
    public void check(RouteModel model, Consumer<Finding> report) {
        model.routes().stream().filter(route -> route.kind() != Route.Kind.TEMPLATE)
                .forEach(route -> route.steps().stream().filter(step -> KINDS.contains(step.kind()) && step.id() == null)
                        .forEach(step -> report.accept(route.file().finding(step.line(), step.kind() + " has no id"))));
    }
}
