package integration.salesloft.lint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A small project without a fault, written into a folder of the test's, where one thing can be broken. */
class GoodFolder {

    private static final String FLOW = """
            # The flow: takes a request and passes it on. It is small.
            # In:  HTTP. Out: a row.
            # Guarantee: an answer.
            # You may tune: the pace.
            - routeConfiguration:
                id: flow-policies
                onException:
                  - onException:
                      id: flow-on-anything
                      exception: [java.lang.Exception]
                      handled: {constant: {expression: "true"}}
                      redeliveryPolicy: {maximumRedeliveries: 2, redeliveryDelay: "500"}
                      steps:
                        - log: {id: flow-log, message: failed}
            - route:
                id: flow
                description: Takes a request and passes it on
                routeConfigurationId: flow-policies
                from:
                  uri: platform-http:/flow
                  steps:
                    - throttle:
                        id: flow-pace
                        expression: {simple: {expression: "{{salesloft.rate}}"}}
                        timePeriodMillis: "1000"
                    - circuitBreaker:
                        id: flow-breaker
                        resilience4jConfiguration: {minimumNumberOfCalls: 10}
                        steps:
                          - to: {id: flow-ask, uri: "direct:gateway"}
                    - setBody:
                        expression: {simple: {expression: "${body} ${properties:salesloft.token:}"}}
                    - to:
                        {id: flow-store, uri: "sql:file:{{salesloft.routes-dir}}/flow/store.sql",
                        parameters: {parametersCount: 1}}
            # Only called from Java.
            - route:
                id: flow-manual
                description: Does it by hand
                from:
                  uri: direct:flow-manual
                  steps:
                    - wireTap: {id: flow-tap, uri: "direct:flow-note"}
            - route:
                id: flow-note
                description: Notes it
                from:
                  uri: direct:flow-note
                  steps:
                    - log: {id: flow-noted, message: noted}
            - templatedRoute: {routeTemplateRef: flow-each, routeId: flow-a, parameters: [{name: what, value: a}]}
            - templatedRoute: {routeTemplateRef: flow-each, routeId: flow-b, parameters: [{name: what, value: b}]}
            - routeTemplate:
                id: flow-each
                parameters: [{name: what, description: What}]
                route:
                  description: Reads every now and then
                  from:
                    uri: "timer:flow-{{what}}"
                    steps:
                      - to: {uri: "direct:gateway-store-read"}
            """;
    private static final String GATEWAY = """
            # The gateway: calls.
            # In:  a request. Out: an answer.
            # You may tune: nothing.
            - route:
                id: gateway
                description: Makes the call
                errorHandler: {noErrorHandler: {}}
                from:
                  uri: direct:gateway
                  steps:
                    - throttle:
                        id: gateway-pace
                        expression: {constant: {expression: "10"}}
                    - to: {id: gateway-http, uri: "{{salesloft.api-url}}/v2"}
            """;
    private static final String STORE = """
            # A store: one of several.
            # In:  nothing. Out: what is stored.
            # You may tune: nothing.
            - route:
                id: gateway-store-read
                description: Reads
                from:
                  uri: direct:gateway-store-read
                  steps:
                    - log: {id: gateway-store-log, message: read}
            """;
    private static final String ACCESS = """
            # Access: who may call.
            # In:  nothing. Out: a table.
            # You may tune: the table.
            - beans:
                - name: table
                  type: integration.salesloft.role.AccessTable
                  constructors:
                    "0": |
                      # Everything.
                      GET /flow: reader, operator
                      POST /flow: operator
            """;
    private static final String SQL = """
            -- Stores it; or does it? #
            insert into t (a, b)
            values (:#${header.a ? 1 : 2}, 'a?;')
            """;
    private static final String SETTINGS = """
            salesloft:
              api-url: ${SALESLOFT_API_URL:https://api.salesloft.com}
              rate: 10
              token: ${TOKEN:}
              routes-dir: routes
            """;

    private final Path directory;

    GoodFolder(Path directory) {
        this.directory = directory;
        write("routes/flow/flow.camel.yaml", FLOW);
        write("routes/gateway/gateway.camel.yaml", GATEWAY);
        write("routes/gateway/store/one.camel.yaml", STORE);
        write("routes/gateway/store/two.camel.yaml", STORE);
        write("routes/shared/access.camel.yaml", ACCESS);
        write("routes/flow/store.sql", SQL);
        write("application.yaml", SETTINGS);
    }

    GoodFolder write(String file, String text) {
        try {
            Files.createDirectories(directory.resolve(file).getParent());
            Files.writeString(directory.resolve(file), text);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    GoodFolder replace(String file, String good, String bad) {
        try {
            String text = Files.readString(directory.resolve(file));
            assertThat(text).as(file).containsOnlyOnce(good);
            return write(file, text.replace(good, bad));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path routes() {
        return directory.resolve("routes");
    }

    Path settings() {
        return directory.resolve("application.yaml");
    }

    /** Findings with paths from the folder on. */
    List<String> findings() {
        return RouteLint.check(routes(), settings()).stream()
                .map(finding -> new Finding(directory.relativize(finding.file()), finding.line(), finding.problem()).toString()).toList();
    }
}
