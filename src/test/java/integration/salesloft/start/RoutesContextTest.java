package integration.salesloft.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicReference;
import org.apache.camel.CamelContext;
import org.apache.camel.ExtendedStartupListener;
import org.apache.camel.ServiceStatus;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.spring.boot.CamelAutoConfiguration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** An id that two steps have is refused, whether they stand in one route or in two; routes start in the order in which they stand. */
class RoutesContextTest {

    @Test
    void startsRoutesWithIdsOfTheirOwn() {
        with("one", "two").run(started -> assertThat(started.getBean(CamelContext.class).getRoutes()).extracting(route -> route.getRouteId()).containsExactly("first", "second"));
    }

    @Test
    void refusesAnIdOfAnotherRoute() {
        with("one", "one").run(started -> assertThat(started).getFailure().hasMessage("Failed to start route: second because: Duplicate id detected: one"));
    }

    @Test
    void refusesAnIdThatItsRouteHasTwice() {
        with("first", "two").run(started -> assertThat(started).getFailure().hasMessageContaining("Duplicate id detected: first"));
    }

    /** As where the token store refuses a container: in a process that goes on, nothing else would stop its routes. */
    @Test
    void stopsItsRoutesWhereTheStartFailsAfterThem() {
        AtomicReference<CamelContext> begun = new AtomicReference<>();
        with("one", "two").withBean("last", RouteBuilder.class, () -> new RouteBuilder() {
            @Override
            public void configure() throws Exception {
                begun.set(getContext());
                getContext().addStartupListener(new ExtendedStartupListener() {
                    @Override
                    public void onCamelContextStarted(CamelContext context, boolean alreadyStarted) {
                        // Its routes start after this.
                    }

                    @Override
                    public void onCamelContextFullyStarted(CamelContext context, boolean alreadyStarted) {
                        throw new IllegalStateException("refused");
                    }
                });
            }
        }).run(started -> assertThat(started).getFailure().hasRootCauseMessage("refused"));
        assertThat(begun.get().getStatus()).isEqualTo(ServiceStatus.Stopped);
    }

    /**
     * @param first  id of a step of the route first
     * @param second id of a step of the route second
     */
    private static ApplicationContextRunner with(String first, String second) {
        return new ApplicationContextRunner().withUserConfiguration(RoutesContext.Maker.class).withConfiguration(AutoConfigurations.of(CamelAutoConfiguration.class))
                .withBean(RouteBuilder.class, () -> new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("direct:first").routeId("first").setBody().constant("").id(first);
                        from("direct:second").routeId("second").setBody().constant("").id(second);
                    }
                });
    }
}
