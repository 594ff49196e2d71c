package integration.salesloft.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** SQL stands in files of one statement each, which exist and are used, and means to Camel what it means to PostgreSQL. */
class SqlCheck implements Check {

    private static final String FOLDER = "file:{{salesloft.routes-dir}}/";
    private static final Pattern REFERENCE = Pattern.compile(Pattern.quote(FOLDER) + "((?:[\\w./-]|\\{\\{[^{}]*}}|\\$\\{[^{}]*})+\\.sql)");
    private static final Pattern VARIABLE = Pattern.compile("\\{\\{[^{}]*}}|\\$\\{[^{}]*}");
    private static final Pattern SECOND_STATEMENT = Pattern.compile(";(?=\\s*\\S)");
    private static final String COUNT = "parametersCount";
    private static final Pattern PARAMETER = Pattern.compile(":#");
    private static final Pattern MARK = Pattern.compile("\\?");
    private static final Pattern HASH = Pattern.compile("(?<!:)#");

    @Override
    public void check(RouteModel model, Consumer<Finding> report) {
        List<String> used = new ArrayList<>();
        for (RouteFile file : model.files()) {
            file.yaml().root().eachScalar(scalar -> {
                if (scalar.text().startsWith("sql:") && !scalar.text().startsWith("sql:" + FOLDER)) {
                    report.accept(file.finding(scalar.line(), "SQL stands in a file of its own: sql:" + FOLDER + file.folder() + "/NAME.sql"));
                }
                for (MatchResult match : REFERENCE.matcher(scalar.text()).results().toList()) {
                    String pattern = pattern(match.group(1));
                    used.add(pattern);
                    if (!match.group(1).matches("(?:shared|" + Pattern.quote(file.folder()) + ")/[^/]*")) {
                        report.accept(file.finding(scalar.line(), match.group(1) + " stands beside the routes that use it, or in shared"));
                    }
                    if (model.sql().stream().noneMatch(sql -> sql.name().matches(pattern))) {
                        report.accept(file.finding(scalar.line(), match.group(1) + " does not exist"));
                    }
                }
            });
        }
        model.files().forEach(file -> file.yaml().root().eachEntry(entry -> counted(model, file, entry.value(), report)));
        for (SqlFile file : model.sql()) {
            if (used.stream().noneMatch(file.name()::matches)) {
                report.accept(file.finding(1, "no route uses this"));
            }
            statement(file, report);
        }
    }

    /**
     * A number of parameters that is given is not looked up by Camel, and must be right. Where it is not given PostgreSQL describes
     * the statement and parses it again, at every call. Camel takes none for not given.
     */
    private static void counted(RouteModel model, RouteFile file, YamlNode step, Consumer<Finding> report) {
        if (!step.isMap() || !step.has("uri") || !step.get("uri").text().startsWith("sql:")) {
            return;
        }
        boolean given = step.has("parameters") && step.get("parameters").isMap() && step.get("parameters").has(COUNT);
        model.sql().stream().filter(sql -> step.get("uri").text().endsWith(FOLDER + sql.name())).forEach(sql -> {
            long count = PARAMETER.matcher(sql.text()).results().count();
            if (new SqlText(sql.text()).only(SqlText.Kind.CODE).isBlank()) {
                return; // which is said of the file
            }
            if (given && !step.get("parameters").get(COUNT).text().equals(String.valueOf(count))) {
                report.accept(file.finding(step.get("parameters").lineOf(COUNT), COUNT + ": " + sql.name() + " has " + count));
            } else if (!given && count > 0) {
                report.accept(file.finding(step.lineOf("uri"), COUNT + " is missing: " + sql.name() + " has " + count));
            }
        });
    }

    /** A name that is put together at run time stands for every file that fits. */
    private static String pattern(String name) {
        StringBuilder pattern = new StringBuilder();
        int end = 0;
        for (MatchResult variable : VARIABLE.matcher(name).results().toList()) {
            pattern.append(Pattern.quote(name.substring(end, variable.start()))).append(".*");
            end = variable.end();
        }
        return pattern + Pattern.quote(name.substring(end));
    }

    private static void statement(SqlFile file, Consumer<Finding> report) {
        SqlText sql = new SqlText(file.text());
        String code = sql.only(SqlText.Kind.CODE);
        if (code.isBlank()) {
            report.accept(file.finding(1, "holds no statement"));
        }
        each(SECOND_STATEMENT, code, file, "more than one statement", report);
        each(MARK, code, file, "? is a parameter to JDBC, not an operator", report);
        // Camel replaces it everywhere, in literals too.
        each(HASH, sql.only(SqlText.Kind.CODE, SqlText.Kind.QUOTED), file,
                "# is a parameter to Camel, which writes ? in its place; use a function instead of the operator", report);
    }

    private static void each(Pattern pattern, String text, SqlFile file, String problem, Consumer<Finding> report) {
        pattern.matcher(text).results().map(match -> 1 + (int) text.substring(0, match.start()).chars().filter(c -> c == '\n').count())
                .distinct().forEach(line -> report.accept(file.finding(line, problem)));
    }
}
