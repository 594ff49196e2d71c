package integration.salesloft.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.Test;
import org.springframework.stereotype.Component;

/** A bean whose definition has a script is made of what its own container holds, in whichever order containers of one JVM come and go. */
class ScriptsOfBeansTest {

    private static final String BEANS = """
            - beans:
                - name: number
                  type: java.lang.Long
                  constructors: {"0": "%d"}
                - name: next
                  type: java.lang.Long
                  scriptLanguage: spel
                  script: "#{exchange.context.registry.lookupByName('number') + 1}"
            """;

    @Test
    void areMadeOfTheContainerTheyAreIn() throws Exception {
        try (CamelContext first = container(1); CamelContext second = container(20)) {
            assertThat(List.of(next(first), next(second))).containsExactly(2L, 21L);
            first.stop();
            try (CamelContext third = container(300)) {
                assertThat(next(third)).isEqualTo(301);
            }
            assertThat(next(second)).isEqualTo(21);
        }
    }

    private static CamelContext container(int number) throws Exception {
        CamelContext camel = new DefaultCamelContext();
        camel.getRegistry().bind(ScriptsOfBeans.class.getAnnotation(Component.class).value(), new ScriptsOfBeans());
        camel.start();
        PluginHelper.getRoutesLoader(camel).loadRoutes(ResourceHelper.fromString("beans.yaml", BEANS.formatted(number)));
        return camel;
    }

    private static Long next(CamelContext camel) {
        return camel.getRegistry().lookupByNameAndType("next", Long.class);
    }
}
