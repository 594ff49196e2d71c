package integration.salesloft.lint;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Checks a folder of routes by the rules they are written by, without starting them: schema and notation of Camel's YAML
 * DSL, ids and names, calls between routes, what templates are given, settings, SQL, where policies and calls to the outside stand, who may call what, and numbers that must fit each other.
 */
public final class RouteLint {

    private static final Comparator<Finding> BY_PLACE =
            Comparator.comparing((Finding finding) -> finding.file().toString()).thenComparingInt(Finding::line).thenComparing(Finding::problem);

    private RouteLint() {
    }

    /**
     * Checks every {@code *.camel.yaml} under a folder, and the SQL beside them.
     *
     * @param applicationYaml where the settings stand that routes name
     * @return what is wrong, by file and line; empty when all is well
     * @throws java.io.UncheckedIOException if something that is there cannot be read
     */
    public static List<Finding> check(Path routesDir, Path applicationYaml) {
        if (!Files.isDirectory(routesDir)) {
            return List.of(new Finding(routesDir, 1, "no such folder"));
        }
        SchemaCheck schema = new SchemaCheck();
        List<Finding> findings = new ArrayList<>();
        RouteModel model = RouteModel.read(routesDir, findings::add);
        if (model.files().isEmpty() && findings.isEmpty()) {
            findings.add(new Finding(routesDir, 1, "no *" + RouteFile.ENDING + " in this folder"));
        }
        boolean complete = findings.isEmpty();
        for (Check check : checks(complete, applicationYaml, findings)) {
            check.check(model, findings::add);
        }
        List<Finding> refused = new ArrayList<>();
        schema.check(model, refused::add);
        new NotationCheck().check(model, finding -> {
            // What the schema refuses needs no second word.
            if (refused.stream().noneMatch(other -> other.file().equals(finding.file()) && other.line() == finding.line())) {
                findings.add(finding);
            }
        });
        findings.addAll(refused);
        return findings.stream().distinct().sorted(BY_PLACE).toList();
    }

    /**
     * Prints every finding on a line, or how many files have none.
     *
     * @return the exit status: 0 when all is well, else 1
     */
    public static int run(Path routesDir, Path applicationYaml, PrintStream out) {
        List<Finding> findings = check(routesDir, applicationYaml);
        findings.forEach(out::println);
        if (findings.isEmpty()) {
            out.println(RouteModel.read(routesDir).files().size() + " route files, no findings");
        }
        return findings.isEmpty() ? 0 : 1;
    }

    private static List<Check> checks(boolean complete, Path applicationYaml, List<Finding> findings) {
        List<Check> checks = new ArrayList<>(List.of(new OpeningCommentCheck(), new DescribedCheck(), new UniqueIdCheck(), new NameCheck(),
                new StepIdCheck(), new PolicyLiteralCheck(), new OutwardCallCheck()));
        if (complete) {
            // What only seems to be missing stands in the file that cannot be read.
            checks.addAll(List.of(new DirectCheck(), new SqlCheck(), new AccessCheck(), new TemplateCheck()));
        }
        try {
            if (Files.isRegularFile(applicationYaml)) {
                DefinedSettings settings = DefinedSettings.read(applicationYaml);
                checks.addAll(List.of(new PlaceholderCheck(settings), new CouplingCheck(settings)));
            } else {
                findings.add(new Finding(applicationYaml, 1, "no such file"));
            }
        } catch (UnreadableFileException e) {
            findings.add(new Finding(applicationYaml, e.line(), e.getMessage()));
        }
        return checks;
    }
}
