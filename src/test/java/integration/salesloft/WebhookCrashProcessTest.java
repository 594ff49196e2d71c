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
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Deliveries while the container is killed or stopped, and while PostgreSQL and Kafka are away. */
class WebhookCrashProcessTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CLIENTS = 8;

    /** Two containers in one process, which is killed: one that many deliver to, and one that has SalesLoft deliver. */
    @Test
    void losesNothingWhateverIsKilledStoppedOrAway() throws Exception {
        try (Kafka kafka = Kafka.lend(); Postgres postgres = Postgres.start(); SharedProcess killed = new SharedProcess(); SharedProcess running = new SharedProcess();
             Installation here = new Installation(postgres, "webhooks", Map.of("people", 1, "rateLimit", 0)); Subscribed subscribed = new Subscribed()) {
            subscribed.hearsOfPeople(killed);
            Map<String, String> settings = settings(kafka.brokers());
            settings.put(SharedProcess.MIGRATES, "true");
            URI webhooks = URI.create("http://localhost:" + settings.get("SERVER_PORT") + "/webhooks/salesloft");
            Container container = storesEachOnceThoughItIsKilled(kafka, here, settings, webhooks, killed, running);
            subscribed.findsWhatItMissedAndChangesItsToken(running);
            losesNothingWhilePostgresqlAndKafkaAreAway(kafka, postgres, here, container, webhooks);
            answersWhatItHasTakenBeforeItStops(here, container, webhooks);
        }
    }

    /** Killed in the middle of deliveries, each of which comes three times; until its routes are up again a delivery is told to come again. */
    private static Container storesEachOnceThoughItIsKilled(Kafka kafka, Installation here, Map<String, String> settings, URI webhooks, SharedProcess killed, SharedProcess running) throws Exception {
        int people = 40;
        int versions = 4;
        here.launch(killed, settings).awaitStarted();
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
        AtomicBoolean dead = new AtomicBoolean();
        Queue<HttpResponse<String>> refusals = new ConcurrentLinkedQueue<>();
        Future<List<Integer>> clients = inParallel(() -> {
            int repeated = 0;
            for (Delivery next = waiting.poll(); next != null; next = waiting.poll()) {
                Delivery delivery = next;
                repeated += repeatUntil(() -> taken(delivery, webhooks, refusals::add));
                taken.incrementAndGet();
                if (!dead.get()) {
                    waiting.add(delivery); // once more, so that some are left however long the kill takes
                }
            }
            return repeated;
        });
        await().until(() -> taken.get() > deliveries.size() / 3);
        killed.kill();
        dead.set(true);
        int stored = here.count("select count(*) from webhook_event");
        Container second = here.launch(running, settings);
        assertThat(clients.get().stream().mapToInt(Integer::intValue).sum()).as("deliveries that met nobody").isGreaterThan(refusals.size());
        assertThat(refusals).as("those that met a container which starts").isNotEmpty().allMatch(answer -> answer.headers().firstValue("Retry-After").isPresent());

        assertThat(stored).isPositive();
        assertThat(here.count("select count(*) from webhook_event")).isEqualTo(people * versions);
        await().until(() -> here.count("select count(*) from webhook_event where state <> 'applied'") == 0);
        assertThat(here.count("select count(*) from people where id <= ? and title = 'version 4'", people)).isEqualTo(people * 9 / 10);
        assertThat(here.count("select count(*) from record where id <= ? and deleted_at is not null", people)).isEqualTo(people / 10);
        await().until(() -> here.count("select count(*) from outbox") == 0);
        var last = kafka.last("salesloft.people", people);
        for (int person = 1; person <= people; person++) {
            String value = last.get(Integer.toString(person)).value();
            assertThat(value == null ? "deleted" : JSON.readTree(value).path("title").asText()).isEqualTo(person % 10 == 0 ? "deleted" : "version 4");
        }
        return second.awaitStarted();
    }

    private static void losesNothingWhilePostgresqlAndKafkaAreAway(Kafka kafka, Postgres postgres, Installation here, Container container, URI webhooks) throws Exception {
        here.awaitRow(60, "sync_cursor where finished_at is not null");
        int others = here.count("select count(*) from record");
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
                    boolean done = taken(Delivery.person("person_created", id, instant(1), "new"), webhooks, answer -> { });
                    waits.add((System.nanoTime() - begun) / 1_000_000);
                    return done;
                });
                taken.add(id);
            }
            return refused;
        });
        await().until(() -> taken.size() > 100);
        long usual = Collections.max(waits); // with nothing away: what the machine takes for itself

        kafka.freeze(); // connected, and it never answers; StreamCrash has one that is stopped
        int before = taken.size();
        await().until(() -> taken.size() > before + 50);
        await().until(() -> container.metric("salesloft_outbox_backlog") > 0);
        postgres.down();
        await().until(() -> container.health() == 503);
        int during = taken.size();
        await().until(() -> container.metric("salesloft_webhook_events_total", "outcome=unavailable") > 20);
        assertThat(taken.size()).as("taken without a database").isEqualTo(during);
        postgres.up();
        await().until(() -> container.health() == 200 && taken.size() > during + 50);
        kafka.wake();
        loaded.set(false);
        assertThat(clients.get().stream().mapToInt(Integer::intValue).sum()).isGreaterThan(20);

        assertThat(waits).as("milliseconds until an answer").allSatisfy(wait -> assertThat(wait).isLessThan(2_000 + usual));
        assertThat(stored(here, 10_000)).containsExactlyInAnyOrderElementsOf(taken);
        await().until(() -> here.count("select count(*) from people where id > 10000") >= taken.size());
        await().until(() -> here.count("select count(*) from outbox") == 0);
        assertThat(kafka.last("salesloft.people", others + taken.size()).keySet()).containsAll(taken.stream().map(String::valueOf).toList());
        assertThat(container.alive()).isTrue();
        assertThat(container.log()).doesNotContain("\tat "); // an outage is no stack trace
    }

    /** What was stored was also answered: no request was cut off between the two. */
    private static void answersWhatItHasTakenBeforeItStops(Installation here, Container container, URI webhooks) throws Exception {
        AtomicInteger number = new AtomicInteger(1_000_000);
        Set<Integer> taken = ConcurrentHashMap.newKeySet();
        AtomicBoolean loaded = new AtomicBoolean(true);
        Map<Integer, Integer> refused = new ConcurrentHashMap<>(); // with their statuses; SalesLoft would deliver them again, and they may be stored
        Future<List<Integer>> clients = inParallel(() -> {
            while (loaded.get()) {
                repeatUntil(() -> {
                    int id = number.incrementAndGet();
                    try {
                        int status = Delivery.person("person_created", id, instant(1), "new").to(webhooks).statusCode();
                        if (status == 202) {
                            taken.add(id);
                        } else {
                            refused.put(id, status);
                        }
                        return true;
                    } catch (IOException e) {
                        return !loaded.get(); // Nobody there any more.
                    }
                });
            }
            return 0;
        });
        await().until(() -> taken.size() > 100);
        assertThat(container.stop()).isEqualTo(143);
        loaded.set(false);
        clients.get();
        // Who connects anew while it stops is told to come again (GracefulStopProcessTest: whoever is told that his connection is closed goes elsewhere).
        assertThat(refused.values()).allMatch(status -> status == 503);
        assertThat(stored(here, 1_000_000)).doesNotHaveDuplicates().containsAll(taken).allMatch(id -> taken.contains(id) || refused.containsKey(id));
    }

    private static List<Integer> stored(Installation here, int above) {
        return here.sql.queryForList("select cast(body ->> 'id' as integer) from webhook_event where cast(body ->> 'id' as integer) > ?", Integer.class, above);
    }

    /** With its subscriptions made by itself, SalesLoft's own events come; what SalesLoft gave up on the pull finds; a new token takes over without a gap. */
    private static final class Subscribed implements AutoCloseable {

        private final Installation here = new Installation(Postgres.shared(), "webhooks_subscribed", Map.of("people", 50, "rateLimit", 0, "webhookRetryGapMs", 200));
        private final Map<String, String> settings = settings("");
        private long person;

        void hearsOfPeople(SharedProcess process) {
            settings.putAll(Map.of("SALESLOFT_CALLBACK_URL", "http://localhost:" + settings.get("SERVER_PORT") + "/webhooks/salesloft", "SYNC_INTERVAL", "5s"));
            here.launch(process, settings);
            here.awaitRow(60, "webhook_subscription where event = 'person_updated'");
            here.awaitRow(60, "webhook_subscription where event = 'person_deleted'");
            here.awaitRow(60, "sync_cursor where finished_at is not null");
            person = here.sql.queryForObject("select min(id) from record", Long.class);
            here.salesloft.put("people", JSON.createObjectNode().put("id", person).put("title", "by webhook"));
            here.awaitRow(60, "webhook_event where event = 'person_updated' and body ->> 'title' = 'by webhook' and state = 'applied'");
            here.awaitRow(60, "people where title = 'by webhook'");
            here.salesloft.remove("people", person);
            here.awaitRow(60, "record where deleted_at is not null");
        }

        void findsWhatItMissedAndChangesItsToken(SharedProcess process) {
            here.salesloft.put("people", JSON.createObjectNode().put("id", person + 2).put("title", "while away"));
            await().until(() -> ((Map<?, ?>) here.salesloft.stats().get("webhooks")).get("givenUp").equals(1L));

            settings.put("SALESLOFT_CALLBACK_TOKEN_PREVIOUS", settings.get("SALESLOFT_CALLBACK_TOKEN"));
            settings.put("SALESLOFT_CALLBACK_TOKEN", "another-" + Delivery.TOKEN);
            settings.put("SALESLOFT_CALLBACK_GRACE", "1s");
            String fingerprint = here.sql.queryForObject("select token_fingerprint from webhook_subscription limit 1", String.class);
            here.sql.update("update lease set expires_at = now()"); // they would run out by themselves, 15 s after the kill
            here.launch(process, settings).awaitStarted();
            here.salesloft.put("people", JSON.createObjectNode().put("id", person + 1).put("title", "in between"));
            here.awaitRow(60, "webhook_event where body ->> 'title' = 'in between' and state = 'applied'");
            here.awaitRow(60, "people where title = 'while away'");
            assertThat(here.count("select count(*) from webhook_event where body ->> 'title' = 'while away'")).isZero();
            await().until(() -> here.count("select count(*) from webhook_subscription") == 35
                    && here.count("select count(*) from webhook_subscription where token_fingerprint = ?", fingerprint) == 0);
            assertThat(here.salesloft.count("webhook_subscriptions")).isEqualTo(35);
        }

        @Override
        public void close() {
            here.close();
        }
    }

    private static Map<String, String> settings(String brokers) {
        return new HashMap<>(Map.of("SYNC_RESOURCES", "people", "SYNC_COMPARE_HOURS", "00:00-00:00", "KAFKA_BROKERS", brokers, "SALESLOFT_RATE_LIMIT", "0",
                "SALESLOFT_CALLBACK_TOKEN", Delivery.TOKEN, "SERVER_PORT", Integer.toString(FreePort.find())));
    }

    /** Again and again, at a pace that leaves the cores to whoever is watched; how often it was in vain. */
    private static int repeatUntil(Callable<Boolean> taken) {
        AtomicInteger attempts = new AtomicInteger();
        await().pollInSameThread().pollDelay(Duration.ofMillis(25)).pollInterval(Duration.ofMillis(50)).atMost(Duration.ofSeconds(90)).until(() -> {
            attempts.incrementAndGet();
            return taken.call();
        });
        return attempts.get() - 1;
    }

    /** @param refusals gets each answer that says to come again */
    private static boolean taken(Delivery delivery, URI webhooks, Consumer<HttpResponse<String>> refusals) {
        try {
            HttpResponse<String> answer = delivery.to(webhooks);
            assertThat(answer.statusCode()).isIn(202, 503); // never 404, which a sender may take for an address that is gone
            if (answer.statusCode() == 503) {
                refusals.accept(answer);
            }
            return answer.statusCode() == 202;
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
