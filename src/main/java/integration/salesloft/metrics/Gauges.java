package integration.salesloft.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;

/** Gauges whose values come from a route, by name and one optional label; a scrape reads the last value set. */
public class Gauges implements CamelContextAware {

    private final Map<String, AtomicReference<Double>> values = new ConcurrentHashMap<>();
    private CamelContext context;

    /**
     * @param row {@code name} (micrometer's, with dots), {@code value} (a number), and {@code label} with {@code labelled}
     *            when the gauge has one
     */
    public void set(Map<String, Object> row) {
        Number value = (Number) row.get("value");
        Object labelled = row.get("labelled");
        values.computeIfAbsent(row.get("name") + " " + labelled, key -> {
            AtomicReference<Double> held = new AtomicReference<>(Double.NaN);
            Tags tags = labelled == null ? Tags.empty() : Tags.of(Tag.of(row.get("label").toString(), labelled.toString()));
            context.getRegistry().findSingleByType(MeterRegistry.class).gauge(row.get("name").toString(), tags, held, AtomicReference::get);
            return held;
        }).set(value == null ? Double.NaN : value.doubleValue());
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
