package integration.salesloft.lint;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The lint finds each fault where it is and nothing else; and the project's own routes have none. */
class RouteLintTest {

    private static final String FLOW = "routes/flow/flow.camel.yaml";
    private static final String GATEWAY = "routes/gateway/gateway.camel.yaml";
    private static final String STORE = "routes/gateway/store/two.camel.yaml";
    private static final String SQL = "routes/flow/store.sql";
    private static final String ACCESS = "routes/shared/access.camel.yaml";

    @TempDir
    Path directory;

    @Test
    void findsNothingInAGoodFolder() {
        assertThat(new GoodFolder(directory).findings()).isEmpty();
    }

    @ParameterizedTest(name = "{3}")
    @MethodSource
    void findsTheFault(String file, String good, String bad, String finding) {
        assertThat(new GoodFolder(directory).replace(file, good, bad).findings()).containsExactly(finding.split("\n"));
    }

    static Stream<Arguments> findsTheFault() {
        return Stream.of(
                // No YAML.
                arguments(STORE, "id: gateway-store-read", "id: [gateway-store-read",
                        STORE + ":6: no YAML: expected ',' or ']', but got :"),
                arguments(STORE, "description: Reads", "id: gateway-store-other",
                        STORE + ":6: no YAML: key id stands here twice"),
                arguments(GATEWAY, "id: gateway-pace", quoted("id: 'gateway-pace"),
                        GATEWAY + ":13: no YAML: expected <block end>, but found '<scalar>'"),
                // Schema.
                arguments(FLOW, "message: failed", "loggerName: x, message: failed",
                        FLOW + ":14: log: unknown property loggerName"),
                arguments(FLOW, "message: noted", "message: noted, loggingLevel: LOUD",
                        quoted(FLOW + ":50: loggingLevel: must be one of ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'OFF']")),
                arguments(FLOW, quoted("{id: flow-ask, uri: 'direct:gateway'}"), quoted("{id: flow-ask, uri: 'direct:gateway', pattern: Both}"),
                        quoted(FLOW + ":30: pattern: must be one of ['InOnly', 'InOut']")),
                arguments(FLOW, quoted("redeliveryDelay: '500'"), "redeliveryDelay: 500",
                        FLOW + ":12: redeliveryDelay: must be string, not integer"),
                arguments(FLOW, "parameters: [{name: what, description: What}]", "parameters: [{name: what, text: What}]",
                        FLOW + ":55: parameters: unknown property text"),
                // Notation.
                arguments(FLOW, "- log: {id: flow-noted, message: noted}", "- convertBodyTo: java.lang.String",
                        FLOW + ":50: convertBodyTo: is a map, not a text"),
                arguments(FLOW, quoted("expression: {simple: {expression: '${body} ${properties:salesloft.token:}'}}"), quoted("simple: {expression: '${body}'}"),
                        FLOW + ":31: setBody: is written as expression, a language, expression"),
                arguments(FLOW, quoted("{simple: {expression: '${body} ${properties:salesloft.token:}'}}"), quoted("{simple: '${body}'}"),
                        FLOW + ":32: setBody: is written as expression, a language, expression"),
                arguments(FLOW, quoted("handled: {constant: {expression: 'true'}}"), quoted("handled: {constant: 'true'}"),
                        FLOW + ":11: handled: is written as its language, expression"),
                arguments(FLOW, "    id: flow-note\n    description: Notes it\n", "    description: Notes it\n    id: flow-note\n",
                        FLOW + ":46: id: stands after description; the order is id, description, note, routeConfigurationId, errorHandler, from"),
                arguments(FLOW, """
                            route:
                              description: Reads every now and then
                              from:
                                uri: "timer:flow-{{what}}"
                                steps:
                                  - to: {uri: "direct:gateway-store-read"}
                        """, """
                            description: Reads
                            from: {uri: "timer:flow-{{what}}", steps: [{to: {uri: "direct:gateway-store-read"}}]}
                        """,
                        FLOW + ":57: from: stands inside the template's route"),
                // Comments, descriptions, ids.
                arguments(GATEWAY, "# In:  a request. Out: an answer.\n", "",
                        GATEWAY + ":1: opens with 2 lines of comment; 3 to 8 say what comes in and out, the guarantee, what to tune"),
                arguments(GATEWAY, "# In:  a request.", "#\n".repeat(6) + "# In:  a request.",
                        GATEWAY + ":1: opens with 9 lines of comment; 3 to 8 say what comes in and out, the guarantee, what to tune"),
                arguments(FLOW, "    description: Notes it\n", "",
                        FLOW + ":44: route flow-note has no description"),
                arguments(FLOW, "      description: Reads every now and then\n", "",
                        FLOW + ":53: routeTemplate flow-each has no description"),
                arguments(FLOW, "    id: flow-policies\n", "",
                        FLOW + ":5: routeConfiguration has no id"),
                arguments(FLOW, "id: flow-noted", "id: flow-log",
                        FLOW + ":50: id flow-log is taken by flow/flow.camel.yaml:14"),
                arguments(FLOW, "routeId: flow-b", "routeId: flow-note",
                        FLOW + ":52: id flow-note is taken by flow/flow.camel.yaml:44"),
                arguments(FLOW, quoted("{uri: 'direct:gateway-store-read'}"), quoted("{id: flow-each-read, uri: 'direct:gateway-store-read'}"),
                        FLOW + ":61: id flow-each-read would be the same in 2 routes of this template"),
                // Names.
                arguments(FLOW, "    id: flow\n", "    id: first\n",
                        FLOW + ":15: route first must start with flow-"),
                arguments(FLOW, "    id: flow-policies\n", "    id: policies\n",
                        FLOW + ":5: routeConfiguration policies must start with flow-"),
                arguments(FLOW, "routeId: flow-b", "routeId: b",
                        FLOW + ":52: route b must start with flow-"),
                arguments(FLOW, "    id: flow-manual\n", "    id: flow-by-hand\n",
                        FLOW + ":41: direct:flow-manual must be called as its route, direct:flow-by-hand"),
                arguments(STORE, "id: gateway-store-log", "id: log",
                        STORE + ":10: step log must start with gateway-store-"),
                arguments(FLOW, "id: flow-pace", "id: pace",
                        FLOW + ":23: step pace must start with flow-"),
                // Steps without an id.
                arguments(FLOW, "            id: flow-pace\n", "",
                        FLOW + ":22: throttle has no id"),
                arguments(FLOW, "          id: flow-on-anything\n", "",
                        FLOW + ":8: onException has no id"),
                arguments(FLOW, "{id: flow-log, message: failed}", "{message: failed}",
                        FLOW + ":14: log has no id"),
                // Calls between routes.
                arguments(FLOW, quoted("{id: flow-ask, uri: 'direct:gateway'}"), quoted("{id: flow-ask, uri: 'direct:gateway'}\n              - toD: {id: flow-lost, uri: 'direct:flow-lost'}"),
                        FLOW + ":31: no route consumes direct:flow-lost"),
                arguments(FLOW, quoted("{id: flow-ask, uri: 'direct:gateway'}"), quoted("{id: flow-ask, uri: 'direct:gateway'}\n              - to: {id: flow-queue, uri: 'seda:flow-note?size=1'}"),
                        FLOW + ":31: no route consumes seda:flow-note"),
                arguments(FLOW, quoted("{id: flow-ask, uri: 'direct:gateway'}"), "{id: flow-ask, uri: \"direct:gateway\"}\n              - bean: {id: flow-lost, ref: halving, method: \"work(${exchange},1,'direct:flow-lost')\"}",
                        FLOW + ":31: no route consumes direct:flow-lost"),
                arguments(FLOW, quoted("- wireTap: {id: flow-tap, uri: 'direct:flow-note'}"), "- log: {id: flow-tap, message: done}",
                        FLOW + ":48: nothing calls direct:flow-note"),
                arguments(FLOW, "# Only called from Java.", "# Only called by hand.",
                        FLOW + ":41: nothing calls direct:flow-manual"),
                arguments(STORE, "uri: direct:gateway-store-read", "uri: timer:gateway-store-read",
                        STORE + ":1: no route consumes direct:gateway-store-read, which flow/flow.camel.yaml calls"),
                // Settings.
                arguments("application.yaml", "  rate: 10\n", "",
                        FLOW + ":24: {{salesloft.rate}} does not stand in application.yaml"),
                arguments("application.yaml", "  token: ${TOKEN:}\n", "",
                        FLOW + ":32: ${properties:salesloft.token:} does not stand in application.yaml"),
                arguments(FLOW, "{{salesloft.rate}}", "{{salesloft.rate:5}}",
                        FLOW + ":24: {{salesloft.rate:5}} has a default of its own; settings and their defaults stand in application.yaml"),
                arguments(FLOW, "${properties:salesloft.token:}", "${properties:salesloft.token:secret}",
                        FLOW + ":32: ${properties:salesloft.token:secret} has a default of its own; settings and their defaults stand in application.yaml"),
                arguments(FLOW, quoted("{simple: {expression: '{{salesloft.rate}}'}}"), "\n              simple:\n                expression: >-\n                  1 +\n                  {{salesloft.pace}}",
                        FLOW + ":28: {{salesloft.pace}} does not stand in application.yaml"),
                arguments(SQL, ":#${header.a ? 1 : 2}", ":#${properties:salesloft.pace}",
                        SQL + ":3: ${properties:salesloft.pace} does not stand in application.yaml"),
                // SQL.
                arguments(FLOW, "parameters: {parametersCount: 1}}", "parameters: {parametersCount: 1}}\n        - to:\n            id: flow-read\n            uri: sql:file:{{salesloft.routes-dir}}/flow/read.sql",
                        FLOW + ":38: flow/read.sql does not exist"),
                arguments(FLOW, "- log: {id: flow-noted, message: noted}", quoted("- to: {id: flow-noted, uri: 'sql:select 1'}"),
                        FLOW + ":50: SQL stands in a file of its own: sql:file:{{salesloft.routes-dir}}/flow/NAME.sql"),
                arguments(FLOW, "{parametersCount: 1}", "{parametersCount: 2}",
                        FLOW + ":35: parametersCount: flow/store.sql has 1"),
                arguments(FLOW, "parameters: {parametersCount: 1}", quoted("parameters: {noop: 'true'}"),
                        FLOW + ":34: parametersCount is missing: flow/store.sql has 1"),
                arguments(GATEWAY, quoted("{id: gateway-http, uri: '{{salesloft.api-url}}/v2'}"), quoted("{id: gateway-http, uri: 'sql:file:{{salesloft.routes-dir}}/flow/store.sql', parameters: {parametersCount: 1}}"),
                        GATEWAY + ":14: flow/store.sql stands beside the routes that use it, or in shared"),
                arguments(FLOW, "sql:file:{{salesloft.routes-dir}}/flow/store.sql", "mock:flow-store",
                        SQL + ":1: no route uses this"),
                arguments(SQL, "'a?;')", "'a?;');\nselect 1",
                        SQL + ":3: more than one statement"),
                arguments(SQL, "insert into t (a, b)\nvalues (:#${header.a ? 1 : 2}, 'a?;')\n", "",
                        SQL + ":1: holds no statement"),
                arguments(SQL, "insert into t (a, b)", "insert into t (a, b) -- \n select a ? 'b' from t",
                        SQL + ":3: ? is a parameter to JDBC, not an operator"),
                arguments(SQL, "'a?;')", "a #>> b)",
                        SQL + ":3: # is a parameter to Camel, which writes ? in its place; use a function instead of the operator"),
                arguments(SQL, "'a?;'", "'#1'",
                        SQL + ":3: # is a parameter to Camel, which writes ? in its place; use a function instead of the operator"),
                // Policies.
                arguments(FLOW, quoted("redeliveryDelay: '500'"), quoted("redeliveryDelay: '{{salesloft.rate}}'"),
                        FLOW + ":12: redeliveryPolicy: holds a literal, not a setting"),
                arguments(FLOW, quoted("timePeriodMillis: '1000'"), quoted("timePeriodMillis: '{{salesloft.rate}}'"),
                        FLOW + ":25: throttle: holds a literal, not a setting"),
                arguments(FLOW, quoted("handled: {constant: {expression: 'true'}}"), quoted("retryWhile: {simple: {expression: '${body} < {{salesloft.rate}}'}}"),
                        FLOW + ":11: retryWhile: holds a literal, not a setting"),
                arguments(FLOW, quoted("redeliveryPolicy: {maximumRedeliveries: 2, redeliveryDelay: '500'}"), "redeliveryPolicyRef: twice",
                        FLOW + ":12: redeliveryPolicyRef: the numbers stand here, in a redeliveryPolicy"),
                arguments(FLOW, "resilience4jConfiguration: {minimumNumberOfCalls: 10}", "configuration: ten",
                        FLOW + ":28: configuration: the numbers stand here, in a resilience4jConfiguration"),
                // What is made from templates.
                arguments(FLOW, "routeId: flow-b, parameters: [{name: what, value: b}]", "routeId: flow-b, parameters: [{name: what, value: b}, {name: wath, value: c}]",
                        FLOW + ":52: its template has no parameter wath"),
                arguments(FLOW, "routeId: flow-b, parameters: [{name: what, value: b}]", "routeId: flow-b",
                        FLOW + ":52: flow-b: the parameter what is missing"),
                arguments(FLOW, "routeTemplateRef: flow-each, routeId: flow-b", "routeTemplateRef: flow-every, routeId: flow-b",
                        FLOW + ":52: there is no template flow-every"),
                // Who may call.
                arguments(FLOW, "uri: platform-http:/flow\n", quoted("uri: platform-http:/flow/{id}\n      parameters: {httpMethodRestrict: 'GET,POST'}\n"),
                        FLOW + ":20: nobody may call GET /flow/{id}: the table of integration.salesloft.role.AccessTable has no row for it\n"
                                + FLOW + ":20: nobody may call POST /flow/{id}: the table of integration.salesloft.role.AccessTable has no row for it\n"
                                + ACCESS + ":10: no route serves GET /flow\n" + ACCESS + ":11: no route serves POST /flow"),
                arguments(FLOW, "uri: platform-http:/flow\n", "uri: platform-http:/flow\n      parameters: {httpMethodRestrict: GET}\n",
                        ACCESS + ":11: no route serves POST /flow"),
                arguments(ACCESS, "          GET /flow: reader, operator\n          POST /flow: operator\n", "          DELETE /flow : operator\n",
                        FLOW + ":20: nobody may call /flow: the table of integration.salesloft.role.AccessTable has no row for it\n"
                                + ACCESS + ":10: is no row such as GET /path: reader, operator; without a token: anyone, signature or state"),
                arguments(ACCESS, "POST /flow: operator", "GET /flow: operator", ACCESS + ":11: GET /flow has another row"),
                arguments(ACCESS, "reader, operator", "reader, boss",
                        ACCESS + ":10: is no row such as GET /path: reader, operator; without a token: anyone, signature or state"),
                // Calls to the outside.
                arguments(GATEWAY, "    errorHandler: {noErrorHandler: {}}\n", "",
                        GATEWAY + ":13: to calls out: stands in a route of its own with errorHandler: {noErrorHandler: {}}"),
                arguments(FLOW, "- log: {id: flow-noted, message: noted}", quoted("- enrich: {id: flow-noted, expression: {constant: {expression: 'https://example.com'}}}"),
                        FLOW + ":50: enrich calls out: stands in a route of its own with errorHandler: {noErrorHandler: {}}"));
    }

