package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import integration.salesloft.start.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;

/** The checklist from outside the container, for pipelines. */
class ChecklistCommandRouteTest {

    /** The process with the exercises finds no routes, and ends. That all is well when it does not says {@link ChecklistRunRouteTest}. */
    @Test
    void printsATableAndFailsWhatCouldNotBeExercised() {
        try (Installation here = new Installation(Postgres.shared(), "checklist_command", Map.of())) {
            here.sql.update("insert into record (resource, id, updated_at, document) values ('people', 1, now(), '{}')");
            List<String> settings = new ArrayList<>();
            // Levels hold for all of this JVM, and other tests read what is logged.
            here.settings(Map.of("ROLLBACK_PLATFORM", "none", "SALESLOFT_CALLBACK_TOKEN", Delivery.TOKEN, "KAFKA_BROKERS", "",
                    "logging.level.root", "INFO", "logging.level.org.apache.camel.impl.engine.AbstractCamelContext", "INFO")).forEach((name, value) -> settings.add("--" + name + "=" + value));
            try (ConfigurableApplicationContext command = Command.application("checklist", Application.class, RouteCoverage.class).run(settings.toArray(String[]::new))) {
                command.getEnvironment().getPropertySources().addFirst(new MapPropertySource("the exercises'", Map.of("salesloft.routes-dir", "nowhere")));
                Exchange done = command.getBean(ProducerTemplate.class).request(command.getEnvironment().getRequiredProperty("salesloft.command"), exchange -> { });
                assertThat(done.getException()).isNull();
                assertThat(done.getMessage().getBody(String.class)).contains("passed: false").containsPattern("rollback +MANUAL").containsPattern("smoke +PASS")
                        .containsPattern("budget +PASS .* [0-9]+ points a day of [0-9]+").containsPattern("breaker +FAIL .*the exercises failed: ROUTES_DIR: no such folder");
                assertThat(done.getMessage().getHeader("success")).isEqualTo(false);
                RouteCoverage.note(command.getBean(CamelContext.class));
            }
        }
    }
}
