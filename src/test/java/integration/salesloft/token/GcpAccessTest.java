package integration.salesloft.token;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

/** Who we are on Google Cloud, where nobody says so yet. */
class GcpAccessTest {

    /** On GKE the server may be there only some seconds after the pod: the start goes on, and the next call finds it. */
    @Test
    void takesAMetadataServerThatDoesNotAnswerForAway() {
        assertThatThrownBy(() -> authorize(Map.of("salesloft.gcp.credentials", "", "GCE_METADATA_HOST", "localhost:1"))).isInstanceOf(StoreUnavailable.class).isNotInstanceOf(StoreDenied.class);
    }

    @Test
    void takesAFileThatIsNotThereForASetting() {
        assertThatThrownBy(() -> authorize(Map.of("salesloft.gcp.credentials", "/no/such/file"))).isInstanceOf(StoreDenied.class).hasMessageContaining("/no/such/file");
    }

    private static void authorize(Map<String, Object> settings) throws InterruptedException {
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().addFirst(new MapPropertySource("test", settings));
        try (GcpAccess access = new GcpAccess(environment, 2000)) {
            access.authorize(new DefaultExchange(new DefaultCamelContext()));
        }
    }
}