    /** What describes a list of SalesLoft's: one line for each thing that its view could not be made of. */
    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', value = {
            "{name: columns, value: 'name, amount money'}|column amount: there is no type money; there are text, email, number, integer, boolean, instant, date, uuid, json",
            "{name: columns, value: 'name; drop table record'}|\"name; drop table record\" is no column: name, name type, or name type path, comma between",
            "{name: columns, value: 'name, '}|\"\" is no column: name, name type, or name type path, comma between",
            "{name: columns, value: 'name, name number size'}|column name is there already",
            "{name: columns, value: 'id text'}|column id is there already",
            "{name: ids, value: uuid}|ids must be number or text, not uuid",
            "{name: resource, value: deals}|resource deals is taken by flow/flow.camel.yaml:51"})
    void namesWhatIsWrongInTheBlockOfAList(String parameter, String finding) {
        GoodFolder folder = new GoodFolder(directory).replace(FLOW, "parameters: [{name: what, description: What}]",
                "parameters: [{name: what, description: What}, {name: resource, defaultValue: tags}, {name: columns, defaultValue: ''}, {name: ids, defaultValue: number}]")
                .replace(FLOW, "parameters: [{name: what, value: a}]", "parameters: [{name: what, value: a}, {name: resource, value: deals}, {name: columns, value: 'name, owner_id integer owner.id'}, {name: ids, value: text}]");
        assertThat(folder.findings()).isEmpty();
        assertThat(folder.replace(FLOW, "parameters: [{name: what, value: b}]", "parameters: [{name: what, value: b}, " + parameter + "]").findings())
                .containsExactly(FLOW + ":52: " + finding);
    }

    @Test
    void namesAPlaceholderInAFieldOfNumbersTwice() {
        assertThat(new GoodFolder(directory).replace(FLOW, "minimumNumberOfCalls: 10", quoted("minimumNumberOfCalls: '{{salesloft.rate}}'")).findings())
                .containsExactly(FLOW + ":28: minimumNumberOfCalls: must be number, not string",
                        FLOW + ":28: resilience4jConfiguration: holds a literal, not a setting");
    }

    @Test
    void takesATargetThatIsPutTogetherForACallOfWhatFits() {
        assertThat(new GoodFolder(directory).replace(FLOW, quoted("- wireTap: {id: flow-tap, uri: 'direct:flow-note'}"),
                quoted("- toD: {id: flow-tap, uri: 'direct:flow-n${body}'}")).findings()).isEmpty();
        assertThat(new GoodFolder(directory).replace(FLOW, quoted("- wireTap: {id: flow-tap, uri: 'direct:flow-note'}"),
                quoted("- toD: {id: flow-tap, uri: 'direct:flow-x${body}'}")).findings()).containsExactly(FLOW + ":48: nothing calls direct:flow-note");
    }

    @Test
    void namesAFileThatIsNotLoaded() {
        GoodFolder folder = new GoodFolder(directory).write("routes/notes.camel.yaml", """
                # Notes.
                # In:  nothing. Out: a line.
                # You may tune: nothing.
                - route:
                    id: notes
                    description: Notes it
                    from:
                      uri: timer:notes
                      steps:
                        - log: {id: notes-log, message: noted}
                """);
        assertThat(folder.findings()).containsExactly("routes/notes.camel.yaml:1: stands in no folder, so it is not loaded");
    }

    /** A mounted ConfigMap: each file is a link into a folder that is exchanged as a whole. */
    @Test
    void readsAMountedFolderOnce() throws IOException {
        GoodFolder folder = new GoodFolder(directory);
        Path mounted = directory.resolve("routes/flow");
        Path data = Files.createDirectory(mounted.resolve("..2026_01_31"));
        Files.createSymbolicLink(mounted.resolve("..data"), data.getFileName());
        for (String file : List.of("flow.camel.yaml", "store.sql")) {
            Files.move(mounted.resolve(file), data.resolve(file));
            Files.createSymbolicLink(mounted.resolve(file), Path.of("..data", file));
        }
        assertThat(folder.findings()).isEmpty();
    }

    @Test
    void namesAFileThatIsNoText() throws IOException {
        GoodFolder folder = new GoodFolder(directory);
        Files.write(directory.resolve(STORE), new byte[] {'#', (byte) 0xff, '\n'});
        assertThat(folder.findings()).containsExactly(STORE + ":1: no text in UTF-8");
    }

    @Test
    void sortsByFileAndLine() {
        assertThat(new GoodFolder(directory)
                .replace(STORE, "id: gateway-store-log", "id: log")
                .replace(FLOW, "{id: flow-log, message: failed}", "{message: failed}")
                .replace(FLOW, "          id: flow-on-anything\n", "").findings())
                .containsExactly(FLOW + ":8: onException has no id", FLOW + ":13: log has no id", STORE + ":10: step log must start with gateway-store-");
    }

    @Test
    void namesWhatIsNotThere() {
        assertThat(RouteLint.check(directory.resolve("none"), directory.resolve("application.yaml")))
                .containsExactly(new Finding(directory.resolve("none"), 1, "no such folder"));
        assertThat(RouteLint.check(directory, directory.resolve("application.yaml")))
                .containsExactlyInAnyOrder(new Finding(directory, 1, "no *.camel.yaml in this folder"),
                        new Finding(directory.resolve("application.yaml"), 1, "no such file"));
    }

    @Test
    void printsAndAnswersAnExitStatus() {
        GoodFolder folder = new GoodFolder(directory);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(RouteLint.run(folder.routes(), folder.settings(), new PrintStream(out, true, StandardCharsets.UTF_8))).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("5 route files, no findings" + System.lineSeparator());

        out.reset();
        folder.replace(STORE, "id: gateway-store-log", "id: log");
        assertThat(RouteLint.run(folder.routes(), folder.settings(), new PrintStream(out, true, StandardCharsets.UTF_8))).isOne();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualTo(directory.resolve(STORE) + ":10: step log must start with gateway-store-" + System.lineSeparator());
    }

    @Test
    void findsNothingInTheProject() {
        assertThat(RouteLint.check(Path.of("routes"), Path.of("application.yaml"))).isEmpty();
    }

    /** Kubernetes mounts a ConfigMap as one folder without folders in it, of a mebibyte at most. */
    @Test
    void everyFolderFitsIntoAConfigMap() throws IOException {
        try (Stream<Path> all = Files.walk(Path.of("routes"))) {
            Map<Path, Long> bytes = all.filter(Files::isRegularFile).collect(Collectors.groupingBy(Path::getParent, Collectors.summingLong(file -> file.toFile().length())));
            assertThat(bytes).containsKey(Path.of("routes", "gateway")).allSatisfy((folder, size) -> assertThat(size).as(folder.toString()).isLessThan(1 << 20));
        }
    }

    /** The names of the test classes are those of the folders, and, where there are several, of the files. */
    @Test
    void everyFlowHasATestClass() throws IOException {
        Set<String> flows = RouteModel.read(Path.of("routes")).files().stream().map(file -> file.name().substring(0, file.name().indexOf('/')))
                .map(folder -> folder.substring(0, 1).toUpperCase() + folder.substring(1)).collect(Collectors.toSet());
        assertThat(flows).isNotEmpty();
        try (Stream<Path> sources = Files.walk(Path.of("src/test/java"))) {
            List<String> classes = sources.map(path -> path.getFileName().toString()).filter(name -> name.endsWith("RouteTest.java")).toList();
            assertThat(flows).allSatisfy(flow -> assertThat(classes).anyMatch(name -> name.startsWith(flow)));
        }
    }
}
