package integration.salesloft.start;

import org.springframework.core.env.ConfigurableEnvironment;

/** Secrets that come from files, and that may change while the container runs: the callback tokens. */
public class ChangedSecrets {

    private final ConfigurableEnvironment environment;

    public ChangedSecrets(ConfigurableEnvironment environment) {
        this.environment = environment;
    }

    /** Reads them anew where they come from files. A change is among the settings after the second look that sees it. */
    public void look() {
        SecretFiles.folders(environment).forEach(SecretFolder::look);
    }
}
