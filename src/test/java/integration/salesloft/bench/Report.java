package integration.salesloft.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store.CloseableResource;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** One table of everything that was measured in this run, handed to each measurement and printed after the last one. */
final class Report implements CloseableResource {

    private static final Path FILE = Path.of("target", "bench.txt");
    private static final String ROW = "%-58s %-34s %s%n";

    private final StringBuilder rows = new StringBuilder();
    private final List<String> notes = new ArrayList<>();

    /** Gives every test class of the run the same report. */
    static final class Parameter implements ParameterResolver {

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == Report.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getRoot().getStore(Namespace.create(Report.class))
                    .getOrComputeIfAbsent(Report.class, key -> new Report(), Report.class);
        }
    }

    void add(String what, String measured, String goal) {
        rows.append(ROW.formatted(what, measured, goal));
    }

    /** A line under the table: what a reader must know to weigh a number. */
    void note(String line) {
        if (!notes.contains(line)) {
            notes.add(line);
        }
    }

    static String number(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    static double median(double... values) {
        return sorted(values)[values.length / 2];
    }

    /** Rates: their median, and from the least to the most. */
    static String spread(double... values) {
        double[] sorted = sorted(values);
        return number("%,.0f (%,.0f to %,.0f)", median(values), sorted[0], sorted[sorted.length - 1]);
    }

    private static double[] sorted(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted;
    }

    @Override
    public void close() throws IOException {
        String text = System.lineSeparator() + ROW.formatted("what", "measured", "goal") + "-".repeat(110) + System.lineSeparator()
                + rows + System.lineSeparator() + String.join(System.lineSeparator(), notes) + System.lineSeparator() + machine();
        Files.writeString(FILE, text);
        System.out.println(text);
    }

    private static String machine() {
        return number("mvn -Pbench verify; %d cores, JDK %s, %s %s; load average at the end %.2f%n",
                Runtime.getRuntime().availableProcessors(), Runtime.version(), System.getProperty("os.name"), System.getProperty("os.arch"),
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }
}
