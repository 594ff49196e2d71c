package integration.salesloft.start;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.FailedToStartRouteException;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.StartupConditionStrategy;
import org.apache.camel.spring.boot.CamelAutoConfiguration;
import org.apache.camel.spring.boot.CamelConfigurationProperties;
import org.apache.camel.spring.boot.CamelSpringBootApplicationController;
import org.apache.camel.spring.boot.SpringBootCamelContext;
import org.apache.camel.spring.spi.CamelBeanPostProcessor;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Camel's context, which looks once whether two routes or steps have one id. Camel compares the ids of each route that starts with those of
 * all others, which takes a fifth of the CPU of a start with as many routes as there are here.
 */
final class RoutesContext extends SpringBootCamelContext {

    private RoutesContext(ApplicationContext context, boolean warnsOnEarlyShutdown, CamelSpringBootApplicationController controller) {
        super(context, warnsOnEarlyShutdown, controller);
    }

    @Override
    public void startRouteDefinitions(List<RouteDefinition> routes) throws Exception {
        Set<String> ids = new HashSet<>();
        for (RouteDefinition route : routes) {
            for (String id : new HashSet<>(ProcessorDefinitionHelper.gatherAllNodeIds(route, new ArrayList<>(), true, false))) {
                if (!id.contains("{{") && !ids.add(id)) { // what a template gives to several routes becomes their own later
                    throw new FailedToStartRouteException(route.getId(), "Duplicate id detected: " + id);
                }
            }
        }
        boolean starting = isStartingRoutes();
        setStartingRoutes(true);
        try {
            for (RouteDefinition route : routes) {
                super.startRouteDefinitions(List.of(route)); // which compares the ids within the route
            }
        } finally {
            setStartingRoutes(starting);
        }
    }

    /**
     * In place of the one that Camel would make, and made as Camel does, but that a start which fails stops it, too: in a process that does not
     * end then its routes would go on.
     */
    @Configuration(proxyBeanMethods = false)
    static class Maker {

        @Bean(destroyMethod = "stop")
        CamelContext camelContext(ApplicationContext application, CamelConfigurationProperties settings, CamelBeanPostProcessor processor, StartupConditionStrategy condition) throws Exception {
            CamelSpringBootApplicationController controller = new CamelSpringBootApplicationController(application);
            RoutesContext context = new RoutesContext(application, settings.getMain().isWarnOnEarlyShutdown(), controller);
            controller.setCamelContext(context);
            processor.setCamelContext(context);
            context.getCamelContextExtension().addContextPlugin(CamelBeanPostProcessor.class, processor);
            context.getCamelContextExtension().addContextPlugin(StartupConditionStrategy.class, condition);
            return CamelAutoConfiguration.doConfigureCamelContext(application, context, settings, controller);
        }
    }
}
