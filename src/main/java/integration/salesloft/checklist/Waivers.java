package integration.salesloft.checklist;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;

/** What is waived, as application.yaml has it: a map by item. */
public class Waivers {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Environment settings;
    private final String property;

    /** @param property the name of the map among the settings */
    public Waivers(Environment settings, String property) {
        this.settings = settings;
        this.property = property;
    }

    /** The map as JSON; empty where nothing is waived. */
    public String json() throws JsonProcessingException {
        return JSON.writeValueAsString(Binder.get(settings).bind(property, Bindable.mapOf(String.class, Object.class)).orElse(Map.of()));
    }
}
