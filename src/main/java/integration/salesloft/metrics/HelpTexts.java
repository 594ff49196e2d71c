package integration.salesloft.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Gives a series of a metric the help text that was declared for the name. Prometheus has one text for all of a name, and it is that of
 * whichever series comes first: those that come into being at their first event must have it, too.
 */
class HelpTexts implements MeterFilter {

    private final Map<String, String> texts = new ConcurrentHashMap<>();

    /** @param name micrometer's, with dots */
    void put(String name, String text) {
        texts.put(name, text);
    }

    @Override
    public Meter.Id map(Meter.Id id) {
        String text = id.getDescription() == null ? texts.get(id.getName()) : null;
        return text == null ? id : new Meter.Id(id.getName(), Tags.of(id.getTagsAsIterable()), id.getBaseUnit(), text, id.getType());
    }
}
