package integration.salesloft.lint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import integration.salesloft.Blocks;
import integration.salesloft.deploy.Alerts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The README and the pages in docs say what the routes and settings say. {@code mvn test -Dtest=DocsTest -Ddocs.write=true} writes the parts that are made
 * from the routes anew.
 */
class DocsTest {

    private static final Path README = Path.of("README.md");
    private static final Pattern LINK = Pattern.compile("]\\((?:\\.\\./)?(routes/[^)#]+)[^)]*\\)");
    private static final Pattern ID = Pattern.compile("`([a-z0-9_]+(?:-[a-z0-9_]+)+)`");

    /** An argument of a notice: runbook,name in a map of Simple's, or runbook: 'name' in one of SpEL's. */
    private static final Pattern RUNBOOK = Pattern.compile("(?<=[\\s({])'?runbook'?\\s*[,:]\\s*'?([a-z0-9-]+)");
    private static final Pattern BEANS = Pattern.compile("\\bbeans? ([a-z-]+(?: and [a-z-]+)?) in \\[[^\\]]*]\\((?:\\.\\./)?(routes/[^)]+)\\)");

    /** A row of the lists that are left out: the path, and why. */
    private static final Pattern LEFT_OUT = Pattern.compile("\\| `([a-z_/]+)` \\| ([^|]+) \\|");

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"README.md,flows", "README.md,diagram", "README.md,folders", "docs/routes.md,diagram", "docs/routes.md,files", "docs/settings.md,settings", "docs/lists.md,lists"})
    void saysWhatTheRoutesAndSettingsSay(Path file, String part) throws IOException {
        RouteModel model = RouteModel.read(Path.of("routes"));
        String expected = switch (part) {
            case "flows" -> RouteDocs.flowTable(model);
            case "folders" -> RouteDocs.folderList(model);
            case "files" -> RouteDocs.fileList(model);
            case "lists" -> ListDocs.table();
            case "settings" -> SettingsDocs.list(Path.of("application.yaml"));
            default -> file.equals(README) ? RouteDocs.folderDiagram(model) : RouteDocs.fileDiagram(model);
        };
        if (Boolean.getBoolean("docs.write")) {
            ReadmeText.read(file).write(part, expected);
        }
        assertThat(ReadmeText.read(file).part(part)).as("%s between <!-- %s --> and <!-- /%s -->", file, part, part).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"README.md,I want to change", "README.md,Go-live checklist", "docs/change.md,I want to change"})
    void namesStepsThatExist(Path file, String heading) {
        assertThat(missing(ReadmeText.read(file).cells(heading), RouteModel.read(Path.of("routes")), Path.of(""))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"README.md,I want to change", "docs/change.md,I want to change"})
    void namesBeansWhereTheyStand(Path file, String heading) throws IOException {
        List<MatchResult> named = ReadmeText.read(file).cells(heading).stream().flatMap(cell -> BEANS.matcher(cell).results()).toList();
        assertThat(named).isNotEmpty();
        for (MatchResult beans : named) {
            String routes = Files.readString(Path.of(beans.group(2)));
            assertThat(beans.group(1).split(" and ")).allSatisfy(bean -> assertThat(routes).as(beans.group()).contains("- name: " + bean + "\n"));
        }
    }

    /** What of SalesLoft can be mirrored, and what cannot: every list it has is in one of the two tables, with the reason where it is left out. */
    @Test
    void saysOfEveryListWhetherItIsMirrored() throws IOException {
        List<String> lists = Files.readAllLines(Path.of("src/test/resources/sandbox/described-lists.txt")).stream().filter(line -> !line.startsWith("#")).toList();
        Set<String> mirrored = Blocks.all().values().stream().map(block -> block.get("path").toString().replaceFirst("^/v2/", "").replaceFirst("\\.json$", "")).collect(Collectors.toSet());
        Map<String, String> leftOut = Files.readAllLines(Path.of("docs/lists.md")).stream().map(LEFT_OUT::matcher).filter(java.util.regex.Matcher::matches)
                .collect(Collectors.toMap(row -> row.group(1), row -> row.group(2)));
        assertThat(lists).hasSizeGreaterThan(40).allSatisfy(list -> assertThat(mirrored.contains(list)).as(list + ": has a block, or stands among those that are left out").isNotEqualTo(leftOut.containsKey(list)));
        assertThat(lists).containsAll(mirrored).containsAll(leftOut.keySet());
        assertThat(leftOut.values()).allSatisfy(reason -> assertThat(reason).hasSizeGreaterThan(20));
    }

    /** A page that one reads, and routes that one finds one's way in. */
    @Test
    void isShort() throws IOException {
        assertThat(Files.readAllLines(README)).hasSizeLessThanOrEqualTo(250);
        assertThat(RouteModel.read(Path.of("routes")).files()).allSatisfy(file -> assertThat(file.yaml().lines()).as(file.name()).hasSizeLessThanOrEqualTo(300));
    }

    /** What differs from one installation to the next is a variable; what does not stands in the jar. */
    @Test
    void settingsStandWhereTheyBelong() throws Exception {
        assertThat(YamlFile.read(Path.of("application.yaml")).root()).satisfies(settings -> settings.eachScalar(
                value -> assertThat(value.text()).as("line " + value.line()).matches("\\$\\{[A-Z_]+:.*}")));
        assertThat(YamlFile.read(Path.of("src/main/resources/application.yaml")).root()).satisfies(defaults -> defaults.eachScalar(
                value -> assertThat(value.text()).as("line " + value.line()).doesNotContainPattern("\\$\\{[A-Z]")));
    }

    /** A notice and an alert point to a section, which somebody has to find at night; and no section is left that none points to. */
    @Test
    void hasASectionOfTheRunbookForEveryNoticeAndAlert() throws IOException {
        List<String> sections = Files.readAllLines(Path.of("docs/runbook.md")).stream().filter(line -> line.startsWith("## ")).map(line -> line.substring(3)).toList();
        Stream<String> notices = RouteModel.read(Path.of("routes")).files().stream().flatMap(file -> file.yaml().lines().stream())
                .flatMap(line -> RUNBOOK.matcher(line).results()).map(section -> section.group(1));
        assertThat(Stream.concat(notices, Alerts.all().stream().map(Alerts.Alert::section)).distinct().toList())
                .contains("auth-down", "dead-letters", "gauges-stale").containsExactlyInAnyOrderElementsOf(sections);
        String runbook = Files.readString(Path.of("docs/runbook.md"));
        assertThat(runbook.split("\n## ")).filteredOn(section -> sections.contains(section.lines().findFirst().orElse("")))
                .allSatisfy(section -> assertThat(section).contains("**What it means.**", "**Look at** ", "**Do"));
    }

    /** The lists of threats and of what a production needs promise nothing that no test shows. */
    @ParameterizedTest
    @CsvSource({"docs/security.md,shown by", "README.md,proved by"})
    void namesTestsThatExist(Path file, String column) throws IOException {
        Map<String, String> tests = new HashMap<>();
        try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
            for (Path test : files.filter(path -> path.toString().endsWith("Test.java")).toList()) {
                tests.put(test.getFileName().toString().replace(".java", ""), Files.readString(test));
            }
        }
        List<String> rows = Pattern.compile("(?m)^\\|.*\\| " + column + " \\|\n\\|[-|]+\n((?:\\|.*\n)+)").matcher(Files.readString(file)).results().flatMap(table -> table.group(1).lines()).toList();
        assertThat(rows).hasSizeGreaterThan(20).allSatisfy(row -> {
            String[] cells = row.split(" \\| ");
            List<MatchResult> named = Pattern.compile("(\\w+Test)(?:\\.(\\w+))?").matcher(cells[cells.length - 1]).results().toList();
            assertThat(named).as(row).isNotEmpty().allSatisfy(name -> assertThat(tests.get(name.group(1))).as(name.group()).isNotNull()
                    .contains(name.group(2) == null ? "" : "void " + name.group(2) + "("));
        });
    }

    /** What is linked to is there. */
    @Test
    void linksToWhatExists() throws IOException {
        List<Path> pages = new ArrayList<>(List.of(README));
        try (Stream<Path> docs = Files.list(Path.of("docs"))) {
            docs.filter(page -> page.toString().endsWith(".md")).forEach(pages::add);
        }
        assertThat(pages).hasSizeGreaterThan(5).allSatisfy(page -> Pattern.compile("]\\((?!https?:)([^)#]+)").matcher(Files.readString(page)).results()
                .forEach(link -> assertThat(page.toAbsolutePath().resolveSibling(link.group(1))).exists()));
    }

    @Test
    void missesStepsAndFilesThatDoNotExist() {
        GoodFolder folder = new GoodFolder(directory);
        RouteModel model = RouteModel.read(folder.routes());
        ReadmeText readme = new ReadmeText(README, """
                ## I want to change…
                | what | where |
                |---|---|
                | the pace | `flow-pace` in [flow](routes/flow/flow.camel.yaml), `flow-gone` too; `redeliveryDelay` stays |
                | the `flow-word` | [sql](routes/flow/store.sql), [gone](routes/gone.camel.yaml) |
                ## Next
                | `flow-other` in [flow](routes/flow/flow.camel.yaml) |
                """);
        assertThat(missing(readme.cells("I want to change"), model, directory)).containsExactly("flow-gone in routes/flow/flow.camel.yaml", "routes/gone.camel.yaml");
        assertThatThrownBy(() -> readme.cells("Go-live checklist")).isInstanceOf(AssertionError.class);
    }

    /** What cells name beside a link to a file of routes, and is not in it. */
    private static List<String> missing(List<String> cells, RouteModel model, Path project) {
        List<String> missing = new ArrayList<>();
        for (String cell : cells) {
            Set<String> files = LINK.matcher(cell).results().map(match -> match.group(1)).collect(Collectors.toSet());
            files.stream().filter(file -> !Files.isRegularFile(project.resolve(file))).forEach(missing::add);
            Set<String> ids = files.stream().flatMap(file -> model.ids(file.substring("routes/".length())).stream()).collect(Collectors.toSet());
            if (files.stream().anyMatch(file -> file.endsWith(".camel.yaml"))) {
                for (MatchResult id : ID.matcher(cell).results().toList()) {
                    if (!ids.contains(id.group(1)) && files.stream().allMatch(file -> Files.isRegularFile(project.resolve(file)))) {
                        missing.add(id.group(1) + " in " + String.join(", ", files));
                    }
                }
            }
        }
        return missing;
    }

    @Test
    void flowTableShowsWhereTheProtectionIs() {
        GoodFolder folder = new GoodFolder(directory).write("routes/health/health.camel.yaml", """
                # Health: asks.
                - route:
                    id: health
                    from:
                      uri: platform-http:/health
                      steps:
                        - to: {id: health-ask, uri: "direct:gateway"}
                        - wireTap: {id: health-tap, uri: "direct:flow-note"}
                """);
        assertThat(RouteDocs.flowTable(RouteModel.read(folder.routes()))).isEqualTo("""
                | Flow | Throttle | Circuit breaker | Idempotent consumer | Wire tap |
                |---|---|---|---|---|
                | [health](routes/health) | through the gateway | – | – | [health-tap](routes/health/health.camel.yaml) |
                | [gateway](routes/gateway) | [gateway-pace](routes/gateway/gateway.camel.yaml) | – | – | – |""");
    }

    @Test
    void diagramShowsWhoCallsWhom() {
        GoodFolder folder = new GoodFolder(directory);
        folder.replace("routes/flow/flow.camel.yaml", "uri: \"direct:flow-note\"", "uri: \"direct:gateway\"");
        assertThat(RouteDocs.fileDiagram(RouteModel.read(folder.routes()))).isEqualTo("""
                ```mermaid
                graph LR
                  callers([HTTP callers])
                  timers([timers])
                  PostgreSQL[(PostgreSQL)]
                  SalesLoft([SalesLoft])
                  subgraph flow
                    file_flow_flow["flow"]
                  end
                  subgraph gateway
                    file_gateway_gateway["gateway"]
                    file_gateway_store_one["store/one"]
                    file_gateway_store_two["store/two"]
                  end
                  callers --> file_flow_flow
                  timers --> file_flow_flow
                  file_flow_flow --> file_gateway_gateway
                  file_flow_flow -.-> file_gateway_gateway
                  file_flow_flow --> file_gateway_store_one
                  file_flow_flow --> file_gateway_store_two
                  file_flow_flow --> PostgreSQL
                  file_gateway_gateway --> SalesLoft
                ```""");
    }

    @Test
    void fileListHasTheFirstSentence() {
        assertThat(RouteDocs.fileList(RouteModel.read(new GoodFolder(directory).routes()))).isEqualTo("""
                - [flow/flow.camel.yaml](../routes/flow/flow.camel.yaml): The flow: takes a request and passes it on.
                - [gateway/gateway.camel.yaml](../routes/gateway/gateway.camel.yaml): The gateway: calls.
                - [gateway/store/one.camel.yaml](../routes/gateway/store/one.camel.yaml): A store: one of several.
                - [gateway/store/two.camel.yaml](../routes/gateway/store/two.camel.yaml): A store: one of several.
                - [shared/access.camel.yaml](../routes/shared/access.camel.yaml): Access: who may call.""");
    }
}
