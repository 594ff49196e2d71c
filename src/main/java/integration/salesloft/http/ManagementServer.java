package integration.salesloft.http;

import java.util.Set;
import org.springframework.boot.web.embedded.tomcat.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;

/**
 * The Tomcat of metrics and probes, which takes no bodies. Named in META-INF/spring, because that server has a context of its own;
 * no component of this one, or it would be about the other server too.
 */
class ManagementServer {

    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> noBodies() {
        return tomcat -> {
            tomcat.addEngineValves(new NoWaiting(false));
            TomcatErrors.into(tomcat, Set.of());
        };
    }
}
