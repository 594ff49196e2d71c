package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.rollback.PretendService;
import integration.salesloft.sandbox.Hmac;
import integration.salesloft.start.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;

/** A rollback from outside the container, where a pipeline changes the deployment, and where somebody does by hand. */
class RollbackCommandRouteTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String BAD = "1.0+bad.00000002";
    private static final String GOOD = "1.0+good.00000001";

    private final int port = FreePort.find();
    private final PretendService service = new PretendService(port);
    private final Chat chat = Chat.start();
    private final Chat pipeline = Chat.start();
    private final Installation here = new Installation(Postgres.shared(), "command_" + port, Map.of());

    @AfterEach
    void end() {
        here.close();
        chat.close();
        pipeline.close();
        service.close();
    }

    @Test
    void asksAPipelineUntilItTakesTheRequestAndVerifiesWhatItDidAndHasFailedWhenItRefuses() throws Exception {
        service.healthy(BAD);
        pipeline.answer("pipeline", 503, 200);
        try (ConfigurableApplicationContext command = start("webhook")) {
            CompletableFuture<Exchange> rollback = rollback(command);
            await().until(() -> pipeline.messages("pipeline").size() == 2);
            service.healthy(GOOD);
            JsonNode done = run(rollback);
            assertThat(done.path("state").asText()).isEqualTo("done");
            assertThat(done.path("by").asText()).isEqualTo("command");
            assertThat(done.path("release").asText()).isEqualTo(BAD);
            assertThat(rollback.join().getMessage().getHeader("success")).isEqualTo(true);

            Chat.Message asked = pipeline.messages("pipeline").get(1);
            assertThat(asked.body().toString()).isEqualTo(quoted("{'rollback':'%s','release':'%s','reason':'it does not start','toRevision':null}", done.path("rollback").asText(), BAD));
            assertThat(asked.header("Idempotency-Key")).isEqualTo(done.path("rollback").asText()).isEqualTo(pipeline.messages("pipeline").get(0).header("Idempotency-Key"));
            assertThat(asked.header("X-Signature-256")).isEqualTo("sha256=" + Hmac.hex("HmacSHA256", Installation.OPS_TOKEN, JSON.writeValueAsBytes(asked.body())));
            // All of it is one trace, whichever process does which step.
            String traceparent = asked.header("traceparent");
            assertThat(here.count("select count(*) from rollback_run where traceparent = ?", traceparent)).isEqualTo(1);
            assertThat(here.count("select count(*) from audit_log where operation = 'rollback' and phase = 'intent' and trace = trace_id(?)", traceparent)).isEqualTo(6);
            assertThat(List.of(chat.messages("sales").get(1), chat.messages("ops").get(0))).allMatch(message -> message.header("traceparent").equals(traceparent));
            assertThat(chat.messages("sales")).hasSize(2);
            assertThat(chat.messages("ops")).hasSize(2);

            // Another one, which the pipeline refuses.
            service.healthy(BAD);
            pipeline.answer("pipeline", 404, 404, 404, 404, 404, 404);
            CompletableFuture<Exchange> refused = rollback(command);
            JsonNode failed = run(refused);
            assertThat(pipeline.messages("pipeline")).hasSize(2 + 6);
            assertThat(failed.path("state").asText()).isEqualTo("failed");
            assertThat(refused.join().getMessage().getHeader("success")).isEqualTo(false);
            assertThat(failed.path("steps").path(2).path("detail").asText()).isEqualTo("the pipeline did not take it: it answers 404");
            // A rollback after that, of which the pipeline hears nothing.
            pipeline.shut();
            assertThat(run(rollback(command)).path("steps").path(2).path("detail").asText()).isEqualTo("the pipeline did not take it: HttpHostConnectException");
            assertThat(command.getBean(ProducerTemplate.class).requestBody("direct:rollback-platform-preflight", null, String.class)).contains(quoted("'platform':'webhook'"));
            RouteCoverage.note(command.getBean(CamelContext.class));
        }
    }

    /** Nothing answers, so nobody knows which release is bad: then whichever answers counts. One that is open already is joined. */
    @Test
    void saysWhatToRunByHandAndWaitsUntilAReleaseAnswers() throws Exception {
        service.close();
        try (ConfigurableApplicationContext command = start("none")) {
            CompletableFuture<Exchange> rollback = rollback(command);
            here.awaitRow(60, "rollback_run where state = 'blocked' and release is null");
            CompletableFuture<Exchange> joined = rollback(command);
            CamelContext camel = command.getBean(CamelContext.class);
            await().until(() -> RouteCoverage.runs(camel, "rollback-command-join") > 0);
            try (PretendService restored = new PretendService(port)) {
                restored.healthy(GOOD);
                JsonNode done = run(rollback);
                assertThat(done.path("state").asText()).isEqualTo("done");
                assertThat(done.path("steps").path(2).path("detail").asText()).contains("to be run by hand: kubectl rollout undo deployment/salesloft-integration", "git revert of the commit that brought the release && git push");
                assertThat(run(joined)).isEqualTo(done);
            }
            assertThat(here.count("select count(*) from rollback_run")).isEqualTo(1);
            assertThat(command.getBean(ProducerTemplate.class).requestBody("direct:rollback-platform-preflight", null, String.class)).contains(quoted("'platform':'none'"));
            RouteCoverage.note(command.getBean(CamelContext.class));
        }
    }

    /** As {@code --rollback} does, in this JVM. */
    private ConfigurableApplicationContext start(String platform) {
        List<String> settings = new ArrayList<>();
        here.settings(Map.of("ROLLBACK_PLATFORM", platform, "ROLLBACK_WEBHOOK_URL", pipeline.url("pipeline"), "ROLLBACK_VERIFY_URL", "http://localhost:" + port + "/health",
                "NOTIFY_SALES_URL", chat.url("sales"), "NOTIFY_OPS_URL", chat.url("ops"), "KAFKA_BROKERS", "")).forEach((name, value) -> settings.add("--" + name + "=" + value));
        return Command.application("rollback", Application.class, RouteCoverage.class).run(settings.toArray(String[]::new));
    }

    /** On a thread of its own: the common pool may have one for all. */
    private static CompletableFuture<Exchange> rollback(ConfigurableApplicationContext command) {
        return CompletableFuture.supplyAsync(() -> command.getBean(ProducerTemplate.class).request(command.getEnvironment().getRequiredProperty("salesloft.command"),
                exchange -> exchange.getMessage().setBody("it does not start")), task -> new Thread(task).start());
    }

    private static JsonNode run(CompletableFuture<Exchange> rollback) throws Exception {
        Exchange ended = rollback.get(60, TimeUnit.SECONDS);
        assertThat(ended.getException()).isNull();
        return JSON.readTree(ended.getMessage().getBody(String.class));
    }
}
