package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Every step of every route was reached by a test, or is named here. Runs after all others. Steps of the shared
 * configurations in {@code routes/shared/errors.camel.yaml} have no count of their own: each route that uses them has a copy.
 */
@Tag("coverage")
class RouteCoverageTest {

    private static final Pattern GIVEN_BY_CAMEL = Pattern.compile("[a-zA-Z]+\\d+");
    private static final List<String> SHARED = List.of("shared-errors-");

    @Test
    void everyStepWasReached() throws Exception {
        Map<String, Long> reached = new TreeMap<>();
        try (Stream<Path> notes = Files.list(RouteCoverage.DIRECTORY)) {
            for (Path note : notes.toList()) {
                count(note, reached);
            }
        }
        assertThat(reached).as("steps found in the notes of the route tests").hasSizeGreaterThan(400);
        assertThat(reached.entrySet().stream().filter(step -> step.getValue() == 0).map(Map.Entry::getKey)
                .filter(step -> SHARED.stream().noneMatch(step::startsWith))).as("steps that no test has reached").isEmpty();
    }

    private static void count(Path note, Map<String, Long> reached) throws Exception {
        NodeList elements = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(note.toFile()).getElementsByTagName("*");
        for (int i = 0; i < elements.getLength(); i++) {
            Element step = (Element) elements.item(i);
            if (step.hasAttribute("id") && step.hasAttribute("exchangesTotal") && !GIVEN_BY_CAMEL.matcher(step.getAttribute("id")).matches()) {
                reached.merge(step.getAttribute("id"), Long.valueOf(step.getAttribute("exchangesTotal")), Long::sum);
            }
        }
    }
}
