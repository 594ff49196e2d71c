package integration.salesloft.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Expression;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.language.spel.SpelLanguage;
import org.apache.camel.spi.Language;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.Test;
import org.springframework.stereotype.Component;

/** SpEL in routes is what Camel's is, and a script of a bean is one of its own container. */
class RouteSpelTest {

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

    /** In whichever order containers of one JVM come and go. */
    @Test
    void makesABeanOfWhatItsOwnContainerHolds() throws Exception {
        try (CamelContext first = container(1); CamelContext second = container(20)) {
            assertThat(List.of(next(first), next(second))).containsExactly(2L, 21L);
            first.stop();
            try (CamelContext third = container(300)) {
                assertThat(next(third)).isEqualTo(301);
            }
            assertThat(next(second)).isEqualTo(21);
        }
    }

    /** Whatever was evaluated before: by the same expression, of other types. */
    @Test
    void evaluatesAsCamelDoes() throws Exception {
        try (CamelContext camel = container(1)) {
            SpelLanguage camels = new SpelLanguage();
            camels.setCamelContext(camel);
            camels.init();
            Language ours = camel.resolveLanguage("spel");
            assertThat(ours).isInstanceOf(RouteSpel.class);
            for (String text : List.of("#{body}", "#{properties['a']}", "#{headers['b'] ?: 'none'}, #{body}!", "#{ {'a': properties['a'], 'b': body} }", "#{body.toString().length() > 1}",
                    "#{exchange.context.name}", "#{properties.a}", "#{body.first}", "#{T(java.time.Duration).ofSeconds(1).toMillis()}", "plain", "#{exception}", "#{body.nothing}", "#{1 / 0}")) {
                Expression one = ours.createExpression(text);
                Expression other = camels.createExpression(text);
                for (Object body : Arrays.asList("x", 12, Map.of("first", "1"), List.of("first"), null, "xyz")) {
                    Exchange exchange = new DefaultExchange(camel);
                    exchange.setProperty("a", body);
                    exchange.getMessage().setHeader("b", body);
                    exchange.getMessage().setBody(body);
                    for (Class<?> type : List.of(Object.class, String.class, Boolean.class)) {
                        assertThat(outcome(() -> one.evaluate(exchange, type))).as(text + " of " + body).isEqualTo(outcome(() -> other.evaluate(exchange, type)));
                    }
                    assertThat(outcome(() -> ours.createPredicate(text).matches(exchange))).as(text + " of " + body).isEqualTo(outcome(() -> camels.createPredicate(text).matches(exchange)));
                }
            }
        }
    }

    /** What comes of it, or what it fails with. */
    private static Object outcome(Callable<Object> evaluation) {
        try {
            return Arrays.asList(evaluation.call());
        } catch (Exception e) {
            return e.getClass() + " " + e.getCause();
        }
    }

    private static CamelContext container(int number) throws Exception {
        CamelContext camel = new DefaultCamelContext();
        camel.getRegistry().bind(RouteSpel.class.getAnnotation(Component.class).value(), new RouteSpel());
        camel.start();
        PluginHelper.getRoutesLoader(camel).loadRoutes(ResourceHelper.fromString("beans.yaml", BEANS.formatted(number)));
        return camel;
    }

    private static Long next(CamelContext camel) {
        return camel.getRegistry().lookupByNameAndType("next", Long.class);
    }
}
