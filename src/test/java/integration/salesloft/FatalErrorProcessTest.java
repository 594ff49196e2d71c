package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.springframework.util.FileSystemUtils;

/** An Error ends the process: nothing is answered that was not stored, and no part of it lives on half dead. */
@ResourceLock(SharedProcess.RUNNING)
class FatalErrorProcessTest {

    /** An array that no virtual machine makes. */
    private static final String FAILING = "{id: %s, expression: {spel: {expression: \"#{T(java.lang.reflect.Array).newInstance(T(int), 2147483647)}\"}}}";

    @TempDir
    private Path routes;

    @Test
    void endsTheProcess() throws Exception {
        FileSystemUtils.copyRecursively(Path.of("routes"), routes);
        // In the route of a request, and in one that a timer has started and that catches all exceptions.
        insert("webhook/receive.camel.yaml", "        - process: {id: webhook-receive-identify, ref: webhook-identity}\n", """
                        - filter:
                            id: webhook-test-odd
                            expression: {simple: {expression: "${exchangeProperty.event} == 'test_fatal'"}}
                            steps: [{setBody: %s}]
                """.formatted(FAILING.formatted("webhook-test-fatal")));
        insert("webhook/apply.camel.yaml", "      uri: direct:webhook-apply-some\n      steps:\n", """
                        - setBody: %s
                """.formatted(FAILING.formatted("webhook-apply-test-fatal")));
        try (Installation here = new Installation(Postgres.shared(), "fatal", Map.of())) {
            Map<String, String> settings = Map.of("ROUTES_DIR", routes.toString(), "SALESLOFT_CALLBACK_TOKEN", Delivery.TOKEN, "SYNC_RESOURCES", "users", "SYNC_INTERVAL", "1h");
            Container first = here.lend(settings).awaitStarted();
            URI webhooks = URI.create("http://localhost:" + first.port() + "/webhooks/salesloft");
            assertThatThrownBy(() -> Delivery.of("test_fatal", quoted("{'id':1}")).to(webhooks)).isInstanceOf(IOException.class);
            assertThat(first.exit()).isEqualTo(3);
            assertThat(first.log()).contains("the process ends, because of java.lang.OutOfMemoryError");
            assertThat(here.count("select count(*) from webhook_event")).isZero();

            here.sql.update("insert into webhook_event (id, event, body, state) values ('a', 'person_updated', '{}', 'received')");
            Container second = here.launch(settings);
            await().atMost(Duration.ofSeconds(60)).until(() -> !second.alive());
            assertThat(second.exit()).isEqualTo(3);
            assertThat(here.count("select count(*) from webhook_event where state = 'received'")).isEqualTo(1);
        }
    }

    private void insert(String file, String after, String step) throws IOException {
        String text = Files.readString(routes.resolve(file));
        assertThat(text).contains(after);
        Files.writeString(routes.resolve(file), text.replace(after, after + step));
    }
}
