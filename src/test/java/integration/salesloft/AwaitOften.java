package integration.salesloft;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Whoever waits in a test looks at once, and often: what is awaited has mostly happened already, or is
 * about to. And long, because others may keep the machine busy.
 */
public final class AwaitOften implements BeforeAllCallback {

    @Override
    public void beforeAll(ExtensionContext test) {
        Awaitility.setDefaultPollDelay(Duration.ZERO);
        Awaitility.setDefaultPollInterval(Duration.ofMillis(50));
        Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
    }
}
