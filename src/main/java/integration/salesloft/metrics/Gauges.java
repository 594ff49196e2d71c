package integration.salesloft.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;

/** Gauges whose values come from a statement, by name and one optional label; a scrape reads the last values set. */
public class Gauges implements CamelContextAware {

    private final Map<String, MultiGauge> gauges = new ConcurrentHashMap<>();
    private final Map<String, Double> values = new ConcurrentHashMap<>();
    private CamelContext context;

    /**
     * Sets all of them. One that is not among the rows any more is gone.
     *
     * @param rows each with {@code name} (micrometer's, with dots), {@code help} (the same for all rows of a name), {@code value} (a number,
     *             or null), and {@code label} with {@code labelled} when the gauge has one
     */
    public void set(List<Map<String, Object>> rows) {
        rows.forEach(row -> values.put(key(row), row.get("value") instanceof Number value ? value.doubleValue() : Double.NaN));
        Map<String, List<Map<String, Object>>> byName = rows.stream().collect(Collectors.groupingBy(row -> row.get("name").toString()));
        byName.forEach((name, gauge) -> gauges.computeIfAbsent(name, any -> MultiGauge.builder(any).description(gauge.get(0).get("help").toString())
                .register(context.getRegistry().findSingleByType(MeterRegistry.class))));
        gauges.forEach((name, gauge) -> gauge.register(byName.getOrDefault(name, List.of()).stream().map(this::gauged).toList()));
    }

    /** What a gauge without a label was set to last; null when it was not, or to nothing. */
    public Double value(String name) {
        Double value = values.get(key(Map.of("name", name)));
        return value == null || value.isNaN() ? null : value;
    }

    private MultiGauge.Row<?> gauged(Map<String, Object> row) {
        Tags tags = row.get("labelled") == null ? Tags.empty() : Tags.of(row.get("label").toString(), row.get("labelled").toString());
        String key = key(row);
        return MultiGauge.Row.of(tags, () -> values.get(key));
    }

    private static String key(Map<String, Object> row) {
        return row.get("name") + " " + row.get("labelled");
    }

    @Override
    public void setCamelContext(CamelContext context) {
        this.context = context;
    }

    @Override
    public CamelContext getCamelContext() {
        return context;
    }
}
