package integration.salesloft.metrics;

import io.micrometer.core.instrument.config.MeterFilter;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Labels of metrics are named as Prometheus wants them. */
@Configuration(proxyBeanMethods = false)
class Labels {

    /** Camel gives each of its own this one, which is the same everywhere. */
    @Bean
    static MeterFilter noLabelOfCamels() {
        return MeterFilter.ignoreTags("camelContext");
    }
}
