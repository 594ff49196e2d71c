package integration.salesloft.lint;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Every setting that routes and SQL name stands in {@code application.yaml}, and has its default nowhere else. */
record PlaceholderCheck(DefinedSettings settings) implements Check {

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{\\s*[?!]?([^{}:]+)(:[^{}]*)?}}");
    private static final Pattern FUNCTION = Pattern.compile("\\$\\{properties:([^{}:]+)(?::([^{}]*))?}");

    @Override
    public void check(RouteModel model, Consumer<Finding> report) {
        for (RouteFile file : model.files()) {
            for (YamlNode block : file.yaml().root().items()) {
                Set<String> parameters = block.get("routeTemplate").get("parameters").items().stream()
                        .map(parameter -> String.valueOf(parameter.get("name").text())).collect(Collectors.toSet());
                block.eachScalar(scalar -> lines(file.yaml().source(scalar), parameters,
                        (line, problem) -> report.accept(file.finding(scalar.line() + line, problem))));
            }
        }
        for (SqlFile file : model.sql()) {
            lines(new SqlText(file.text()).only(SqlText.Kind.CODE, SqlText.Kind.QUOTED, SqlText.Kind.PARAMETER).lines().toList(), Set.of(),
                    (line, problem) -> report.accept(file.finding(line + 1, problem)));
        }
    }

    private interface LineReport {
        void add(int line, String problem);
    }

    private void lines(List<String> lines, Set<String> parameters, LineReport report) {
        for (int i = 0; i < lines.size(); i++) {
            for (MatchResult match : PLACEHOLDER.matcher(lines.get(i)).results().toList()) {
                String name = match.group(1).strip();
                if (match.group(2) != null) {
                    report.add(i, match.group() + " has a default of its own; settings and their defaults stand in application.yaml");
                } else if (!parameters.contains(name)) {
                    defined(i, match.group(), name, report);
                }
            }
            for (MatchResult match : FUNCTION.matcher(lines.get(i)).results().toList()) {
                if (match.group(2) != null && !match.group(2).isEmpty()) {
                    report.add(i, match.group() + " has a default of its own; settings and their defaults stand in application.yaml");
                } else {
                    defined(i, match.group(), match.group(1), report);
                }
            }
        }
    }

    private void defined(int line, String written, String name, LineReport report) {
        if (!settings.names().contains(name)) {
            report.add(line, written + " does not stand in application.yaml");
        }
    }
}
