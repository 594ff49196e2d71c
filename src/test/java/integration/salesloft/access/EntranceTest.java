package integration.salesloft.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import integration.salesloft.http.Gate;
import integration.salesloft.http.NotFound;
import integration.salesloft.http.Unauthorized;
import integration.salesloft.role.AccessTable;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.platform.http.PlatformHttpComponent;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;
import org.apache.camel.component.platform.http.springboot.PlatformHttpMessage;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

/** What the table does not say is denied. */
class EntranceTest {

    private final CamelContext camel = new DefaultCamelContext();
    private final List<Exchange> served = new ArrayList<>();
    private Entrance entrance;

    @BeforeEach
    void begin() throws Exception {
        StandardEnvironment settings = new StandardEnvironment();
        settings.getPropertySources().addFirst(new MapPropertySource("settings", Map.of("salesloft.ops-token", "right")));
        camel.getRegistry().bind("metrics", new SimpleMeterRegistry());
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:refused").setBody(constant("refused"));
            }
        });
        camel.start();
        entrance = new Entrance(new AccessTable("""
                # The table.
                GET /listed: reader, operator
                GET /half: operator
                GET /open: anyone

                GET /readers: reader"""), new AccessTokens(settings), new IssuedTokens(settings, 30, 60_000, 1000, 60_000, 1000), new FailedAttempts(10, 6000, 100),
                new ClientAddress(settings), 5, camel.createProducerTemplate(), "direct:refused");
        entrance.setCamelContext(camel);
    }

    @AfterEach
    void stop() {
        camel.stop();
    }

    private PlatformHttpEndpoint endpoint(String path, String methods) {
        PlatformHttpEndpoint endpoint = new PlatformHttpEndpoint("platform-http:" + path, path, new PlatformHttpComponent(camel));
        endpoint.setCamelContext(camel);
        endpoint.setHttpMethodRestrict(methods);
        return endpoint;
    }

    /** What was wrong with it; null when its route has served it. */
    private Throwable call(String method, PlatformHttpEndpoint endpoint, String token) throws Exception {
        Exchange exchange = new DefaultExchange(camel);
        MockHttpServletRequest request = new MockHttpServletRequest(method, "/whatever");
        request.addHeader("Authorization", "Bearer " + token);
        exchange.setIn(new PlatformHttpMessage(request, new MockHttpServletResponse(), exchange, null, true));
        exchange.getMessage().setBody("request");
        exchange.getMessage().setHeader("Authorization", "Bearer " + token);
        int before = served.size();
        Processor route = entrance.before(served::add, endpoint);
        route.process(exchange);
        assertThat(served.size() - before).isEqualTo("refused".equals(exchange.getMessage().getBody()) ? 0 : 1);
        return exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    }

    @Test
    void letsInWhomARowNames() throws Exception {
        assertThat(call("GET", endpoint("/listed", "GET"), "right")).isNull();
        assertThat(call("HEAD", endpoint("/listed", "GET"), "right")).isNull();
        assertThat(served).allSatisfy(exchange -> {
            assertThat(exchange.getProperty("caller")).isEqualTo("ops");
            assertThat(exchange.getMessage().getHeaders()).doesNotContainKey("Authorization");
        });
        assertThat(call("GET", endpoint("/listed", "GET"), "wrong")).isInstanceOf(Unauthorized.class);
        assertThat(call("GET", endpoint("/readers", "GET"), "right")).isInstanceOf(Unauthorized.class).hasMessageContaining("ops");
        assertThat(call("GET", endpoint("/open", "GET"), "wrong")).isNull();
    }

    /** Not even an operator. */
    @Test
    void letsNobodyInWhereThereIsNoRow() throws Exception {
        assertThat(call("GET", endpoint("/other", "GET"), "right")).isInstanceOf(NotFound.class);
        assertThat(call("GET", endpoint("/listed/", "GET"), "right")).isInstanceOf(NotFound.class);
        assertThat(call("GET", endpoint("/half", "GET,POST"), "right")).isNull();
        assertThat(call("POST", endpoint("/half", "GET,POST"), "right")).isInstanceOf(NotFound.class);
        assertThat(call("DELETE", endpoint("/half", null), "right")).isInstanceOf(NotFound.class);
        assertThat(call("POST", endpoint("/open", null), "right")).isInstanceOf(NotFound.class);
    }

    /** An engine of its own may hide the token, as that of the webhooks does. */
    @Test
    void servesNoEndpointWhereItCouldNotSeeTheToken() {
        PlatformHttpEngine engine = new PlatformHttpEngine() {
            @Override
            public PlatformHttpConsumer createConsumer(PlatformHttpEndpoint endpoint, Processor processor) {
                return null;
            }

            @Override
            public int getServerPort() {
                return 0;
            }
        };
        PlatformHttpEndpoint guarded = endpoint("/listed", "GET");
        guarded.setPlatformHttpEngine(engine);
        assertThatThrownBy(() -> entrance.before(served::add, guarded)).isInstanceOf(IllegalStateException.class).hasMessageContaining("/listed");
        PlatformHttpEndpoint open = endpoint("/open", "GET");
        open.setPlatformHttpEngine(engine);
        Processor route = served::add;
        assertThat(entrance.before(route, open)).isSameAs(route);
        // Without a table nothing is served at all.
        assertThatThrownBy(() -> Gate.guard(route, open)).isInstanceOf(IllegalStateException.class).hasMessageContaining("/open");
        camel.getRegistry().bind("entrance", entrance);
        assertThat(Gate.guard(route, open)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /a", "GET /a: boss", "GET /a: anyone, reader", "get /a: reader", "GET a: reader", "GET /a: reader\nGET /a: operator", "GET /a: "})
    void takesNoTableThatIsNone(String table) {
        assertThatThrownBy(() -> new AccessTable(table)).isInstanceOf(IllegalArgumentException.class);
    }
}
