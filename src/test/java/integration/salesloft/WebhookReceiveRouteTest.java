package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import integration.salesloft.webhook.Signature;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Taking deliveries: what is stored, what is not, and what SalesLoft hears. */
@ExtendWith(OutputCaptureExtension.class)
class WebhookReceiveRouteTest extends IntegrationTest {

    private static final String AT = "2026-03-01T12:00:00.000001Z";

    @AfterEach
    void closeBreaker() {
        breaker("webhook-receive-breaker").reset();
    }

    @Test
    void takesADeliveryOnce(CapturedOutput output) throws IOException {
        double accepted = metric("salesloft_webhook_events_total", "outcome=accepted");
        double duplicates = metric("salesloft_webhook_events_total", "outcome=duplicate");
        Delivery delivery = Delivery.person("person_updated", 1, AT, "CEO");

        HttpResponse<String> first = delivery.to(webhooks(), "Authorization", "Bearer stranger", "X-Odd", "odd");
        assertThat(first.statusCode()).isEqualTo(202);
        assertThat(first.body()).isEmpty();
        assertThat(first.headers().map().keySet()).doesNotContain("authorization", "x-odd", "x-salesloft-signature", "x-salesloft-event", "signedwith");
        delivery.takenBy(webhooks());
        // The same instant, written otherwise, is the same version.
        Delivery.person("person_updated", 1, "2026-03-01T07:00:00.000001-05:00", "CEO").takenBy(webhooks());

        assertThat(count("select count(*) from webhook_event where id = 'person_updated:1:2026-03-01T12:00:00.000001Z' and event = 'person_updated'")).isEqualTo(1);
        assertThat(count("select count(*) from webhook_event")).isEqualTo(1);
        assertThat(metric("salesloft_webhook_events_total", "outcome=accepted") - accepted).isEqualTo(1);
        assertThat(metric("salesloft_webhook_events_total", "outcome=duplicate") - duplicates).isEqualTo(2);
        await().until(() -> output.getAll().contains("webhook event=person_updated outcome=accepted token=current")
                && output.getAll().contains("webhook event=person_updated outcome=duplicate token=current"));
    }

    @Test
    void saysWhichTokenMatched(CapturedOutput output) throws IOException {
        Delivery delivery = Delivery.person("person_updated", 1, AT, "CEO");
        double before = metric("salesloft_webhook_signatures_total", "token=previous");
        String byPrevious = Delivery.signature("HmacSHA1", Delivery.PREVIOUS_TOKEN, delivery.body());
        delivery.signed(byPrevious).takenBy(webhooks());
        assertThat(metric("salesloft_webhook_signatures_total", "token=previous") - before).isEqualTo(1);
        await().until(() -> output.getAll().contains("event=person_updated outcome=accepted token=previous"));
    }

    /** As from a file that has changed; and the subscriptions wait until every replica should know them. */
    @Test
    void goesOverToChangedTokensWithoutARestart(CapturedOutput output) throws IOException {
        Signature signature = camel.getRegistry().lookupByNameAndType("webhook-signature", Signature.class);
        long before = signature.unchangedMillis();
        Delivery delivery = Delivery.person("person_updated", 1, AT, "CEO");
        Delivery byNew = delivery.signed(Delivery.signature("HmacSHA1", "callback-secret-after", delivery.body()));
        Delivery byOldest = delivery.signed(Delivery.signature("HmacSHA1", Delivery.PREVIOUS_TOKEN, delivery.body()));
        assertThat(byNew.to(webhooks()).statusCode()).isEqualTo(401);
        System.setProperty("SALESLOFT_CALLBACK_TOKEN_PREVIOUS", Delivery.TOKEN); // before the other: what counts with that counts with both
        System.setProperty("SALESLOFT_CALLBACK_TOKEN", "callback-secret-after");
        try {
            await().until(() -> byNew.to(webhooks()).statusCode() == 202);
            assertThat(signature.unchangedMillis()).isLessThan(before + 5_000).isLessThan(10_000);
            delivery.takenBy(webhooks());
            assertThat(byOldest.to(webhooks()).statusCode()).isEqualTo(401);
        } finally {
            System.setProperty("SALESLOFT_CALLBACK_TOKEN", Delivery.TOKEN);
            System.setProperty("SALESLOFT_CALLBACK_TOKEN_PREVIOUS", Delivery.PREVIOUS_TOKEN);
            await().until(() -> byOldest.to(webhooks()).statusCode() == 202);
        }
        await().untilAsserted(() -> assertThat(output.getOut()).contains("the callback tokens were changed, and are in use").doesNotContain("callback-secret"));
    }

