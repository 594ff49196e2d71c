package integration.salesloft.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

/** Gauges are what the rows say, and gone when no row speaks of them. */
class GaugesTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void followTheRows() {
        DefaultCamelContext camel = new DefaultCamelContext();
        camel.getRegistry().bind("registry", registry);
        Gauges gauges = new Gauges();
        gauges.setCamelContext(camel);

        gauges.set(List.of(row("paused", 1, null), row("lag", 7, "people"), row("lag", null, "users")));
        assertThat(registry.get("paused").gauge().value()).isEqualTo(1);
        assertThat(registry.get("paused").gauge().getId().getDescription()).isEqualTo("what paused is");
        assertThat(registry.get("lag").tag("resource", "people").gauge().value()).isEqualTo(7);
        assertThat(registry.get("lag").tag("resource", "users").gauge().value()).isNaN();

        gauges.set(List.of(row("paused", 0, null), row("lag", 8.5, "people")));
        assertThat(registry.get("paused").gauge().value()).isZero();
        assertThat(registry.get("lag").tag("resource", "people").gauge().value()).isEqualTo(8.5);
        assertThat(registry.find("lag").tag("resource", "users").gauge()).isNull();

        gauges.set(List.of(row("paused", 0, null)));
        assertThat(registry.find("lag").gauge()).isNull();
    }

    private static Map<String, Object> row(String name, Number value, String resource) {
        Map<String, Object> row = new HashMap<>(Map.of("name", name, "help", "what " + name + " is"));
        row.put("value", value);
        row.put("label", resource == null ? null : "resource");
        row.put("labelled", resource);
        return row;
    }
}
