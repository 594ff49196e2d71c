package integration.salesloft.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How long the image takes from exec to ready, without and with its class archive. */
@Tag("bench")
@ExtendWith(Report.Parameter.class)
class StartTimeTest {

    private static final int STARTS = 3;

    @Test
    void startsTheImage(Report report) throws Exception {
        try (Surroundings around = Surroundings.start(100)) {
            Image image = Image.extract();
            Map<String, String> settings = around.settings();
            image.timeStart(settings);  // creates the schema, and reads the jars into the page cache
            report.add("start to readiness 200, extracted layers, median of " + STARTS, seconds(median(image, settings)), "");
            image.archiveClasses(settings);
            report.add("start to readiness 200, layers and class archive, median of " + STARTS, seconds(median(image, settings)), "less than 5 s");
            assertThat(around.sql().queryForObject("select count(*) from flyway_schema_history where success", Integer.class)).isPositive();
        }
    }

    private static Duration median(Image image, Map<String, String> settings) {
        return Stream.generate(() -> time(image, settings)).limit(STARTS).sorted().toList().get(STARTS / 2);
    }

    private static Duration time(Image image, Map<String, String> settings) {
        try {
            return image.timeStart(settings);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static String seconds(Duration time) {
        return Report.number("%.2f s", time.toMillis() / 1000.0);
    }
}
