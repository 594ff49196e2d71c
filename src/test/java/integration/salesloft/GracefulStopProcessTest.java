package integration.salesloft;

import static integration.salesloft.sandbox.FaultRule.on;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** SIGTERM, as Kubernetes sends it to a pod that is replaced. */
@Execution(ExecutionMode.CONCURRENT)
class GracefulStopProcessTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    /** 143 is SIGTERM. */
    private static final int TERMINATED = 143;
    /** Seconds in place of camel.main.shutdown-timeout. */
    private static final int MOST = 2;
    private static final int ROWS = 300;
    private static final int CLIENTS = 4;
    private static final String HELD = "select count(*) from lease where holder <> '' and expires_at > now()";

    /**
     * In the middle of a pull, a push and webhooks: nothing is cut off, nothing is lost, and nobody waits for a lease. Nor for Kafka, which lets
     * nobody join the group of those who read salesloft.commands until it knows that a replica killed before does not come back. The second
     * replica ends in time though PostgreSQL stands still, and so does another one beside it, whose SalesLoft hangs.
     */
    @Test
    void endsItsWorkAtACheckpoint() throws Exception {
        try (Kafka kafka = Kafka.lend(); Postgres postgres = Postgres.start(); SharedProcess both = new SharedProcess();
             Installation here = new Installation(postgres, "stopped_under_load", Map.of("people", 2_400, "memberships", 0, "rateLimit", 1_800, "uniqueEmails", false));
             Installation hanging = new Installation(Postgres.shared(), "stopped_hanging", Map.of("people", 2_000, "memberships", 0, "rateLimit", 1_800, "uniqueEmails", false))) {
            Map<String, String> settings = settings(kafka.brokers());
            kafka.joinAndDie("salesloft-integration", "salesloft.commands");
            slow(here); // so that it is in the middle of it, however long somebody takes to stop it
            Container first = here.launch(settings).awaitStarted();
            String job = push(first, "new");
            await().until(() -> inTheMiddle(here));
            try (Senders senders = new Senders(URI.create("http://localhost:" + first.port() + "/webhooks/salesloft"))) {
                await().until(() -> senders.taken.size() > 100 && inTheMiddle(here));
                senders.awaitWell(); // a slow machine has some come again before
                Stop stop = Stop.of(first);

                // Far less than its many rows would take, and than the grace period of deploy/kubernetes.
                assertThat(stop.took).isLessThan(Duration.ofSeconds(10));
                assertThat(stop.status).isEqualTo(TERMINATED);
                assertThat(here.sql.queryForList("select name from lease where holder <> '' and expires_at > now()", String.class)).isEmpty();
                assertThat(here.count("select count(*) from sync_row where holder is not null")).isZero();
                assertThat(here.count("select count(*) from operation where state = 'started'")).isZero();
                assertThat(here.count("select count(*) from sync_cursor where state = 'running'")).isZero();
                assertThat(here.count("select count(*) from sync_row where state = 'done'")).as("rows that were left for another replica").isLessThan(ROWS);

                senders.awaitEnd();
                assertThat(senders.failures).isEmpty();
                assertThat(here.sql.queryForList("select cast(body ->> 'id' as integer) from webhook_event", Integer.class))
                        .doesNotHaveDuplicates().containsAll(senders.taken).allMatch(id -> senders.taken.contains(id) || senders.refused.contains(id));

                here.salesloft.faults();
                int pulled = here.count("select pulled from sync_cursor where resource = 'people'");
                Container second = here.launch(both, impatient(kafka.brokers())).awaitStarted();
                await().until(() -> here.count("select pulled from sync_cursor where resource = 'people'") > pulled);
                await().until(() -> JSON.readTree(second.get("/sync/jobs/" + job).body()).path("state").asText().equals("done"));
                JsonNode counts = JSON.readTree(second.get("/sync/jobs/" + job).body());
                assertThat(counts.path("created").asInt()).isEqualTo(ROWS);
                assertThat(here.calls("POST /v2/people")).isEqualTo(ROWS);
                assertThat(here.salesloft.stats().get("duplicatesCreated")).isEqualTo(Map.of("people", 0L, "memberships", 0L, "reenrolled", 0L));
                await().until(() -> here.count("select count(*) from webhook_event where state <> 'applied'") == 0);
                await().until(() -> here.count("select count(*) from sync_cursor where resource = 'people' and finished_at is not null") == 1);
                assertThat(second.log()).doesNotContain("from 'the beginning'");
                endThoughPostgresqlAndSalesLoftHang(postgres, here, second, hanging, both);
            }
        }
    }

    private static boolean inTheMiddle(Installation here) {
        return here.calls("POST /v2/people") > 20 && here.count(HELD + " and name = 'outbox'") == 1 && here.count(HELD + " and name = 'pull:people'") == 1
                && here.count("select count(*) from sync_row where holder is not null") > ROWS / 2;
    }

    private static void slow(Installation here) {
        here.salesloft.faults(on("POST", "/v2/people").delayed(Duration.ofSeconds(2)), on("GET", "/v2/people").query("sort_by").delayed(Duration.ofSeconds(2)));
    }

    /** What hangs is cut off in time, and where the database answers the leases are given back all the same. */
    private static void endThoughPostgresqlAndSalesLoftHang(Postgres postgres, Installation here, Container second, Installation hanging, SharedProcess both) throws IOException {
        hanging.salesloft.faults(under("/v2/people").hangs());
        push(hanging.launch(both, impatient("")).awaitStarted(), "new");
        slow(here);
        push(second, "more");
        await().until(() -> here.calls("POST /v2/people") > ROWS + 20);
        await().until(() -> hanging.count(HELD + " and name = 'pull:people'") == 1 && hanging.statuses("GET /v2/people").getOrDefault("hang", 0L) >= 2);
        postgres.freeze();
        try {
            Stop stop = Stop.of(second);
            assertThat(stop.took).as("of one after the other").isLessThan(Duration.ofSeconds(2 * MOST + 14));
            assertThat(stop.status).isEqualTo(TERMINATED);
            assertThat(hanging.count(HELD)).isZero();
        } finally {
            postgres.wake();
        }
    }

    private static String push(Container container, String people) throws IOException {
        String rows = IntStream.range(0, ROWS).mapToObj(i -> JSON.createObjectNode().put("email_address", people + i + "@example.com").toString())
                .collect(Collectors.joining("\n"));
        return JSON.readTree(container.push("application/x-ndjson", rows, people)).path("job").asText();
    }

    private static Map<String, String> settings(String brokers) {
        return new HashMap<>(Map.of("SYNC_RESOURCES", "people", "SYNC_COMPARE_HOURS", "00:00-00:00", "KAFKA_BROKERS", brokers,
                "SALESLOFT_RATE_LIMIT", "1800", "SALESLOFT_CALLBACK_TOKEN", Delivery.TOKEN));
    }

    private static Map<String, String> impatient(String brokers) {
        Map<String, String> settings = settings(brokers);
        settings.put("CAMEL_MAIN_SHUTDOWNTIMEOUT", Integer.toString(MOST));
        return settings;
    }

    private record Stop(Duration took, int status) {

        static Stop of(Container container) {
            long begun = System.nanoTime();
            int status = container.stop();
            return new Stop(Duration.ofNanos(System.nanoTime() - begun), status);
        }
    }

    /**
     * Webhooks, one after the other from each client. When a pod is told to end Kubernetes has sent it no new connections for a while
     * (preStop), but a proxy still uses those it has open, until it is told that one is closed.
     */
    private static final class Senders implements AutoCloseable {

        final Set<Integer> taken = ConcurrentHashMap.newKeySet();
        final Queue<String> failures = new ConcurrentLinkedQueue<>();
        /** Of which SalesLoft would deliver again: they may be stored. */
        final Set<Integer> refused = ConcurrentHashMap.newKeySet();
        private final AtomicInteger number = new AtomicInteger(1_000_000);
        private final AtomicBoolean loaded = new AtomicBoolean(true);
        private final ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        private final List<CompletableFuture<Void>> clients;

        Senders(URI webhooks) {
            clients = IntStream.range(0, CLIENTS).mapToObj(i -> CompletableFuture.runAsync(() -> send(webhooks), threads)).toList();
        }

        private void send(URI webhooks) {
            boolean open = true;
            while (open && loaded.get()) {
                int id = number.incrementAndGet();
                try {
                    HttpResponse<String> answer = Delivery.person("person_created", id, "2026-03-01T12:00:00.000001Z", "new").to(webhooks);
                    if (answer.statusCode() == 202) {
                        taken.add(id);
                    } else {
                        failures.add(Integer.toString(answer.statusCode()));
                        refused.add(id);
                    }
                    open = !answer.headers().firstValue("Connection").orElse("").equalsIgnoreCase("close");
                } catch (IOException e) {
                    failures.add(e.toString());
                    open = false;
                }
            }
        }

        /** Some are taken, one after the other, and none is refused. */
        void awaitWell() {
            AtomicInteger before = new AtomicInteger(taken.size());
            await().until(() -> {
                if (failures.poll() != null) {
                    failures.clear();
                    before.set(taken.size());
                }
                return taken.size() > before.get() + 20;
            });
        }

        void awaitEnd() {
            clients.forEach(CompletableFuture::join);
        }

        @Override
        public void close() {
            loaded.set(false);
            threads.shutdown();
        }
    }
}
