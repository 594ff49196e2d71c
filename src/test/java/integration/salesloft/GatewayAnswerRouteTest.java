package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the gateway makes of each answer of SalesLoft. The route is alone here: the ledger, the metrics and the watch are mocks of Camel's. */
class GatewayAnswerRouteTest {

    private static final CamelContext CAMEL = new DefaultCamelContext();
    private static final ExecutorService TAPS = Executors.newCachedThreadPool();

    @BeforeAll
    static void loadTheRouteAlone() throws Exception {
        Properties settings = new Properties();
        settings.setProperty("salesloft.rate-limit", "600");
        CAMEL.getPropertiesComponent().setInitialProperties(settings);
        CAMEL.getRegistry().bind("audit", TAPS);
        PluginHelper.getRoutesLoader(CAMEL).loadRoutes(ResourceHelper.resolveResource(CAMEL, "file:" + Path.of("routes/gateway/answer.camel.yaml")));
        CAMEL.start();
        for (String route : new String[] {"gateway-answer", "gateway-answer-failed"}) {
            AdviceWith.adviceWith(CAMEL, route, false, advice -> advice.mockEndpointsAndSkip("direct:gateway-ledger-*", "direct:ops-watch-failed*", "micrometer:*"));
        }
    }

    @AfterAll
    static void stop() {
        CAMEL.stop();
        TAPS.shutdown();
    }

    @BeforeEach
    void forgetWhatCameBefore() {
        MockEndpoint.resetMocks(CAMEL);
    }

    /** And what the ledger hears: the end of the operation, or nothing, because its outcome is unknown or it becomes a dead letter (gateway-policies). */
    @ParameterizedTest(name = "{0} {1} {2} {3}")
    @CsvSource(delimiter = '|', textBlock = """
        GET    | 200 |         |                        |               |                                        | nothing
        POST   | 201 |         | {}                     |               |                                        | done
        DELETE | 404 |         |                        |               |                                        | done
        GET    | 401 |         |                        | Unauthorized  | GET people: 401                        | failed
        GET    | 403 |         |                        | Forbidden     | GET people: 403                        | failed
        PUT    | 404 |         |                        | NotFound      | PUT people: 404                        | failed
        GET    | 429 |         |                        | RateLimited   | GET people: 429, asked to wait 3000 ms | failed
        POST   | 422 |         | has already been taken | AlreadyExists | POST people: 422, there is one already | failed
        POST   | 422 |         | title is too long      | Invalid       | POST people: 422                       | nothing
        GET    | 302 |         |                        | Invalid       | GET people: 302                        | nothing
        GET    | 503 | server  |                        | Unavailable   | GET people: 503                        | nothing
        POST   | 0   | io      |                        | Unavailable   | POST people: 0 reset                   | nothing
        GET    | 0   | breaker |                        | BreakerOpen   | the breaker is open                    | nothing
        """)
    void throwsWhatAnAnswerMeans(String method, int status, String outage, String body, String exception, String message, String ledger) {
        Exchange answered = answer(method, status, outage, body, Map.of("createKey", "ada@example.com"), Map.of());

        if (exception == null) {
            assertThat(answered.getException()).isNull();
            assertThat(answered.getProperty("answer", String.class)).isEqualTo(body == null ? "" : body);
        } else {
            assertThat(answered.getException().getClass().getSimpleName()).isEqualTo(exception);
            assertThat(answered.getException().getMessage().lines().findFirst().orElseThrow().strip()).isEqualTo(message);
        }
        assertThat(ledger()).isEqualTo(ledger);
    }

    /** It was done before, and only the answer was lost: whose it is says the look-up. */
    @ParameterizedTest
    @CsvSource({"422,has already been taken,", "200,,more than 16777216 bytes"})
    void looksUpWhatThisVeryCreateMayHaveMade(int status, String body, String tooLong) {
        Exchange answered = answer("POST", status, null, body, Map.of("made", "7", "lookupQuery", "ids=7"), tooLong == null ? Map.of() : Map.of("Answer-Too-Long", tooLong));

        assertThat(answered.getException().getClass().getSimpleName()).isEqualTo("Unavailable");
        assertThat(answered.getProperties()).containsEntry("ambiguous", "true").containsEntry("repeatable", true);
        assertThat(ledger()).isEqualTo("nothing");
    }

    private static Exchange answer(String method, int status, String outage, String body, Map<String, Object> more, Map<String, Object> headers) {
        Map<String, Object> properties = new HashMap<>(Map.of("method", method, "resource", "people", "status", status, "outage", outage == null ? "" : outage,
                "cause", "io".equals(outage) ? "reset" : "", "priority", "interactive", "tokenVersion", 1, "rejected", 0, "limited", 0, "failed", 0));
        properties.putAll(more);
        return CAMEL.createFluentProducerTemplate().to("direct:gateway-answer").withProcessor(exchange -> {
            exchange.getMessage().setBody(body == null ? "" : body);
            exchange.getMessage().setHeaders(new HashMap<>(headers));
            exchange.getMessage().setHeader("settled", Map.of("wait_ms", 3000));
            properties.forEach(exchange::setProperty);
        }).send();
    }

    private static String ledger() {
        int failed = received("direct:gateway-ledger-mark-failed");
        int done = received("direct:gateway-ledger-end");
        assertThat(failed + done).isLessThanOrEqualTo(1);
        return failed > 0 ? "failed" : done > 0 ? "done" : "nothing";
    }

    private static int received(String endpoint) {
        return CAMEL.getEndpoint("mock:" + endpoint, MockEndpoint.class).getReceivedCounter();
    }
}
