package integration.salesloft.bench;

import static org.assertj.core.api.Assertions.assertThat;

import integration.salesloft.Application;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.test.spring.junit5.CamelSpringBootTest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.autoconfigure.actuate.observability.AutoConfigureObservability;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.annotation.DirtiesContext;

/** What all policies together add to one call: the gateway and a bare JDK client in turns, in one JVM, to one sandbox. */
@Tag("bench")
@ExtendWith(Report.Parameter.class)
@CamelSpringBootTest
@AutoConfigureObservability
@DirtiesContext
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT, classes = Application.class)
class GatewayOverheadTest {

    private static final int CALLS = 3_000;
    private static final Surroundings AROUND;

    // As properties of the JVM: the settings are checked before any test framework could add its own.
    static {
        try {
            AROUND = Surroundings.start(100);
            AROUND.settings().forEach(System::setProperty);
            System.setProperty("SYNC_RESOURCES", "users");
            System.setProperty("MANAGEMENT_PORT", "0");
            // Not sooner: the context is closed after the last method of this class.
            Runtime.getRuntime().addShutdownHook(new Thread(AROUND::close));
        } catch (Exception e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @Autowired
    private ProducerTemplate template;
    private final HttpClient client = HttpClient.newHttpClient();
    private final HttpRequest me = HttpRequest.newBuilder(URI.create(AROUND.salesloft.url() + "/v2/me.json"))
            .header("Authorization", "Bearer ak_sandbox").header("Accept", "application/json").build();

    @AfterAll
    static void forgetSettings() {
        AROUND.settings().keySet().forEach(System::clearProperty);
    }

    @Test
    void addsItsPoliciesToACall(Report report) throws Exception {
        PrintStream console = System.out;
        try (PrintStream log = new PrintStream(Files.newOutputStream(Path.of("target", "bench-gateway.log")))) {
            System.setOut(log);  // a line an attempt, as in production, without the cost of the build's own capture
            alternate(new long[CALLS], new long[CALLS]);
            AROUND.salesloft.resetStats();
            long[] bare = new long[CALLS];
            long[] gateway = new long[CALLS];
            alternate(bare, gateway);
            assertThat(AROUND.salesloft.total().path("calls").asInt()).isGreaterThanOrEqualTo(2 * CALLS);
            add(report, bare, gateway);
        } finally {
            System.setOut(console);
        }
    }

    private void alternate(long[] bare, long[] gateway) throws IOException, InterruptedException {
        for (int i = 0; i < CALLS; i++) {
            long begun = System.nanoTime();
            HttpResponse<String> answer = client.send(me, BodyHandlers.ofString());
            bare[i] = System.nanoTime() - begun;
            begun = System.nanoTime();
            String body = throughTheGateway();
            gateway[i] = System.nanoTime() - begun;
            assertThat(body).isEqualTo(answer.body());
        }
    }

    private String throughTheGateway() {
        return template.requestBody("direct:gateway-call",
                Map.of("method", "GET", "path", "/v2/me.json", "resource", "me", "priority", "interactive"), String.class);
    }

    private static void add(Report report, long[] bare, long[] gateway) {
        Arrays.sort(bare);
        Arrays.sort(gateway);
        report.add("GET /v2/me.json, JDK client, median (p95) of " + CALLS, millis(bare), "");
        report.add("GET /v2/me.json, gateway, interactive, median (p95)", millis(gateway), "");
        report.add("added by the gateway, difference of the medians",
                Report.number("%.2f ms", (gateway[CALLS / 2] - bare[CALLS / 2]) / 1e6), "0.8 ms or less");
    }

    private static String millis(long[] sorted) {
        return Report.number("%.2f ms (%.2f ms)", sorted[CALLS / 2] / 1e6, sorted[CALLS * 95 / 100] / 1e6);
    }
}
