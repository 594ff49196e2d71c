package integration.salesloft.lint;

import java.util.Set;
import java.util.function.Consumer;

/** The numbers of a policy stand at its EIP, so that reading the route is knowing the policy. */
class PolicyLiteralCheck implements Check {

    private static final Set<String> POLICIES = Set.of("redeliveryPolicy", "resilience4jConfiguration", "faultToleranceConfiguration", "retryWhile");
    /** A throttle's limit may follow from a setting; what it counts by is no number. */
    private static final Set<String> COMPUTED = Set.of("expression", "correlationExpression");

    @Override
    public void check(RouteModel model, Consumer<Finding> report) {
        for (RouteFile file : model.files()) {
            file.yaml().root().eachEntry(entry -> {
                YamlNode value = entry.value();
                if (POLICIES.contains(entry.key())) {
                    literal(file, entry.key(), value, report);
                } else if (entry.key().equals("throttle")) {
                    value.entries().stream().filter(option -> !COMPUTED.contains(option.key()) && option.value().isText())
                            .forEach(option -> literal(file, "throttle", option.value(), report));
                } else if (entry.key().equals("redeliveryPolicyRef")) {
                    report.accept(file.finding(entry.line(), "redeliveryPolicyRef: the numbers stand here, in a redeliveryPolicy"));
                } else if (entry.key().equals("circuitBreaker") && value.has("configuration")) {
                    report.accept(file.finding(value.lineOf("configuration"), "configuration: the numbers stand here, in a resilience4jConfiguration"));
                }
            });
        }
    }

    private static void literal(RouteFile file, String policy, YamlNode node, Consumer<Finding> report) {
        node.eachScalar(scalar -> {
            if (scalar.text().contains("{{") || scalar.text().contains("${properties:")) {
                report.accept(file.finding(scalar.line(), policy + ": holds a literal, not a setting"));
            }
        });
    }
}
