package integration.salesloft.metrics;

import io.micrometer.core.instrument.config.MeterFilter;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What Prometheus' rules want of metrics, for those of Camel's components: these filters are there before the first of them. */
@Configuration(proxyBeanMethods = false)
class MeterFilters {

    /** Camel gives each of its own this label, which is the same everywhere, and no name for one. */
    @Bean
    static MeterFilter noCamelContext() {
        return MeterFilter.ignoreTags("camelContext");
    }

    @Bean
    static HelpTexts helpTexts() {
        return new HelpTexts();
    }
}
