package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two hundred connections without credentials: they take neither memory nor threads from those who have some, nor hold up a stop. */
@Tag("alone") // how soon /health answers is part of it
class StrangersTest {

    private static final int MANY = 200;
    private static final byte[] ALL_BUT_ONE = new byte[(1 << 20) - 1];

    @Test
    void holdNeitherMemoryNorThreads() {
        try (Installation here = new Installation(Postgres.shared(), "strangers", Map.of())) {
            Container container = here.launchSmall("256m", Map.of("SYNC_RESOURCES", "people", "SYNC_INTERVAL", "1h")).awaitStarted();
            here.awaitConnected();
            List<Stranger> withholding = connect(container.port());
            withholding.stream().parallel().forEach(stranger -> stranger.announce("POST", "/webhooks/salesloft", 1 << 20).send(ALL_BUT_ONE));
            assertThat(container.health()).isEqualTo(200);
            List<Integer> answers = withholding.stream().parallel().map(Stranger::status).toList();
            withholding.forEach(Stranger::close);
            assertThat(answers).containsOnly(408, 503).contains(408, 503);
            assertThat(container.alive()).isTrue();

            List<Stranger> dripping = Stream.concat(connect(container.port()).stream(), connect(container.managementPort()).stream()).toList();
            String[] paths = {"/webhooks/salesloft", "/sync/people", "/ops/pause", "/no/such/path", "/health", "/actuator/health"};
            for (int i = 0; i < dripping.size(); i++) {
                dripping.get(i).announce(i % 4 == 0 ? "GET" : "POST", paths[i % paths.length], 1000, "Content-Type: application/json").send("{");
            }
            assertThat(container.health()).isEqualTo(200);
            assertThat(container.metric("salesloft_budget_remaining")).isPositive();
            // They go on, and end with the container, long before their time is over.
            dripping.forEach(stranger -> stranger.send(" "));
            assertThat(container.stop()).isEqualTo(143);
            dripping.forEach(Stranger::close);
            assertThat(container.log()).doesNotContain(" ERROR ");
        }
    }

    private static List<Stranger> connect(int port) {
        return IntStream.range(0, MANY).mapToObj(i -> new Stranger(port)).toList();
    }
}
