package integration.salesloft.http;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The parameters in the address of a request. Camel makes headers of them, so whatever is a header's is none of theirs. */
final class Parameters {

    /** As ours are written. Every header that a route reads has a hyphen in its name, but for one. */
    private static final Pattern NAME = Pattern.compile("(?!(?i:authorization)$)[A-Za-z]+");

    private Parameters() {
    }

    /** Those that a route may see: on the path of deliveries none, because only headers and body count there. */
    static Map<String, String[]> of(HttpServletRequest request, Paths paths) {
        if (request.getQueryString() == null || paths.deliveries().contains(request.getRequestURI())) {
            return Map.of();
        }
        Map<String, String[]> seen = new TreeMap<>(request.getParameterMap());
        seen.keySet().removeIf(name -> !NAME.matcher(name).matches());
        return seen;
    }

    /** Whether one is given twice, or holds control characters, which no parameter of ours may. */
    static boolean areInvalid(HttpServletRequest request, Paths paths) {
        return request.getQueryString() != null && of(request, paths).values().stream()
                .anyMatch(values -> values.length > 1 || values[0].chars().anyMatch(Character::isISOControl));
    }
}
