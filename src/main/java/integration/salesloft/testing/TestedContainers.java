package integration.salesloft.testing;

import integration.salesloft.start.FailedStart;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.PropertiesPropertySource;
import org.springframework.core.env.StandardEnvironment;

/** Containers in this process, each of which knows the settings that it is given, and none of this process's own. */
public class TestedContainers implements AutoCloseable {

    private static final String OF_JAVA = "(java|jdk|sun|os|user|file|line|path|native|stdout|stderr)\\..*";

    private final Class<?> application;
    private final Map<String, ConfigurableApplicationContext> running = new ConcurrentHashMap<>();

    /** @param application the class that starts a container */
    public TestedContainers(Class<?> application) {
        this.application = application;
    }

    /**
     * Starts one, and waits until its routes are up. One at a time: each start sets the log of the process up.
     *
     * @param usual    what would be its environment variables
     * @param changes  those that are otherwise
     * @param settings those that nothing changes; their names in braces stand for them in the values of all others
     * @return its {@code port}, and the one of metrics and probes, {@code management}
     * @throws IllegalStateException saying why it does not start
     */
    public synchronized Map<String, String> start(String name, Map<String, Object> usual, Map<String, Object> changes, Map<String, Object> settings) {
        Map<String, Object> variables = new HashMap<>(usual);
        variables.putAll(changes);
        variables.replaceAll((variable, value) -> filled(String.valueOf(value), settings));
        variables.putAll(settings);
        SpringApplication container = new SpringApplication(application);
        container.setMainApplicationClass(application);
        container.setRegisterShutdownHook(false);
        GivenEnvironment environment = new GivenEnvironment(variables);
        environment.getPropertySources().replace(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME, ofJava());
        container.setEnvironment(environment);
        try {
            ConfigurableApplicationContext started = container.run();
            running.put(name, started);
            return Map.of("port", started.getEnvironment().getRequiredProperty("local.server.port"),
                    "management", started.getEnvironment().getRequiredProperty("local.management.port"));
        } catch (RuntimeException e) {
            throw new IllegalStateException("the container does not start: " + new FailedStart(environment).line(e).orElse(e.toString()), e);
        }
    }

    private static String filled(String value, Map<String, Object> texts) {
        String filled = value;
        for (Map.Entry<String, Object> text : texts.entrySet()) {
            filled = filled.replace("{" + text.getKey() + "}", String.valueOf(text.getValue()));
        }
        return filled;
    }

    /** Stops one, after what is under way in it; does nothing where it has been stopped, or has never started. */
    public void stop(String name) {
        ConfigurableApplicationContext started = running.remove(name);
        if (started != null) {
            started.close();
        }
    }

    @Override
    public void close() {
        running.keySet().forEach(this::stop);
    }

    /** What Java says of itself and of the machine, and none of the settings that are properties of this JVM. */
    private static PropertiesPropertySource ofJava() {
        Properties properties = new Properties();
        properties.putAll(System.getProperties().stringPropertyNames().stream().filter(name -> name.matches(OF_JAVA)).collect(Collectors.toMap(name -> name, System::getProperty)));
        return new PropertiesPropertySource(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME, properties);
    }
}
