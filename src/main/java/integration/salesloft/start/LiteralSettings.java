package integration.salesloft.start;

import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.env.EnvironmentPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * Takes environment variables as they are. Spring would look for a property <code>x</code> where a password holds
 * <code>${x}</code>, and print the password when there is none.
 */
class LiteralSettings implements EnvironmentPostProcessor, Ordered {

    private static final String VARIABLES = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;

    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE; // before anything is looked up
    }

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        Map<String, Object> escaped = new HashMap<>();
        environment.getSystemEnvironment().forEach((name, value) -> {
            if (value.toString().contains("${")) {
                escaped.put(name, literal(value.toString()));
            }
        });
        // Its name makes Spring Boot find variables in it under all their spellings.
        environment.getPropertySources().addBefore(VARIABLES, new SystemEnvironmentPropertySource("literal-" + VARIABLES, escaped));
    }

    /** As Spring takes for the text itself. */
    static String literal(String text) {
        return text.replace("${", "\\${");
    }
}
