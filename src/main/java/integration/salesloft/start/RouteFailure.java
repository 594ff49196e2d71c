package integration.salesloft.start;

import integration.salesloft.lint.Finding;
import integration.salesloft.lint.RouteLint;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Says in one line what is wrong with the routes: where Camel tells the file and the line, in its words; else in those of
 * the lint, if it finds something that Camel speaks of; else in Camel's again, with the file or the route if Camel names it.
 */
class RouteFailure {

    private static final Pattern PLACE = Pattern.compile("(?m)(.*)\\R in file:(.+), line (\\d+), column \\d+");
    private static final Pattern FILE = Pattern.compile("file:([^\\s)?]+\\.camel\\.yaml)");
    private static final Pattern ROUTE = Pattern.compile("Failed to create (route: [\\w-]+)");
    /** Ids, keys and classes: what a finding and a failure have in common when they are about the same thing. */
    private static final Pattern NAME = Pattern.compile("\\w+(?:[-.]\\w+)+");

    private final Path routesDir;
    private final Path applicationYaml;

    RouteFailure(Path routesDir, Path applicationYaml) {
        this.routesDir = routesDir;
        this.applicationYaml = applicationYaml;
    }

    static boolean isOne(List<Throwable> causes) {
        return causes.stream().anyMatch(cause -> cause.getClass().getName().startsWith("org.apache.camel."));
    }

    /** @param causes the failure and its causes, outermost first */
    String line(List<Throwable> causes) {
        List<String> messages = causes.stream().map(cause -> String.valueOf(cause.getMessage())).collect(Collectors.toList());
        Collections.reverse(messages);
        return place(messages).or(() -> finding(messages.get(0))).orElseGet(() -> inCamelsWords(messages));
    }

    /** A message may name two places: where it began to read something, and, last, what it did not expect there. */
    private static Optional<String> place(List<String> messages) {
        return messages.stream().map(message -> PLACE.matcher(message).results().reduce((first, second) -> second)).flatMap(Optional::stream)
                .map(place -> place.group(2) + ":" + place.group(3) + ": " + place.group(1).strip()).findFirst();
    }

    private Optional<String> finding(String message) {
        Set<String> names = names(message);
        return RouteLint.check(routesDir, applicationYaml).stream()
                .filter(finding -> names(finding.problem()).stream().anyMatch(names::contains))
                .map(Finding::toString).findFirst();
    }

    private static Set<String> names(String text) {
        return NAME.matcher(text).results().map(MatchResult::group).collect(Collectors.toSet());
    }

    private static String inCamelsWords(List<String> messages) {
        // The innermost that is a sentence: a class that is not found says no more than its name.
        String said = messages.stream().filter(message -> message.contains(" ")).findFirst().orElse(messages.get(0));
        String where = first(FILE, messages).or(() -> first(ROUTE, messages)).orElse("routes");
        return where + ": " + said.replaceAll("\\s+", " ").strip();
    }

    private static Optional<String> first(Pattern pattern, List<String> messages) {
        return messages.stream().map(pattern::matcher).filter(Matcher::find).map(found -> found.group(1)).findFirst();
    }
}
