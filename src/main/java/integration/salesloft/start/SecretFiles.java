package integration.salesloft.start;

import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.env.ConfigTreePropertySource;
import org.springframework.boot.env.EnvironmentPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.PropertySource;

/**
 * Takes the files of a folder that {@code SPRING_CONFIG_IMPORT=configtree:} names as settings, each as it is: without the line ends at its
 * end, and not looked through for placeholders. Those that may change while the container runs are read again ({@link ChangedSecrets}).
 */
class SecretFiles implements EnvironmentPostProcessor, Ordered {

    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE - 1; // after Spring Boot has found the folders, before the settings are checked
    }

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        List<ConfigTreePropertySource> folders = environment.getPropertySources().stream()
                .filter(ConfigTreePropertySource.class::isInstance).map(ConfigTreePropertySource.class::cast).toList();
        for (ConfigTreePropertySource folder : folders) {
            environment.getPropertySources().replace(folder.getName(), new SecretFolder(folder));
        }
    }

    /** The folders whose files are settings. */
    static List<SecretFolder> folders(ConfigurableEnvironment environment) {
        return environment.getPropertySources().stream().filter(SecretFolder.class::isInstance).<SecretFolder>map(SecretFolder.class::cast).toList();
    }
}
