package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Deliveries while the container is killed or stopped, and while PostgreSQL and Kafka are away. */
class WebhookCrashTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CLIENTS = 8;

    @Test
    void storesEachOnceWhateverIsKilled() throws Exception {
        int people = 200;
        int versions = 4;
        try (Kafka kafka = Kafka.lend(); Installation here = new Installation(Postgres.shared(), "webhooks_killed", Map.of("people", 1))) {
            Map<String, String> settings = settings(kafka.brokers());
            URI webhooks = URI.create("http://localhost:" + settings.get("SERVER_PORT") + "/webhooks/salesloft");
            Container first = here.launch(settings).awaitStarted();
            List<Delivery> deliveries = new ArrayList<>();
            for (int copy = 0; copy < 3; copy++) {
                for (int version = 1; version <= versions; version++) {
                    for (int person = 1; person <= people; person++) {
                        boolean last = version == versions;
                        deliveries.add(Delivery.person(last && person % 10 == 0 ? "person_deleted" : "person_updated", person, instant(version), "version " + version));
                    }
                }
            }
            Collections.shuffle(deliveries, new Random(42));
            Queue<Delivery> waiting = new ConcurrentLinkedQueue<>(deliveries);
            AtomicInteger taken = new AtomicInteger();
            Future<List<Integer>> clients = inParallel(() -> {
                int repeated = 0;
                for (Delivery next = waiting.poll(); next != null; next = waiting.poll()) {
                    Delivery delivery = next;
                    repeated += repeatUntil(() -> taken(delivery, webhooks));
                    taken.incrementAndGet();
                }
                return repeated;
            });
            await().atMost(Duration.ofSeconds(60)).until(() -> taken.get() > deliveries.size() / 3);
            first.kill();
            int stored = here.count("select count(*) from webhook_event");
            Container second = here.launch(settings);
            assertThat(clients.get().stream().mapToInt(Integer::intValue).sum()).as("deliveries that met nobody").isPositive();

            assertThat(stored).isPositive();
            assertThat(here.count("select count(*) from webhook_event")).isEqualTo(people * versions);
            await().atMost(Duration.ofSeconds(60)).until(() -> here.count("select count(*) from webhook_event where state <> 'applied'") == 0);
            assertThat(here.count("select count(*) from people where id <= ? and title = 'version 4'", people)).isEqualTo(people * 9 / 10);
            assertThat(here.count("select count(*) from record where id <= ? and deleted_at is not null", people)).isEqualTo(people / 10);
            await().atMost(Duration.ofSeconds(60)).until(() -> here.count("select count(*) from outbox") == 0);
            var last = kafka.last("salesloft.people", people);
            for (int person = 1; person <= people; person++) {
                String value = last.get(Integer.toString(person)).value();
                assertThat(value == null ? "deleted" : JSON.readTree(value).path("title").asText()).isEqualTo(person % 10 == 0 ? "deleted" : "version 4");
            }
            assertThat(second.alive()).isTrue();
        }
    }

    @Test
    void losesNothingWhilePostgresqlAndKafkaAreAway() throws Exception {
        try (Kafka kafka = Kafka.lend(); Postgres postgres = Postgres.start();
             Installation here = new Installation(postgres, "webhooks_outage", Map.of("people", 1))) {
            Map<String, String> settings = settings(kafka.brokers());
            URI webhooks = URI.create("http://localhost:" + settings.get("SERVER_PORT") + "/webhooks/salesloft");
            Container container = here.launch(settings).awaitStarted();
            here.awaitRow(60, "sync_cursor where finished_at is not null");
            AtomicBoolean loaded = new AtomicBoolean(true);
            AtomicInteger number = new AtomicInteger(10_000);
            Set<Integer> taken = ConcurrentHashMap.newKeySet();
            Queue<Long> waits = new ConcurrentLinkedQueue<>();
            Future<List<Integer>> clients = inParallel(() -> {
                int refused = 0;
                while (loaded.get()) {
                    int id = number.incrementAndGet();
                    refused += repeatUntil(() -> {
                        long begun = System.nanoTime();
                        boolean done = taken(Delivery.person("person_created", id, instant(1), "new"), webhooks);
                        waits.add((System.nanoTime() - begun) / 1_000_000);
                        return done;
                    });
                    taken.add(id);
                }
                return refused;
            });
            await().atMost(Duration.ofSeconds(30)).until(() -> taken.size() > 500);

            kafka.down();
            int before = taken.size();
            await().atMost(Duration.ofSeconds(30)).until(() -> taken.size() > before + 500);
            await().atMost(Duration.ofSeconds(30)).until(() -> container.metric("salesloft_outbox_backlog") > 0);
            postgres.down();
            await().atMost(Duration.ofSeconds(30)).until(() -> container.health() == 503);
            int during = taken.size();
            await().atMost(Duration.ofSeconds(30)).until(() -> container.metric("salesloft_webhook_events_total", "outcome=\"unavailable\"") > 100);
            assertThat(taken.size()).as("taken without a database").isEqualTo(during);
            postgres.up();
            await().atMost(Duration.ofSeconds(30)).until(() -> container.health() == 200 && taken.size() > during + 500);
            kafka.up();
            loaded.set(false);
            assertThat(clients.get().stream().mapToInt(Integer::intValue).sum()).isGreaterThan(100);

            assertThat(waits).as("milliseconds until an answer").allSatisfy(wait -> assertThat(wait).isLessThan(2_000));
            assertThat(here.sql.queryForList("select cast(body ->> 'id' as integer) from webhook_event", Integer.class)).containsExactlyInAnyOrderElementsOf(taken);
            await().atMost(Duration.ofSeconds(60)).until(() -> here.count("select count(*) from people where id > 10000") >= taken.size());
            await().atMost(Duration.ofSeconds(60)).until(() -> here.count("select count(*) from outbox") == 0);
            assertThat(kafka.last("salesloft.people", taken.size()).keySet()).containsAll(taken.stream().map(String::valueOf).toList());
            assertThat(container.alive()).isTrue();
            assertThat(container.log()).doesNotContain("\tat "); // an outage is no stack trace
        }
    }

    /** Until its routes are up a delivery is told to come again; and what was stored was also answered: no request was cut off between the two. */
    @Test
    void answersUnavailableWhileItStartsAndWhatItHasTakenBeforeItStops() throws Exception {
        try (Installation here = new Installation(Postgres.shared(), "webhooks_stopped", Map.of("people", 1))) {
            Map<String, String> settings = settings("");
            URI webhooks = URI.create("http://localhost:" + settings.get("SERVER_PORT") + "/webhooks/salesloft");
            Container container = here.launch(settings);
            List<Optional<String>> retryAfter = new ArrayList<>();
            await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(5)).ignoreExceptionsInstanceOf(IOException.class).until(() -> {
                HttpResponse<String> answer = Delivery.person("person_created", 1, instant(1), "new").to(webhooks);
                if (answer.statusCode() != 202) {
                    assertThat(answer.statusCode()).isEqualTo(503);
                    retryAfter.add(answer.headers().firstValue("Retry-After"));
                }
                return answer.statusCode() == 202;
            });
            assertThat(retryAfter).isNotEmpty().allMatch(Optional::isPresent);
            assertThat(here.count("select count(*) from webhook_event")).isEqualTo(1);

            container.awaitStarted();
            AtomicInteger number = new AtomicInteger(10_000);
            Set<Integer> taken = ConcurrentHashMap.newKeySet();
            taken.add(1); // as it started
            AtomicBoolean loaded = new AtomicBoolean(true);
            Queue<Integer> refusals = new ConcurrentLinkedQueue<>();
            Future<List<Integer>> clients = inParallel(() -> {
                while (loaded.get()) {
                    repeatUntil(() -> {
                        int id = number.incrementAndGet();
                        try {
                            int status = Delivery.person("person_created", id, instant(1), "new").to(webhooks).statusCode();
                            if (status == 202) {
                                taken.add(id);
                            } else {
                                refusals.add(status);
                            }
                            return true;
                        } catch (IOException e) {
                            return !loaded.get(); // Nobody there any more.
                        }
                    });
                }
                return 0;
            });
            await().atMost(Duration.ofSeconds(30)).until(() -> taken.size() > 500);
            assertThat(container.stop()).isEqualTo(143);
            loaded.set(false);
            clients.get();
            // Who connects anew while it stops is told to come again (GracefulStopTest: whoever is told that his connection is closed goes elsewhere).
            assertThat(refusals).allMatch(status -> status == 503);
            assertThat(here.sql.queryForList("select cast(body ->> 'id' as integer) from webhook_event", Integer.class)).containsExactlyInAnyOrderElementsOf(taken);
        }
    }

    /** With its subscriptions made by itself, SalesLoft's own events come; what SalesLoft gave up on the pull finds; a new token takes over without a gap. */
    @Test
    void subscribesAndChangesItsToken() throws Exception {
        try (Installation here = new Installation(Postgres.shared(), "webhooks_subscribed", Map.of("people", 50, "rateLimit", 0, "webhookRetryGapMs", 200))) {
            Map<String, String> settings = settings("");
            settings.putAll(Map.of("SALESLOFT_CALLBACK_URL", "http://localhost:" + settings.get("SERVER_PORT") + "/webhooks/salesloft",
                    "SALESLOFT_RATE_LIMIT", "0", "SYNC_INTERVAL", "5s"));
            Container before = here.launch(settings);
            here.awaitRow(60, "webhook_subscription where event = 'person_updated'");
            here.awaitRow(60, "sync_cursor where finished_at is not null");
            long person = here.sql.queryForObject("select min(id) from record", Long.class);
            here.salesloft.put("people", JSON.createObjectNode().put("id", person).put("title", "by webhook"));
            here.awaitRow(20, "webhook_event where event = 'person_updated' and body ->> 'title' = 'by webhook' and state = 'applied'");
            here.awaitRow(20, "people where title = 'by webhook'");
            here.salesloft.remove("people", person);
            here.awaitRow(20, "record where deleted_at is not null");
            before.stop();
            here.salesloft.put("people", JSON.createObjectNode().put("id", person + 2).put("title", "while away"));
            await().atMost(Duration.ofSeconds(20)).until(() -> ((Map<?, ?>) here.salesloft.stats().get("webhooks")).get("givenUp").equals(1L));

            settings.put("SALESLOFT_CALLBACK_TOKEN_PREVIOUS", settings.get("SALESLOFT_CALLBACK_TOKEN"));
            settings.put("SALESLOFT_CALLBACK_TOKEN", "another-" + Delivery.TOKEN);
            settings.put("SALESLOFT_CALLBACK_GRACE", "1s");
            String fingerprint = here.sql.queryForObject("select token_fingerprint from webhook_subscription limit 1", String.class);
            here.launch(settings).awaitStarted();
            here.salesloft.put("people", JSON.createObjectNode().put("id", person + 1).put("title", "in between"));
            here.awaitRow(20, "webhook_event where body ->> 'title' = 'in between' and state = 'applied'");
            here.awaitRow(30, "people where title = 'while away'");
            assertThat(here.count("select count(*) from webhook_event where body ->> 'title' = 'while away'")).isZero();
            await().atMost(Duration.ofSeconds(60)).until(() -> here.count("select count(*) from webhook_subscription") == 35
                    && here.count("select count(*) from webhook_subscription where token_fingerprint = ?", fingerprint) == 0);
            assertThat(here.salesloft.count("webhook_subscriptions")).isEqualTo(35);
        }
    }

    private static Map<String, String> settings(String brokers) {
        return new HashMap<>(Map.of("SYNC_RESOURCES", "people", "SYNC_COMPARE_HOURS", "00:00-00:00", "KAFKA_BROKERS", brokers,
                "SALESLOFT_CALLBACK_TOKEN", Delivery.TOKEN, "SERVER_PORT", Integer.toString(FreePort.find())));
    }

    /** Again and again, at a pace that leaves the cores to whoever is watched; how often it was in vain. */
    private static int repeatUntil(Callable<Boolean> taken) {
        AtomicInteger attempts = new AtomicInteger();
        await().pollInSameThread().pollDelay(Duration.ofMillis(10)).pollInterval(Duration.ofMillis(20)).atMost(Duration.ofSeconds(90)).until(() -> {
            attempts.incrementAndGet();
            return taken.call();
        });
        return attempts.get() - 1;
    }

    private static boolean taken(Delivery delivery, URI webhooks) {
        try {
            int status = delivery.to(webhooks).statusCode();
            assertThat(status).isIn(202, 503); // never 404, which a sender may take for an address that is gone
            return status == 202;
        } catch (IOException e) {
            return false;
        }
    }

    private static String instant(int version) {
        return "2026-03-01T12:00:00.%06dZ".formatted(version);
    }

    private static <T> Future<List<T>> inParallel(Callable<T> client) {
        ExecutorService pool = Executors.newFixedThreadPool(CLIENTS + 1);
        return pool.submit(() -> {
            try {
                List<T> results = new ArrayList<>();
                for (Future<T> result : pool.invokeAll(IntStream.range(0, CLIENTS).mapToObj(i -> client).toList())) {
                    results.add(result.get());
                }
                return results;
            } finally {
                pool.shutdown();
            }
        });
    }
}
