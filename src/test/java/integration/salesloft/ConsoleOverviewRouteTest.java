package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** GET /ops/overview and GET /ops/me: what the console shows first, and what whoever looks may do. */
class ConsoleOverviewRouteTest extends IntegrationTest {

    /** A replica says that it is there every five seconds. */
    private static final Duration SOME_SECONDS = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String[] AS_READER = {"Authorization", "Bearer " + AccessList.READER};

    @Test
    void showsHowTheContainerDoes() {
        probeIsDue();
        JsonNode first = await().atMost(SOME_SECONDS).until(this::looked, now -> now.at("/health/connected").asBoolean());
        assertThat(first.at("/health/status").asText()).isEqualTo("healthy");
        assertThat(first.at("/health/breaker").asText()).isEqualTo("closed");
        assertThat(first.path("release").asText()).startsWith(first.path("version").asText() + "+");
        assertThat(first.at("/budget/limit").asInt()).isEqualTo(600);
        assertThat(first.at("/budget/windowSeconds").asInt()).isEqualTo(4);
        assertThat(Instant.parse(first.at("/budget/windowEndsAt").asText().replace("+00:00", "Z"))).isAfter(Instant.now().minusSeconds(60));
        assertThat(first.at("/budget/hour")).hasSize(61);
        assertThat(first.path("sync").findValuesAsText("resource")).containsExactlyInAnyOrderElementsOf(RESOURCES);
        assertThat(first.path("rollback").isNull()).isTrue();
        assertThat(first.at("/pause/paused").asBoolean()).isFalse();

        sql.update("update control set paused = true, by = 'ada', reason = 'a test', since = now()");
        sql.update("insert into dead_letter (source, error, payload) values ('webhook:x', 'no id', '{}'), ('webhook:x', 'no id', '[]')");
        sql.update("insert into webhook_event (id, event, body, state) values ('console-1', 'x', '{}', 'dead')");
        sql.update("insert into rollback_run (id, state, reason, actor, platform, host, ended_at) values ('console-run', 'done', 'r', 'a', 'none', 'h', now())");
        sql.update("insert into sync_job (job, digest, actor, on_existing, dry_run, total, wait) values (gen_random_uuid(), '', 'crm', 'update', false, 1, 'approval'), (gen_random_uuid(), '', 'crm', 'update', false, 1, null)");
        sql.update("insert into lease (name, holder, fence, expires_at) values ('console-test', 'abcdefgh-1', 1, now() + interval '1 minute') on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at");
        await().atMost(SOME_SECONDS).untilAsserted(() -> {
            JsonNode now = overview();
            assertThat(now.at("/pause/by").asText()).isEqualTo("ada");
            assertThat(now.path("deadLetters").asInt()).isEqualTo(2);
            assertThat(now.at("/events/dead").asInt()).isOne();
            assertThat(now.at("/rollback/rollback").asText()).isEqualTo("console-run");
            assertThat(now.at("/jobs/waitsForApproval").asInt()).isOne();
            assertThat(now.at("/jobs/paused").asInt()).isOne();
            assertThat(now.path("replicas").findValuesAsText("name")).contains("abcdefgh"); // of a release that does not say that it is there
        });
    }

    /** Each replica, with its release, since when it is there, and what it works on. */
    @Test
    void showsTheReplicas() {
        String instance = camel.getRegistry().lookupByName("instance").toString();
        sql.update("insert into lease (name, holder, fence, expires_at) values ('console-own', ?, 1, now() + interval '1 minute') on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at", instance);
        sql.update("insert into replica (instance, name, release, started_at, seen_at) values ('console-gone', 'console-gone', 'r', now() - interval '1 day', now() - interval '20 seconds') on conflict (instance) do nothing");
        await().atMost(SOME_SECONDS).untilAsserted(() -> {
            JsonNode replicas = overview().path("replicas");
            assertThat(replicas.findValuesAsText("name")).doesNotContain("console-gone");
            assertThat(replicas).anySatisfy(replica -> {
                assertThat(texts(replica.path("leases"))).contains("console-own");
                assertThat(replica.path("name").asText()).isNotEqualTo(instance.substring(0, 8)).isNotEmpty();
                assertThat(replica.path("release").asText()).isEqualTo(camel.resolvePropertyPlaceholders("{{salesloft.release}}"));
                assertThat(replica.path("since").asText()).isNotEmpty();
            });
        });
        // An hour later nobody needs to know.
        sql.update("update replica set seen_at = now() - interval '2 hours' where instance = 'console-gone'");
        await().atMost(SOME_SECONDS).until(() -> count("select count(*) from replica where instance = 'console-gone'") == 0);
    }

