package integration.salesloft;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Pattern;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Ordered;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.spi.ManagementInterceptStrategy;
import org.apache.camel.support.LifecycleStrategySupport;
import org.apache.camel.support.processor.DelegateAsyncProcessor;

/**
 * Counts how often each route and each step of it is reached, at the places where Camel would count for JMX, which costs seconds at each
 * start; and writes it down: a line a step, its number and its id.
 */
final class RouteCoverage extends LifecycleStrategySupport {

    /** What an earlier build has gone through is no part of this one. */
    static final Path DIRECTORY = Path.of("target", "route-coverage", Fork.BUILD);

    /** Camel puts it before the ids of the steps that a template has made. */
    private static final Pattern TEMPLATE_NUMBER = Pattern.compile("^route-\\d+(?=[a-zA-Z])");

    private final Map<String, LongAdder> reached = new ConcurrentHashMap<>();

    @Override
    public void onRouteContextCreate(Route route) {
        route.setManagementInterceptStrategy(new ManagementInterceptStrategy() {

            @Override
            public InstrumentationProcessor<?> createProcessor(NamedNode step, Processor processor) {
                return counter(step.getId());
            }

            @Override
            public InstrumentationProcessor<?> createProcessor(String type) {
                return counter(route.getRouteId());
            }
        });
    }

    private Counter counter(String id) {
        return new Counter(reached.computeIfAbsent(TEMPLATE_NUMBER.matcher(id).replaceFirst(""), none -> new LongAdder()));
    }

    private static RouteCoverage of(CamelContext camel) {
        return camel.getRegistry().findSingleByType(RouteCoverage.class);
    }

    /** How often this route has come to its end. */
    static long runs(CamelContext camel, String route) {
        return of(camel).reached.get(route).sum();
    }

    /** Counts only rise while a context lives: the last note of it is the one that remains. */
    static void note(CamelContext camel) {
        try {
            List<String> lines = of(camel).reached.entrySet().stream()
                    .map(step -> step.getValue().sum() + " " + step.getKey()).toList();
            Files.createDirectories(DIRECTORY);
            Files.write(DIRECTORY.resolve(Fork.NAME + "-" + System.identityHashCode(camel)), lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Around a step. */
    private static final class Counter extends DelegateAsyncProcessor implements ManagementInterceptStrategy.InstrumentationProcessor<Void> {

        private final LongAdder reached;

        private Counter(LongAdder reached) {
            this.reached = reached;
        }

        /** Of a step that Camel only looks at. */
        @Override
        public Void before(Exchange exchange) {
            reached.increment();
            return null;
        }

        @Override
        public void after(Exchange exchange, Void nothing) {
            // Reached is all there is to know.
        }

        /** Of a step that is repeated when it fails: Camel goes through here to it. */
        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            reached.increment();
            return super.process(exchange, callback);
        }

        @Override
        public void setCounter(Object counter) {
            // Of JMX.
        }

        @Override
        public int getOrder() {
            return Ordered.LOWEST;
        }
    }
}
