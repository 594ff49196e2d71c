package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.SetPropertyDefinition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Looking after our subscriptions at SalesLoft. */
@ExtendWith(OutputCaptureExtension.class)
class WebhookSubscriptionsRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String URL = "https://integration.example.com/webhooks/salesloft";
    private static final int WANTED = 35;

    @BeforeEach
    void roomForAll() {
        seed(Map.of("rateLimit", 0, "webhookRetryGapMs", 1));
    }

    @Test
    void subscribesToEachWantedEventOnceAndKeepsTheTokenToItself(CapturedOutput output) throws Exception {
        subscribe();
        subscribe();
        assertThat(calls("POST /v2/webhook_subscriptions")).isEqualTo(WANTED);
        assertThat(subscriptions()).hasSize(WANTED).allSatisfy(subscription -> {
            assertThat(subscription.path("callback_url").asText()).isEqualTo(URL);
            assertThat(subscription.path("callback_token").asText()).isEqualTo(Delivery.TOKEN);
        });
        assertThat(subscriptions()).extracting(subscription -> subscription.path("event_type").asText()).doesNotHaveDuplicates();

        assertThat(count("select count(*) from audit_log where resource = 'webhook_subscriptions' and phase = 'intent' and operation = 'create'")).isGreaterThanOrEqualTo(WANTED);
        assertThat(count("select count(*) from audit_log where cast(request as text) like '%" + Delivery.TOKEN + "%'")).isZero();
        assertThat(count("select count(*) from operation where concat(request, answer) like '%" + Delivery.TOKEN + "%'")).isZero();
        assertThat(count("select count(*) from operation where cast(answer as text) like ?", quoted("%'callback_token': '***'%"))).isEqualTo(WANTED);
        assertThat(output.getAll()).doesNotContain(Delivery.TOKEN);

        JsonNode shown = JSON.readTree(get("/ops/webhooks", AS_OPS).body());
        assertThat(shown).hasSize(WANTED).allSatisfy(row -> {
            assertThat(row.path("token").asText()).isEqualTo("current");
            assertThat(row.path("enabled").asBoolean()).isTrue();
            assertThat(row.path("lastEvent").isNull()).isTrue();
        });
        assertThat(get("/ops/webhooks").statusCode()).isEqualTo(401);
        assertThat(get("/ops/webhooks", AS_SYNC).statusCode()).isEqualTo(401);
    }

    @Test
    void showsWhenEachEventLastCame() throws Exception {
        Delivery.of("bulk_job_completed", quoted("{'id':1}")).takenBy(webhooks());
        await().until(() -> get("/ops/webhooks", AS_OPS).body().contains("bulk_job_completed"));
        JsonNode row = JSON.readTree(get("/ops/webhooks", AS_OPS).body()).get(0);
        assertThat(row.path("id").isNull()).isTrue();
        assertThat(row.path("token").isNull()).isTrue();
        assertThat(OffsetDateTime.parse(row.path("lastEvent").asText())).isBeforeOrEqualTo(OffsetDateTime.now());
    }

    /** Of the old ones with another token, of doubles and of those that are off; what is not ours stays as it is. */
    @Test
    void mendsWhatIsNotAsWanted() throws Exception {
        subscribed();
        JsonNode off = subscriptions().get(0);
        JsonNode replaced = subscriptions().get(1);
        SALESLOFT.put("webhook_subscriptions", JSON.createObjectNode().put("id", off.path("id").asLong()).put("enabled", false));
        SALESLOFT.put("webhook_subscriptions", JSON.createObjectNode().put("id", replaced.path("id").asLong()).put("callback_token", "the one before"));
        String doubled = subscriptions().get(2).path("event_type").asText();
        SALESLOFT.put("webhook_subscriptions", JSON.createObjectNode().put("event_type", doubled).put("callback_url", URL).put("callback_token", Delivery.TOKEN).put("enabled", true));
        SALESLOFT.put("webhook_subscriptions", JSON.createObjectNode().put("event_type", doubled).put("callback_url", "https://elsewhere.example.com/").put("callback_token", "x").put("enabled", true));
        SALESLOFT.put("webhook_subscriptions", JSON.createObjectNode().put("event_type", "link_swap").put("callback_url", URL).put("callback_token", "x").put("enabled", true));
        SALESLOFT.remove("webhook_subscriptions", subscriptions().get(3).path("id").asLong());
        SALESLOFT.resetStats();
        sql.update("update webhook_subscription set seen_at = seen_at - interval '4 minutes'"); // as after four of them

        subscribe();
        assertThat(calls("POST /v2/webhook_subscriptions")).isEqualTo(2);
        assertThat(calls("PUT /v2/webhook_subscriptions/{id}")).isEqualTo(1);
        assertThat(calls("DELETE /v2/webhook_subscriptions/{id}")).isEqualTo(2);
        List<JsonNode> ours = subscriptions().stream().filter(s -> s.path("callback_token").asText().equals(Delivery.TOKEN)).toList();
        assertThat(ours).hasSize(WANTED).allSatisfy(s -> assertThat(s.path("enabled").asBoolean()).isTrue());
        assertThat(ours).extracting(s -> s.path("event_type").asText()).doesNotHaveDuplicates();
        assertThat(subscriptions()).hasSize(WANTED + 2).noneSatisfy(s -> assertThat(s.path("id")).isEqualTo(replaced.path("id")));
    }

    @Test
    void makesTheNewOneBeforeItRemovesTheOld() throws Exception {
        SALESLOFT.put("webhook_subscriptions", JSON.createObjectNode().put("event_type", "person_updated").put("callback_url", URL)
                .put("callback_token", Delivery.PREVIOUS_TOKEN).put("enabled", true));
        faults(on("POST", "/v2/webhook_subscriptions").answers(403));
        subscribedBut("person_updated");
        assertThat(subscriptions()).hasSize(WANTED);
        assertThat(calls("DELETE /v2/webhook_subscriptions/{id}")).isZero();
        assertThat(get("/ops/webhooks", AS_OPS).body()).contains("\"previous\"");
        faults();
        sql.update("update webhook_subscription_refusal set next_at = now()");
        subscribe();
        assertThat(calls("DELETE /v2/webhook_subscriptions/{id}")).isEqualTo(1);
        assertThat(subscriptions()).hasSize(WANTED);
    }

    /** Replicas of the release before may still be up, and know only the token that is the previous one here. */
    @Test
    void leavesThePreviousTokenUntilAllReplicasKnowTheNewOne() throws Exception {
        subscribed();
        List<JsonNode> some = subscriptions().subList(0, 3);
        for (JsonNode made : some) {
            SALESLOFT.put("webhook_subscriptions", JSON.createObjectNode().put("id", made.path("id").asLong()).put("callback_token", Delivery.PREVIOUS_TOKEN));
        }
        SALESLOFT.resetStats();
        subscribe(false);
        assertThat(calls("POST /v2/webhook_subscriptions")).isZero();
        String event = some.get(0).path("event_type").asText();
        SALESLOFT.put("webhook_subscriptions", JSON.createObjectNode().put("event_type", event).put("callback_url", URL).put("callback_token", Delivery.TOKEN).put("enabled", true));
        subscribe(false);
        assertThat(calls("DELETE /v2/webhook_subscriptions/{id}")).isZero();
        subscribe(true);
        assertThat(calls("POST /v2/webhook_subscriptions")).isEqualTo(2);
        assertThat(calls("DELETE /v2/webhook_subscriptions/{id}")).isEqualTo(3);
        assertThat(subscriptions()).hasSize(WANTED).allSatisfy(s -> assertThat(s.path("callback_token").asText()).isEqualTo(Delivery.TOKEN));
    }

    /** What SalesLoft refuses, echoing what it was sent, is about that one alone; the others are made and the old ones go. */
    @Test
    void doesTheRestWhenOneIsRefused(CapturedOutput output) throws Exception {
        SALESLOFT.put("webhook_subscriptions", JSON.createObjectNode().put("event_type", "person_created").put("callback_url", URL)
                .put("callback_token", "the one before").put("enabled", true));
        SALESLOFT.put("webhook_subscriptions", JSON.createObjectNode().put("event_type", "user_updated").put("callback_url", URL)
                .put("callback_token", "the one before").put("enabled", true));
        faults(on("POST", "/v2/webhook_subscriptions").containing("person_created").answers(422, quoted("{'errors':{'callback_token':['%s is too short']}}", Delivery.TOKEN)));
        subscribedBut("person_created", "user_updated", "user_created");
        assertThat(subscriptions()).hasSize(WANTED); // the refused one is asked for again later, and what it replaces is still there
        assertThat(calls("DELETE /v2/webhook_subscriptions/{id}")).isOne();
        await().untilAsserted(() -> assertThat(output.getAll()).contains("SalesLoft refuses to create it").doesNotContain(Delivery.TOKEN));
        assertThat(count("select count(*) from operation where concat(request, answer) like '%" + Delivery.TOKEN + "%'")).isZero();
        assertThat(count("select count(*) from dead_letter where concat(payload, error) like '%" + Delivery.TOKEN + "%'")).isZero();
        assertThat(count("select count(*) from dead_letter where error like '%*** is too short%'")).isOne();
    }

    /** Three times in a day at most, should SalesLoft show another URL, no id, or nothing of what was made. */
    @Test
    void doesNotMakeForEverWhatItDoesNotSee(CapturedOutput output) {
        faults(on("POST", "/v2/webhook_subscriptions").answers(200, quoted("{'data':{}}")));
        subscribedBut("account_created", "account_updated");
        for (int i = 1; i < 3; i++) {
            subscribe(); // each plans twice
        }
        assertThat(calls("POST /v2/webhook_subscriptions")).isEqualTo(3 * 2);
        await().untilAsserted(() -> assertThat(output.getAll()).contains("not made again today, three were made and SalesLoft shows none: subscriptions to account_created, account_updated"));
    }

    /** It shows neither the token nor the URL as they were given: what it answered to us is ours all the same. */
    @Test
    void knowsWhatItMadeByItsId() throws Exception {
        subscribe();
        for (JsonNode made : subscriptions()) {
            SALESLOFT.put("webhook_subscriptions", JSON.createObjectNode().put("id", made.path("id").asLong()).put("callback_token", "call***").put("callback_url", "https://other.example.com"));
        }
        SALESLOFT.resetStats();
        sql.update("update webhook_subscription set seen_at = seen_at - interval '4 minutes'");
        subscribe();
        assertThat(calls("POST /v2/webhook_subscriptions")).isZero();
        assertThat(calls("DELETE /v2/webhook_subscriptions/{id}")).isZero();
    }

    @Test
    void makesNothingWithoutAList(CapturedOutput output) throws Exception {
        faults(under("/v2/webhook_subscriptions").answers(200, "{}"));
        subscribe();
        assertThat(calls("POST /v2/webhook_subscriptions")).isZero();
        await().untilAsserted(() -> assertThat(output.getAll()).contains("subscriptions are not as wanted yet: SalesLoft sent no list of subscriptions"));
    }

    @Test
    void leavesThemToTheHolderOfTheLease() {
        sql.update("insert into lease values ('webhooks', 'another', 1, now() + interval '1 minute') "
                + "on conflict (name) do update set holder = 'another', expires_at = excluded.expires_at");
        subscribe();
        assertThat(calls("GET /v2/webhook_subscriptions")).isZero();
    }

    /** SalesLoft's description has no pages of subscriptions; a hundred of them are no reason to ask for a second one. */
    @Test
    void readsAHundredOnce() throws Exception {
        others(100 - WANTED);
        subscribed();
        SALESLOFT.resetStats();
        subscribe();
        assertThat(calls("GET /v2/webhook_subscriptions")).isOne();
        assertThat(calls("POST /v2/webhook_subscriptions")).isZero();
    }

    @Test
    void readsAllPagesOfASalesLoftThatHasSome() throws Exception {
        others(100);
        SALESLOFT.settings(Map.of("strict", false, "subscriptionPages", true));
        faults(on("POST", "/v2/webhook_subscriptions").query("page").answers(400)); // which is the list's alone
        subscribedBut("person_created");
        SALESLOFT.resetStats();
        subscribe();
        assertThat(calls("GET /v2/webhook_subscriptions")).isEqualTo((100 + WANTED + 24) / 25);
        assertThat(calls("POST /v2/webhook_subscriptions")).isZero();
    }

    /** It speaks of a next page for ever, and sends the same one. */
    @Test
    void stopsWhenAPageBringsNothingNew() throws Exception {
        SALESLOFT.settings(Map.of("strict", false));
        faults(on("GET", "/v2/webhook_subscriptions").answers(200, quoted("{'metadata':{'paging':{'next_page':2}},'data':[{'id':1,'event_type':'link_swap','callback_url':'https://elsewhere.example.com'}]}")));
        subscribe();
        assertThat(calls("GET /v2/webhook_subscriptions")).isEqualTo(2);
        assertThat(calls("POST /v2/webhook_subscriptions")).isEqualTo(WANTED);
    }

    /** Of its own accord at most once a day in the end, by all replicas together; and the log says it once. */
    @Test
    void asksLessAndLessForWhatIsRefused(CapturedOutput output) throws Exception {
        faults(on("POST", "/v2/webhook_subscriptions").containing("person_created").answers(403));
        subscribedBut("person_created");
        subscribe();
        assertThat(statuses("POST /v2/webhook_subscriptions")).containsEntry("403", 1L);
        assertThat(count("select count(*) from webhook_subscription_refusal where next_at between now() + interval '1 minute' and now() + interval '2 minutes'")).isOne();
        await().until(() -> metric("salesloft_webhook_subscriptions_refused") == 1);
        JsonNode row = StreamSupport.stream(JSON.readTree(get("/ops/webhooks", AS_OPS).body()).spliterator(), false)
                .filter(shown -> shown.path("event").asText().equals("person_created")).findFirst().orElseThrow();
        assertThat(row.path("id").isNull()).isTrue();
        assertThat(row.at("/refused/0/action").asText()).isEqualTo("create");
        assertThat(row.at("/refused/0/times").asInt()).isOne();

        for (int refusals = 2; refusals <= 14; refusals++) {
            sql.update("update webhook_subscription_refusal set next_at = now()");
            subscribe();
            assertThat(statuses("POST /v2/webhook_subscriptions")).containsEntry("403", (long) refusals);
        }
        assertThat(count("select count(*) from webhook_subscription_refusal where next_at between now() + interval '23 hours' and now() + interval '1 day'")).isOne();
        await().untilAsserted(() -> assertThat(output.getAll().split("SalesLoft refuses to create it", -1)).hasSize(2));

        faults();
        sql.update("update webhook_subscription_refusal set fingerprint = 'of another URL'");
        subscribe();
        assertThat(subscriptions()).hasSize(WANTED);
        assertThat(count("select count(*) from webhook_subscription_refusal")).isZero();
    }

    private static void others(int number) {
        for (int i = 0; i < number; i++) {
            SALESLOFT.put("webhook_subscriptions", JSON.createObjectNode().put("event_type", "link_swap").put("callback_url", "https://elsewhere.example.com/" + i)
                    .put("callback_token", "x").put("enabled", true));
        }
    }

    /** To all that is wanted, as after a while. */
    private void subscribed() {
        subscribedBut();
    }

    /** To all but these, for which the container then asks. */
    private void subscribedBut(String... missing) {
        String wanted = ((SetPropertyDefinition) ((ModelCamelContext) camel).getProcessorDefinition("webhook-subscriptions-wanted")).getExpression().getExpression();
        Stream.of(wanted.split(",\\s*")).filter(event -> !List.of(missing).contains(event)).forEach(event -> SALESLOFT.put("webhook_subscriptions", JSON.createObjectNode()
                .put("event_type", event).put("callback_url", URL).put("callback_token", Delivery.TOKEN).put("enabled", true)));
        subscribe();
    }

    private void subscribe() {
        subscribe(true);
    }

    private void subscribe(boolean settled) {
        template.send("direct:webhook-subscriptions-now", exchange -> {
            exchange.setProperty("callbackUrl", URL);
            exchange.setProperty("settled", settled);
        });
    }

    private List<JsonNode> subscriptions() throws Exception {
        JsonNode page = JSON.readTree(call(Map.of("resource", "webhook_subscriptions", "path", "/v2/webhook_subscriptions"), null));
        return StreamSupport.stream(page.path("data").spliterator(), false).toList();
    }
}