    /** How far a first pull is, by what SalesLoft has said there is, and when it will be done at the pace it has had. */
    @Test
    void showsHowFarAPullIs() {
        seed(Map.of("people", 250));
        pull("people");
        awaitPulled("people");
        // A page begins with the last record of the one before.
        assertThat(count("select run_seen from sync_cursor where resource = 'people'")).isEqualTo(252);
        assertThat(count("select run_records from sync_cursor where resource = 'people'")).isEqualTo(250);
        // The next run counts from the beginning, and reads little.
        pull("people");
        await().atMost(SOME_SECONDS).until(() -> count("select count(*) from sync_cursor where resource = 'people' and state = 'idle' and next_run_at > now() and run_seen between 1 and 250") == 1);
        await().atMost(SOME_SECONDS).untilAsserted(() -> assertThat(people().path("state").asText() + people().path("total") + people().path("etaSeconds")).isEqualTo("idlenullnull"));

        // As it is on its way, once.
        sql.update("update sync_cursor set state = 'running', run_started_at = now() - interval '10 seconds', last_run_at = null, run_seen = 100 where resource = 'people'");
        await().atMost(SOME_SECONDS).untilAsserted(() -> {
            JsonNode people = people();
            assertThat(people.path("state").asText()).isEqualTo("running");
            assertThat(people.path("total").asInt()).isEqualTo(250);
            assertThat(people.path("pulled").asInt()).isEqualTo(100);
            assertThat(people.path("etaSeconds").asInt()).isBetween(15, 60);
        });
        // A run of changes alone: nobody has said how many there are.
        sql.update("update sync_cursor set last_run_at = now() - interval '1 minute' where resource = 'people'");
        await().atMost(SOME_SECONDS).untilAsserted(() -> assertThat(people().path("total").isNull() && people().path("pulled").asInt() == 100).isTrue());
    }

    /** However many look, it is read once a second. */
    @Test
    void isReadOnceASecondHoweverManyLook() throws Exception {
        Instant begun = Instant.now();
        Set<String> read = new HashSet<>();
        try (var viewers = closing(Executors.newFixedThreadPool(12))) {
            List<Future<String>> looks = IntStream.range(0, 120).mapToObj(i -> viewers.pool().submit(() -> looked().path("at").asText())).toList();
            for (Future<String> look : looks) {
                read.add(look.get());
            }
        }
        read.remove(""); // turned away, because the machine was too busy to read it in time
        long seconds = Duration.between(begun, Instant.now()).toSeconds();
        assertThat(read.size()).isBetween(1, (int) seconds + 2);
        read.add("");
        await().atMost(SOME_SECONDS).until(() -> read.add(looked().path("at").asText()));
    }

    @Test
    void saysWhatATokenOpens() {
        JsonNode reader = json(get("/ops/me", AS_READER), 200);
        assertThat(reader.path("name").asText()).isEqualTo("dashboard");
        assertThat(reader.path("role").asText()).isEqualTo("reader");
        assertThat(texts(reader.path("may"))).contains("GET /ops/overview", "GET /sync/jobs/{job}").doesNotContain("POST /ops/pause", "GET /ops/events", "GET /health");
        JsonNode operator = json(get("/ops/me", AS_OPS), 200);
        assertThat(operator.path("name").asText()).isEqualTo("ops");
        assertThat(texts(operator.path("may"))).contains("POST /ops/pause", "POST /sync/jobs/{job}/approve");
        assertThat(json(get("/ops/me", AS_SYNC), 200).path("role").asText()).isEqualTo("writer");
        JsonNode both = json(get("/ops/me", "Authorization", "Bearer " + ISSUER.token(ISSUER.claims("two", "writer", "reader"))), 200);
        assertThat(both.path("role").asText()).isEqualTo("writer");
        assertThat(texts(both.path("roles"))).containsExactly("reader", "writer");
        assertThat(texts(both.path("may"))).contains("POST /sync/people", "GET /ops/budget");
    }

    private JsonNode overview() {
        return json(get("/ops/overview", AS_READER), 200);
    }

    /** Empty while it cannot be had. */
    private JsonNode looked() throws JsonProcessingException {
        HttpResponse<String> answer = get("/ops/overview", AS_READER);
        return answer.statusCode() == 503 ? JSON.createObjectNode() : JSON.readTree(answer.body());
    }

    private JsonNode people() {
        for (JsonNode resource : overview().path("sync")) {
            if (resource.path("resource").asText().equals("people")) {
                return resource;
            }
        }
        throw new IllegalStateException("no people");
    }

    private static List<String> texts(JsonNode list) {
        return JSON.convertValue(list, JSON.getTypeFactory().constructCollectionType(List.class, String.class));
    }

    /** ExecutorService is closeable from Java 19 on. */
    private static Viewers closing(ExecutorService pool) {
        return new Viewers(pool);
    }

    private record Viewers(ExecutorService pool) implements AutoCloseable {
        @Override
        public void close() {
            pool.shutdownNow();
        }
    }
}
