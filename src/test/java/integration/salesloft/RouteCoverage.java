package integration.salesloft;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.IdAware;

/**
 * Writes down how often each step of each route was reached, as Camel counts it for JMX: a line a step, its number and its id. Camel's own
 * {@code dumpRoutesCoverageAsXml} says the same, but compares each step with each other, which takes seconds here.
 */
final class RouteCoverage {

    /** What an earlier build has gone through is no part of this one. */
    static final Path DIRECTORY = Path.of("target", "route-coverage", Fork.BUILD);

    private RouteCoverage() {
    }

    /** Counts only rise while a context lives: the last note of it is the one that remains. */
    static void note(CamelContext camel) {
        try {
            MBeanServer counts = ManagementFactory.getPlatformMBeanServer();
            List<String> lines = new ArrayList<>();
            // Not the steps of error handlers: each route that uses a configuration has a copy of them.
            Set<String> steps = camel.getRoutes().stream().flatMap(route -> route.filter("*").stream())
                    .map(step -> ((IdAware) step).getId()).collect(Collectors.toSet());
            for (ObjectName step : counts.queryNames(new ObjectName("org.apache.camel:context=" + camel.getManagementName() + ",type=processors,*"), null)) {
                String id = (String) counts.getAttribute(step, "ProcessorId");
                if (steps.contains(id)) {
                    lines.add(counts.getAttribute(step, "ExchangesTotal") + " " + id);
                }
            }
            for (ObjectName route : counts.queryNames(new ObjectName("org.apache.camel:context=" + camel.getManagementName() + ",type=routes,*"), null)) {
                lines.add(counts.getAttribute(route, "ExchangesTotal") + " " + counts.getAttribute(route, "RouteId"));
            }
            Files.createDirectories(DIRECTORY);
            Files.write(DIRECTORY.resolve(Fork.NAME + "-" + System.identityHashCode(camel)), lines);
        } catch (IOException | JMException e) {
            throw new IllegalStateException(e);
        }
    }
}