    @Test
    void refusesWhatIsNotSigned(CapturedOutput output) throws IOException {
        Delivery delivery = Delivery.person("a.b@example.com", 1, AT, "CEO");
        double rejected = metric("salesloft_webhook_events_total", "outcome=rejected");
        List<Delivery> forged = List.of(
                delivery.signed(null), delivery.signed(""), delivery.signed("00"),
                delivery.signed(Delivery.signature("HmacSHA1", "another", delivery.body())),
                delivery.signed(Delivery.signature("HmacSHA256", Delivery.TOKEN, delivery.body())),
                delivery.signed(delivery.signature().toUpperCase(Locale.ROOT)),
                delivery.signed(delivery.signature() + "0"),
                Delivery.of("person_updated", new byte[0]).signed("00"),
                Delivery.of("person_updated", "not json").signed("00"));
        for (Delivery attempt : forged) {
            HttpResponse<String> answer = attempt.to(webhooks());
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.body()).isEmpty();
        }
        assertThat(count("select count(*) from webhook_event")).isZero();
        assertThat(metric("salesloft_webhook_events_total", "outcome=rejected") - rejected).isEqualTo(forged.size());
        await().until(() -> output.getAll().contains("webhook event=- outcome=rejected token=none"));
        assertThat(output.getAll()).doesNotContain("a.b@example.com");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "not json", "[]", "\ufeff{\"id\":1}", "[{\"id\":1}]", "\"text\"", "7", "null", "{", "{\"id\":1", "{\"id\":1}}", "{\"id\":1} {}",
        "{\"id\":1}x", "{\"id\":\"\u0000\"}", "{'id':1}", "{\"id\":01}"})
    void refusesWhatIsNoObject(String body) throws IOException {
        HttpResponse<String> answer = Delivery.of("person_updated", body).to(webhooks());
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).isEmpty();
        assertThat(count("select count(*) from webhook_event")).isZero();
    }

    @Test
    void refusesWhatIsNoUtf8() throws IOException {
        for (byte[] body : List.of(quoted("{'id':1,'n':'é'}").getBytes(StandardCharsets.ISO_8859_1), quoted("{'id':1}").getBytes(StandardCharsets.UTF_16), quoted("{'id':1}").getBytes(StandardCharsets.UTF_16LE),
                new byte[] {'{', '"', 'a', '"', ':', '"', (byte) 0xED, (byte) 0xA0, (byte) 0x80, '"', '}'})) {
            assertThat(Delivery.of("person_updated", body).to(webhooks()).statusCode()).isEqualTo(400);
        }
        assertThat(count("select count(*) from webhook_event")).isZero();
    }

    @Test
    void refusesWhatIsTooLargeBeforeItIsReadAtAll() throws IOException {
        String large = quoted("{'id':1,'updated_at':'%s','text':'%s'}", AT, "x".repeat(3 << 20));
        for (Delivery delivery : List.of(Delivery.of("person_updated", large), Delivery.of("person_updated", large).signed("00"))) {
            HttpResponse<String> answer = delivery.to(webhooks());
            assertThat(answer.statusCode()).isEqualTo(413);
            assertThat(answer.body()).isEmpty();
        }
        String text = "{'id':1,'updated_at':'" + AT + "','text':'%s'}";
        String largest = quoted(text, "x".repeat((1 << 20) - quoted(text, "").length()));
        Delivery.of("person_updated", largest).takenBy(webhooks());
        assertThat(count("select count(*) from webhook_event")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"})
    void answersPostAlone(String method) throws IOException {
        HttpResponse<String> answer = Delivery.person("person_updated", 1, AT, "CEO").as(method, "application/json").to(webhooks());
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.body()).isEmpty();
        assertThat(answer.headers().firstValue("Allow")).contains("POST");
        assertThat(count("select count(*) from webhook_event")).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain; charset=iso-8859-1", "image/png", "odd"})
    void takesAnyContentType(String type) {
        String body = quoted("{'id':1,'updated_at':'%s','name':'Ünïcödé & more=1'}", AT);
        Delivery.of("person_updated", body).as("POST", type).takenBy(webhooks(), "Content-Encoding", "gzip");
        assertThat(sql.queryForObject("select body ->> 'name' from webhook_event", String.class)).isEqualTo("Ünïcödé & more=1");
    }

    @Test
    void replacesWhatPostgresqlCannotHold() {
        String body = quoted("{'id':1,'updated_at':'%s','nul':'a\\u0000b','lone':'a\\ud800b','low':'\\udc00','pair':'\\ud83d\\ude00'}", AT);
        Delivery.of("person_updated", body).takenBy(webhooks());
        assertThat(sql.queryForMap("select body ->> 'nul' nul, body ->> 'lone' lone, body ->> 'low' low, body ->> 'pair' pair from webhook_event"))
                .isEqualTo(Map.of("nul", "a\ufffdb", "lone", "a\ufffdb", "low", "\ufffd", "pair", "\ud83d\ude00"));
        await().until(() -> count("select count(*) from people where id = 1") == 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'id':1,'n':1e200000}", "{'id':%DEEP%}"})
    void keepsAsTextWhatPostgresqlCannotRead(String body) {
        String json = quoted(body).replace("%DEEP%", "[".repeat(50_000) + "]".repeat(50_000));
        double dead = metric("salesloft_webhook_events_total", "outcome=dead");
        Delivery.of("person_updated", json).takenBy(webhooks());
        assertThat(sql.queryForObject("select body #>> '{}' from webhook_event where state = 'dead'", String.class)).isEqualTo(json);
        assertThat(count("select count(*) from dead_letter where source = 'webhook:person_updated' and state = 'dead' and payload = ? and idempotency_key is null", json)).isEqualTo(1);
        assertThat(metric("salesloft_webhook_events_total", "outcome=dead") - dead).isEqualTo(1);
        assertThat(count("select count(*) from webhook_activity where event = 'person_updated'")).isEqualTo(1);
    }

    @Test
    void storesWithoutAnEventHeaderAsUnknown() {
        Delivery.of(null, quoted("{'id':1}")).takenBy(webhooks());
        assertThat(sql.queryForObject("select event from webhook_event", String.class)).isEqualTo("unknown");
    }

    @Test
    void tellsApartByTheBodyWhatHasNoVersion() {
        for (String body : List.of("{'id':1}", "{'id':2}", "{'id':1}", "{'updated_at':'" + AT + "'}", "{'id':1,'updated_at':'yesterday'}")) {
            Delivery.of("link_swap", quoted(body)).takenBy(webhooks());
        }
        assertThat(count("select count(*) from webhook_event")).isEqualTo(4);
    }

    /** The name is not signed: whatever somebody puts there, what comes after is applied. */
    @ParameterizedTest
    @ValueSource(strings = {"%LONG%", "a b", "person_updated\u00e9", "<b>", "'; drop table record"})
    void takesWhatIsNoNameForUnknown(String name) {
        String random = new Random(1).ints(5_000, 0, 16).mapToObj(Integer::toHexString).collect(Collectors.joining());
        Delivery.of(name.replace("%LONG%", random), quoted("{'id':1}")).takenBy(webhooks());
        assertThat(sql.queryForObject("select event from webhook_event", String.class)).isEqualTo("unknown");
        Delivery.person("person_updated", 1, AT, "CEO").takenBy(webhooks());
        await().until(() -> count("select count(*) from webhook_event where state = 'applied'") == 2);
    }

    /** SalesLoft's description says that it is in each body. */
    @Test
    void keepsNoCallbackToken() {
        String token = quoted("'callback_token':'%s'", Delivery.TOKEN);
        Delivery.of("person_updated", quoted("{'id':1,'updated_at':'%s',%s}", AT, token)).takenBy(webhooks());
        Delivery.of("person_updated", quoted("{'id':2,'updated_at':'%s'}", AT)).takenBy(webhooks());
        Delivery.of("person_updated", quoted("{'n':1e200000,%s}", token)).takenBy(webhooks());
        assertThat(count("select count(*) from webhook_event")).isEqualTo(3);
        assertThat(count("select count(*) from dead_letter where payload like '%***%'")).isEqualTo(1);
        assertThat(count("select count(*) from webhook_event where body::text like ?", "%" + Delivery.TOKEN + "%")).isZero();
        assertThat(count("select count(*) from dead_letter where payload like ?", "%" + Delivery.TOKEN + "%")).isZero();
    }

    @Test
    void storesOnceWhatArrivesManyTimesAtOnce() {
        double accepted = metric("salesloft_webhook_events_total", "outcome=accepted");
        assertThat(deliverAtOnce(16, IntStream.range(0, 160).mapToObj(i -> Delivery.person("person_updated", i % 20, AT, "CEO")).toList())).containsOnly(202);
        assertThat(metric("salesloft_webhook_events_total", "outcome=accepted") - accepted).isEqualTo(20);
        assertThat(count("select count(*) from webhook_event")).isEqualTo(20);
    }

    @Test
    void tellsApartEqualKeysOfOneBatch() {
        var stored = store(List.of("b", "a", "b", "c"), List.of(quoted("{'id':1}"), quoted("{'id':2}"), quoted("{'id':3}"), quoted("{'n':1e200000}")));
        assertThat(stored).isEqualTo(Map.of("added", "2,1,4", "dead", 1L));
        assertThat(sql.queryForList("select body ->> 'id' from webhook_event where id in ('a', 'b') order by id", String.class)).containsExactly("2", "1");
        assertThat(store(List.of("a", "a", "d"), List.of("{}", "{}", "{}"))).isEqualTo(Map.of("added", "3", "dead", 0L));
        var known = new HashMap<String, Object>();
        known.put("added", null);
        known.put("dead", 0L);
        assertThat(store(List.of("a"), List.of("{}"))).isEqualTo(known);
    }

    private Map<?, ?> store(List<String> keys, List<String> documents) {
        Exchange answer = template.request("direct:webhook-receive-store", exchange -> {
            exchange.setProperty("keys", keys.toArray(String[]::new));
            exchange.setProperty("events", keys.stream().map(key -> "person_updated").toArray(String[]::new));
            exchange.setProperty("documents", documents.toArray(String[]::new));
        });
        assertThat(answer.getException()).isNull();
        return answer.getMessage().getHeader("stored", Map.class);
    }

    @Test
    void commitsLessOftenThanEventsCome() {
        List<Integer> statuses = deliverAtOnce(32, IntStream.range(0, 320).mapToObj(i -> Delivery.person("person_updated", i, AT, "CEO")).toList());
        assertThat(statuses).hasSize(320).containsOnly(202);
        assertThat(count("select count(*) from webhook_event")).isEqualTo(320);
        // Each transaction has a time of its own.
        assertThat(count("select count(distinct received_at) from webhook_event")).isLessThan(320);
    }

    /** Whatever PostgreSQL does not take of them, the others are taken, and it is not held to be down. */
    @ParameterizedTest
    @ValueSource(strings = {
        "alter table webhook_event add constraint test_refusal check (body ->> 'title' not like 'refused%')", // 23514
        "create index test_refusal on webhook_event ((cast(case when body ->> 'title' like 'refused%' then 'x' else '1' end as integer)))", // 22P02
        "create index test_refusal on webhook_event ((body ->> 'title'))"}) // 54000: too long for it
    void refusesOnlyWhatPostgresqlDoesNotTake(String refusal) {
        String refused = "refused" + new Random(1).ints(8_000, 'A', 'Z').mapToObj(Character::toString).collect(Collectors.joining());
        sql.execute(refusal);
        try {
            double unavailable = metric("salesloft_webhook_events_total", "outcome=unavailable");
            // Each of a batch with one that is refused is tried alone, and whoever waits meanwhile does so for a second: not many at once.
            List<Integer> statuses = deliverAtOnce(8, IntStream.range(0, 160)
                    .mapToObj(i -> Delivery.person("person_updated", i, AT, i % 10 == 0 ? refused : "CEO")).toList());
            for (int i = 0; i < statuses.size(); i++) {
                assertThat(statuses.get(i)).isEqualTo(i % 10 == 0 ? 503 : 202);
            }
            assertThat(count("select count(*) from webhook_event")).isEqualTo(144);
            assertThat(metric("salesloft_webhook_events_total", "outcome=unavailable") - unavailable).isEqualTo(16);
            assertThat(breaker("webhook-receive-breaker").getMetrics().getNumberOfFailedCalls()).isZero();
        } finally {
            sql.execute(refusal.startsWith("alter") ? "alter table webhook_event drop constraint test_refusal" : "drop index test_refusal");
        }
    }

    /** The status of each, in the order given. */
    private List<Integer> deliverAtOnce(int clients, List<Delivery> deliveries) {
        ExecutorService pool = Executors.newFixedThreadPool(clients);
        try {
            List<CompletableFuture<Integer>> answers = deliveries.stream().map(delivery -> CompletableFuture.supplyAsync(() -> {
                try {
                    return delivery.to(webhooks()).statusCode();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            }, pool)).toList();
            return answers.stream().map(CompletableFuture::join).toList();
        } finally {
            pool.shutdown();
        }
    }

    /** PostgreSQL answers nobody: the first wait a second, the rest not at all, and what is delivered again is taken once. */
    @Test
    void turnsAwayAtOnceWhatItCannotStore(CapturedOutput output) throws Exception {
        double unavailable = metric("salesloft_webhook_events_total", "outcome=unavailable");
        List<Delivery> deliveries = IntStream.range(0, 100).mapToObj(i -> Delivery.person("person_updated", i, AT, "CEO")).toList();
        ExecutorService clients = Executors.newFixedThreadPool(deliveries.size());
        try (Connection blocker = sql.getDataSource().getConnection()) {
            blocker.setAutoCommit(false);
            blocker.createStatement().execute("lock table webhook_event in access exclusive mode");
            List<CompletableFuture<Long>> answers = deliveries.stream().map(delivery -> CompletableFuture.supplyAsync(() -> {
                try {
                    long begun = System.nanoTime();
                    assertThat(delivery.to(webhooks()).statusCode()).isEqualTo(503);
                    return (System.nanoTime() - begun) / 1_000_000;
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            }, clients)).toList();
            assertThat(answers).allSatisfy(answer -> assertThat(answer.join()).isLessThan(2_000));
            assertThat(metric("salesloft_webhook_events_total", "outcome=unavailable") - unavailable).isEqualTo(deliveries.size());
            // The breaker is open: no second of waiting any more.
            assertThat(breaker("webhook-receive-breaker").getState().toString()).isIn("OPEN", "HALF_OPEN");
            await().untilAsserted(() -> assertThat(output.getAll()).contains("an event was not taken: "));
            // Whoever still holds one of the pool's connections gives it up within a second; then there is one for /health.
            await().until(() -> get("/health").statusCode() == 200);
            blocker.rollback();
        } finally {
            clients.shutdown();
        }
        for (Delivery delivery : deliveries) {
            await().pollDelay(Duration.ZERO).until(() -> delivery.to(webhooks()).statusCode() == 202);
        }
        assertThat(count("select count(*) from webhook_event")).isEqualTo(deliveries.size());
    }
}
