package integration.salesloft.lint;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Predicate;

/** Which route calls which, over {@code direct:} or {@code seda:}. */
record RouteCalls(Set<Call> all) {

    /** @param waits false for a wire tap and for a queue */
    record Call(Route from, Route to, boolean waits) {
    }

    static RouteCalls in(RouteModel model) {
        Set<Call> calls = new LinkedHashSet<>();
        for (Route route : model.routes()) {
            for (Step step : route.steps()) {
                Direct.in(step.target()).stream().flatMap(endpoint -> model.readings(route, endpoint).stream())
                        .forEach(endpoint -> model.routes().stream().filter(other -> consumes(model, other, endpoint))
                                .forEach(other -> calls.add(new Call(route, other, !step.kind().equals("wireTap") && !Direct.hasQueue(endpoint)))));
            }
        }
        return new RouteCalls(calls);
    }

    private static boolean consumes(RouteModel model, Route route, String endpoint) {
        return Direct.isConsumed(route.from())
                && model.readings(route, route.from()).stream().anyMatch(from -> Direct.matches(endpoint, from));
    }

    /** Whether anything in these files ends up in those. */
    boolean reaches(Predicate<RouteFile> these, Predicate<RouteFile> those) {
        Deque<Route> open = new ArrayDeque<>();
        all.stream().filter(call -> these.test(call.from.file())).forEach(call -> open.add(call.to));
        Set<Route> seen = new HashSet<>();
        while (!open.isEmpty()) {
            Route next = open.pop();
            if (those.test(next.file())) {
                return true;
            }
            if (seen.add(next)) {
                all.stream().filter(call -> call.from.equals(next)).forEach(call -> open.add(call.to));
            }
        }
        return false;
    }
}
