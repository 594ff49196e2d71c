package integration.salesloft.lint;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Names of {@code direct:} endpoints. Some are known only in part before the container runs. */
final class Direct {

    private static final Pattern ENDPOINT = Pattern.compile("direct:(?:[A-Za-z0-9._-]|\\{\\{[^{}]*}}|\\$\\{[^{}]*})+");
    private static final Pattern VARIABLE = Pattern.compile("\\{\\{[^{}]*}}|\\$\\{[^{}]*}");

    private Direct() {
    }

    /** The endpoints a target names; several when it is an expression that chooses. */
    static List<String> in(String target) {
        return target == null ? List.of() : ENDPOINT.matcher(target).results().map(MatchResult::group).toList();
    }

    /** The name alone, without options. */
    static String name(String endpoint) {
        return endpoint.substring("direct:".length()).split("\\?", 2)[0];
    }

    static boolean isComputed(String endpoint) {
        return endpoint.contains("${");
    }

    /** Whether the endpoint is, or can become, the consumer. One that begins with a variable says nothing. */
    static boolean matches(String endpoint, String consumer) {
        String name = name(endpoint);
        if (VARIABLE.matcher(name).lookingAt()) {
            return false;
        }
        StringBuilder pattern = new StringBuilder();
        int end = 0;
        for (MatchResult variable : VARIABLE.matcher(name).results().toList()) {
            pattern.append(Pattern.quote(name.substring(end, variable.start()))).append(".*");
            end = variable.end();
        }
        return consumer.matches(pattern + Pattern.quote(name.substring(end)));
    }
}
