package integration.salesloft;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
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

    /** Camel puts it before the ids of the steps that a template has made. */
    private static final Pattern TEMPLATE_NUMBER = Pattern.compile("^route-\\d+(?=[a-zA-Z])");

    private RouteCoverage() {
    }

    /** Counts only rise while a context lives: the last note of it is the one that remains. */
    static void note(CamelContext camel) {
        try {
            MBeanServer counts = ManagementFactory.getPlatformMBeanServer();
            List<String> lines = new ArrayList<>();
            for (String[] kind : new String[][] {{"processors", "ProcessorId"}, {"routes", "RouteId"}}) {
                for (ObjectName counted : counts.queryNames(new ObjectName("org.apache.camel:context=" + camel.getManagementName() + ",type=" + kind[0] + ",*"), null)) {
                    String id = counts.getAttribute(counted, kind[1]).toString();
                    lines.add(counts.getAttribute(counted, "ExchangesTotal") + " " + TEMPLATE_NUMBER.matcher(id).replaceFirst(""));
                }
            }
            Files.createDirectories(DIRECTORY);
            Files.write(DIRECTORY.resolve(Fork.NAME + "-" + System.identityHashCode(camel)), lines);
        } catch (IOException | JMException e) {
            throw new IllegalStateException(e);
        }
    }
}
