package integration.salesloft.testing;

import java.util.Map;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.ConfigurablePropertyResolver;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.web.context.support.StandardServletEnvironment;

/** As Spring Boot's own, but for the variables of the environment: they are those that it is given, so that a process may have several containers. */
public class GivenEnvironment extends StandardServletEnvironment {

    private final Map<String, Object> variables;

    /** @param variables what would be the environment variables of a container that has a process of its own */
    public GivenEnvironment(Map<String, Object> variables) {
        this.variables = variables;
        getPropertySources().replace(SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, new SystemEnvironmentPropertySource(SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables));
    }

    @Override
    public Map<String, Object> getSystemEnvironment() {
        return variables == null ? Map.of() : variables; // null while the class above is made
    }

    @Override
    protected String doGetActiveProfilesProperty() {
        return null;
    }

    @Override
    protected String doGetDefaultProfilesProperty() {
        return null;
    }

    @Override
    protected ConfigurablePropertyResolver createPropertyResolver(MutablePropertySources sources) {
        return ConfigurationPropertySources.createPropertyResolver(sources);
    }
}
