package integration.salesloft;

import java.util.stream.Stream;

/** What Prometheus reads at {@code /actuator/prometheus}. */
final class Scrape {

    private Scrape() {
    }

    /** The sum of a metric over its lines that have all of these labels, each as {@code name=value}. */
    static double value(String scraped, String name, String... labels) {
        return scraped.lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .filter(line -> Stream.of(labels).map(label -> label.replaceFirst("=(.*)", "=\"$1\"")).allMatch(line::contains))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum();
    }
}
