package integration.salesloft;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.camel.CamelContext;

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
            for (ObjectName step : counts.queryNames(new ObjectName("org.apache.camel:context=" + camel.getManagementName() + ",type=processors,*"), null)) {
                lines.add(counts.getAttribute(step, "ExchangesTotal") + " " + counts.getAttribute(step, "ProcessorId"));
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
