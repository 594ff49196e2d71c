package integration.salesloft;

import java.util.List;

/** What Prometheus reads at {@code /actuator/prometheus}. */
final class Scrape {

    private Scrape() {
    }

    /** The sum of a metric over its lines that contain all of these labels. */
    static double value(String scraped, String name, String... labels) {
        return scraped.lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .filter(line -> List.of(labels).stream().allMatch(line::contains))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))).sum();
    }
}
