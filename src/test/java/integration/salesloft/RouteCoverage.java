package integration.salesloft;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.camel.CamelContext;
import org.apache.camel.api.management.ManagedCamelContext;

/** Writes down how often each step of each route was reached, as Camel counts it. */
final class RouteCoverage {

    /** What an earlier build has gone through is no part of this one. */
    static final Path DIRECTORY = Path.of("target", "route-coverage", Fork.BUILD);

    private RouteCoverage() {
    }

    /** Counts only rise while a context lives: the last note of it is the one that remains. */
    static void note(CamelContext camel) {
        try {
            Files.createDirectories(DIRECTORY);
            ManagedCamelContext managed = camel.getCamelContextExtension().getContextPlugin(ManagedCamelContext.class);
            String xml = managed.getManagedCamelContext().dumpRoutesCoverageAsXml();
            Files.writeString(DIRECTORY.resolve(Fork.NAME + "-" + System.identityHashCode(camel) + ".xml"), xml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
