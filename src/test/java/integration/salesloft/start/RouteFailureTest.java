package integration.salesloft.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One line from what Camel throws; the messages are Camel's own. */
class RouteFailureTest {

    private final RouteFailure failure = new RouteFailure(Path.of("routes"), Path.of("application.yaml"));

    @Test
    void takesTheLastPlaceThatCamelTells() {
        assertThat(failure.line(List.of(new RuntimeException("Error pre-parsing resource: file:routes/sync-pull.camel.yaml"), new RuntimeException("""
                while parsing a block mapping
                 in file:routes/sync-pull.camel.yaml, line 38, column 3:
                    - route:
                      ^
                expected <block end>, but found '<block sequence start>'
                 in file:routes/sync-pull.camel.yaml, line 40, column 4:
                       - : bad: [
                       ^
                """)))).isEqualTo("routes/sync-pull.camel.yaml:40: expected <block end>, but found '<block sequence start>'");
    }

    @Test
    void namesTheFileWhenCamelKnowsNoLine() {
        assertThat(failure.line(List.of(
                new RuntimeException("Error pre-parsing resource: file:routes/beans.camel.yaml"),
                new RuntimeException("Error creating bean: access of type: #class:integration.salesloft.ops.Acess"),
                new ClassNotFoundException("integration.salesloft.ops.Acess"))))
                .isEqualTo("routes/beans.camel.yaml: Error creating bean: access of type: #class:integration.salesloft.ops.Acess");
    }

    @Test
    void namesTheRouteWhenCamelKnowsNoFile() {
        assertThat(failure.line(List.of(
                new RuntimeException("Failed to create route: health-read at: >>> to[sql:file:{{salesloft.routes-dir}}/health/read-health.sql]"),
                new RuntimeException("No bean could be found in the registry for: intake-pol\n of type: javax.sql.DataSource"))))
                .isEqualTo("route: health-read: No bean could be found in the registry for: intake-pol of type: javax.sql.DataSource");
    }
}
