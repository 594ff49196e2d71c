package integration.salesloft.lint;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Names of endpoints within the container, {@code direct:} or, with a queue, {@code seda:}. Some are known only in part before it runs. */
final class Direct {

    private static final Pattern ENDPOINT = Pattern.compile("(?:direct|seda):(?:[A-Za-z0-9._-]|\\{\\{[^{}]*}}|\\$\\{[^{}]*})+");
    private static final Pattern VARIABLE = Pattern.compile("\\{\\{[^{}]*}}|\\$\\{[^{}]*}");

    private Direct() {
    }

    /** The endpoints a target names; several when it is an expression that chooses. */
    static List<String> in(String target) {
        return target == null ? List.of() : ENDPOINT.matcher(target).results().map(MatchResult::group).toList();
    }

    /** The name alone, without options. */
    static String name(String endpoint) {
        int options = endpoint.indexOf('?');
        return endpoint.substring(endpoint.indexOf(':') + 1, options < 0 ? endpoint.length() : options);
    }

    static boolean isConsumed(String from) {
        return from != null && from.matches("(?:direct|seda):.*");
    }

    static boolean hasQueue(String endpoint) {
        return endpoint.startsWith("seda:");
    }

    static boolean isComputed(String endpoint) {
        return endpoint.contains("${");
    }

    /** Whether the endpoint is, or can become, the consumer. One that begins with a variable says nothing. */
    static boolean matches(String endpoint, String consumer) {
        String name = name(endpoint);
        if (hasQueue(endpoint) != hasQueue(consumer)) {
            return false;
        }
        if (name.indexOf('{') < 0) {
            return name.equals(name(consumer)); // nearly all, of which each is compared with each
        }
        if (VARIABLE.matcher(name).lookingAt()) {
            return false;
        }
        StringBuilder pattern = new StringBuilder();
        int end = 0;
        for (MatchResult variable : VARIABLE.matcher(name).results().toList()) {
            pattern.append(Pattern.quote(name.substring(end, variable.start()))).append(".*");
            end = variable.end();
        }
        return name(consumer).matches(pattern + Pattern.quote(name.substring(end)));
    }
}
