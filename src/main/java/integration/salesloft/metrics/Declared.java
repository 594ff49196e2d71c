package integration.salesloft.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;

/**
 * A counter or timer that is there before anything is counted, and what it counts. Prometheus sees no increase in a counter that
 * comes into being at its first event, so that eight errors at once would be none.
 */
public class Declared implements CamelContextAware {

    private final Kind kind;
    private final String name;
    private final String help;
    private final List<Tags> series;
    private CamelContext context;

    private enum Kind { COUNTER, TIMER }

    /**
     * @param kind   counter or timer
     * @param name   micrometer's, with dots
     * @param help   what it counts, or what takes the time
     * @param labels each with the values it can have, or some: {@code outcome=ok,failed reason=start,expiry}. There is a series for each
     *               combination of them; one that is missing comes into being when it is first counted
     */
    public Declared(String kind, String name, String help, String labels) {
        this.kind = Kind.valueOf(kind.toUpperCase(Locale.ROOT));
        this.name = name;
        this.help = help;
        this.series = combinations(labels);
    }

    private static List<Tags> combinations(String labels) {
        List<Tags> all = List.of(Tags.empty());
        for (String label : labels.trim().split("\\s+")) {
            String[] values = label.split("=", 2);
            if (values.length < 2 || values[1].isEmpty()) {
                throw new IllegalArgumentException("a label is written as name=value,value: " + label);
            }
            List<Tags> longer = new ArrayList<>();
            for (Tags shorter : all) {
                for (String value : values[1].split(",")) {
                    longer.add(shorter.and(values[0], value));
                }
            }
            all = longer;
        }
        return all;
    }

    @Override
    public void setCamelContext(CamelContext context) {
        this.context = context;
        context.getRegistry().findSingleByType(HelpTexts.class).put(name, help);
        MeterRegistry registry = context.getRegistry().findSingleByType(MeterRegistry.class);
        series.forEach(tags -> {
            if (kind == Kind.COUNTER) {
                Counter.builder(name).description(help).tags(tags).register(registry);
            } else {
                Timer.builder(name).description(help).tags(tags).register(registry);
            }
        });
    }

    @Override
    public CamelContext getCamelContext() {
        return context;
    }
}
