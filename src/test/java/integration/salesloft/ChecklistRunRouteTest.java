package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The go-live checklist as a whole, in a container that runs. */
class ChecklistRunRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void judgesEachItemAndKeepsWhatItFound() throws Exception {
        String ops = "Bearer " + Installation.OPS_TOKEN;
        JsonNode run = JSON.readTree(send("POST", "/ops/checklist", "", "Authorization", ops).body());
        Map<String, String> items = new TreeMap<>();
        run.path("items").forEach(item -> items.put(item.path("item").asText(), item.path("state").asText() + ": " + item.path("evidence").asText()));
        items.forEach((item, finding) -> System.out.println(item + " " + finding));
        assertThat(run.path("passed").asBoolean()).isTrue();
    }
}
