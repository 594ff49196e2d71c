package integration.salesloft.sandbox;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SandboxTest {

    private static final String FORM = "application/x-www-form-urlencoded";
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static Sandbox sandbox;

    @BeforeAll
    static void start() {
        sandbox = Sandbox.start(0);
    }

    @AfterAll
    static void stop() {
        sandbox.close();
    }

    /** Most of these tests are about what SalesLoft does with requests that its description does not have. */
    @BeforeEach
    void seed() {
        seed(Map.of("people", 250, "accounts", 20, "memberships", 100, "rateWindowMs", 600_000));
    }

    private static void seed(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(settings);
        all.putIfAbsent("strict", false);
        sandbox.seed(all);
    }

    /** Told by a table alone: as any list, with ids that are UUIDs where the table says so. */
    @Test
    void answersListsThatAreTold() throws Exception {
        JsonNode first = Json.MAPPER.readTree(get("/v2/opportunities?sort_by=updated_at&sort_direction=ASC&per_page=5&include_paging_counts=true").body());
        assertThat(first.path("data")).hasSize(5);
        assertThat(first.path("metadata").path("paging").path("total_count").asInt()).isEqualTo(12);
        String id = first.path("data").get(4).path("id").asText();
        String after = first.path("data").get(4).path("updated_at").asText();
        JsonNode rest = Json.MAPPER.readTree(get("/v2/opportunities?sort_by=updated_at&sort_direction=ASC&updated_at[gt]=" + after + "&page=2&per_page=5&nonsense=1").body());
        assertThat(rest.path("data")).hasSize(2);
        assertThat(rest.path("metadata").path("filtering").path("updated_at").path("gt").asText()).isEqualTo(after);
        assertThat(Json.MAPPER.readTree(get("/v2/opportunities?ids[]=" + id.toUpperCase() + "&ids[]=none").body()).path("data")).hasSize(1);
        assertThat(Json.MAPPER.readTree(get("/v2/groups?per_page=5").body()).path("data")).hasSize(12);
        assertThat(Json.MAPPER.readTree(get("/v2/groups").body()).path("metadata").has("paging")).isFalse();
        assertThat(get("/v2/opportunities?updated_at[gte]=soon").statusCode()).isEqualTo(500);
        assertThat(send("POST", "/v2/tags", "{}").statusCode()).isEqualTo(405);
        sandbox.remove("opportunities", id);
        assertThat(sandbox.count("opportunities")).isEqualTo(11);
        assertThat(sandbox.put("groups", Json.object().put("name", "new")).path("id").asLong()).isEqualTo(700_013);
    }

    /** Each is refused, named, and remembered until somebody asks. */
    @Test
    void refusesWhatTheDescriptionDoesNotHave() throws Exception {
        sandbox.settings(Map.of("strict", true));
        for (String allowed : List.of("/v2/people?ids[]=1&ids[]=2&updated_at[gte]=2026-01-01T00:00:00Z&sort_by=updated_at&sort_direction=ASC",
                "/v2/webhook_subscriptions", "/v2/users.json?page=1&visible_only=false&sort_by=id")) {
            ok(allowed);
        }
        assertThat(sandbox.takeMisuses()).isEmpty();
        assertThat(get("/v2/saved_list_views").statusCode()).isEqualTo(404);
        assertThat(get("/v2/people/1/notes").statusCode()).isEqualTo(404);
        assertThat(send("PUT", "/v2/people", "{}").statusCode()).isEqualTo(405);
        for (String wrong : List.of("updated_since=1", "ids[]=x", "ids[gte]=1", "updated_at=2026-01-01T00:00:00Z", "updated_at[after]=2026-01-01T00:00:00Z",
                "updated_at[gte]=soon", "sort_by=id", "page[]=1", "include_paging_counts=1")) {
            assertThat(get("/v2/people?" + wrong).statusCode()).as(wrong).isEqualTo(400);
        }
        for (String wrong : List.of("{'nickname':'x'}", "{'owner_id':'7'}", "{'do_not_contact':1}", "{'tags':'a'}", "{'tags':[1]}", "{'title':7}", "{'custom_fields':[]}")) {
            assertThat(send("POST", "/v2/people", quoted(wrong)).statusCode()).as(wrong).isEqualTo(422);
        }
        assertThat(send("POST", "/v2/cadence_memberships", quoted("{'person_id':1}")).body()).contains("cadence_id", "is missing");
        assertThat(send("POST", "/v2/webhook_subscriptions?per_page=100&page=1", quoted("{'callback_url':'https://example.com','callback_token':'t','event_type':'person_created'}"))
                .body()).contains("unknown parameter: per_page");
        assertThat(sandbox.stats().get("misuses")).asInstanceOf(InstanceOfAssertFactories.LIST).hasSize(21);
        assertThat(sandbox.takeMisuses()).hasSize(21).contains(quoted("GET /v2/people: 400 {'error':'parameter ids must be [integer]'}"));
        assertThat(sandbox.takeMisuses()).isEmpty();
    }

    @Test
    void pagesThroughEverybodyAndEchoesTheFilter() throws Exception {
        JsonNode first = ok("/v2/people.json?per_page=100&sort_by=updated_at&sort_direction=ASC"
                + "&updated_at[gte]=2000-01-01T01:00:00.1234567%2B01:00");
        assertThat(first.at("/metadata/filtering").toString())
                .isEqualTo(quoted("{'updated_at':{'gte':'2000-01-01T00:00:00.123456Z'}}"));
        assertThat(first.at("/metadata/paging").toString())
                .isEqualTo(quoted("{'per_page':100,'current_page':1,'next_page':2,'prev_page':null}"));
        assertThat(first.at("/metadata/sorting").toString())
                .isEqualTo(quoted("{'sort_by':'updated_at','sort_direction':'ASC NULLS FIRST'}"));
        Set<Long> seen = new LinkedHashSet<>(ids(first));
        for (int page = 2; page <= 4; page++) {
            seen.addAll(ids(ok("/v2/people?per_page=100&sort_by=updated_at&sort_direction=ASC&page=" + page)));
        }
        assertThat(seen).hasSize(250);
        assertThat(ok("/v2/people?per_page=100&page=4").path("data")).isEmpty();
    }

    @Test
    void walksByCursorToo() throws Exception {
        Set<Long> seen = new LinkedHashSet<>();
        String cursor = "2000-01-01T00:00:00Z";
        for (int before = -1; before < seen.size();) {
            before = seen.size();
            JsonNode page = ok("/v2/people?per_page=100&sort_direction=ASC&updated_at[gte]=" + encoded(cursor));
            seen.addAll(ids(page));
            cursor = page.path("data").path(page.path("data").size() - 1).path("updated_at").asText();
        }
        assertThat(seen).hasSize(250);
    }

    @Test
    void comparesAtMicroseconds() throws Exception {
        ObjectNode person = sandbox.get("people", ids(ok("/v2/people?per_page=1")).get(0));
        String updated = encoded(person.get("updated_at").asText());
        assertThat(ids(ok("/v2/people?updated_at[gte]=" + updated))).containsExactly(person.get("id").asLong());
        assertThat(ids(ok("/v2/people?updated_at[gt]=" + updated))).isEmpty();
        assertThat(person.get("updated_at").asText()).matches(".*\\.\\d{6}(Z|-0[45]:00)");
    }

    @Test
    void keepsTiesTogetherInIdOrder() throws Exception {
        seed(Map.of("people", 250, "tieGroup", 120, "memberships", 0));
        List<JsonNode> people = new ArrayList<>();
        for (int page = 1; page <= 3; page++) {
            ok("/v2/people?per_page=100&sort_direction=ASC&page=" + page).path("data").forEach(people::add);
        }
        List<JsonNode> tied = people.subList(65, 185);
        assertThat(tied).extracting(person -> OffsetDateTime.parse(person.path("updated_at").asText()).toInstant())
                .containsOnly(OffsetDateTime.parse(tied.get(0).path("updated_at").asText()).toInstant());
        assertThat(tied).extracting(person -> person.path("id").asLong()).isSorted();
        assertThat(people).extracting(person -> OffsetDateTime.parse(person.path("updated_at").asText()).toInstant())
                .isSorted();
        assertThat(people).extracting(person -> OffsetDateTime.parse(person.path("updated_at").asText()).toInstant())
                .satisfies(instants -> assertThat(new LinkedHashSet<>(instants)).hasSize(131));
    }

    @Test
    void correctsOrIgnoresWhatItDoesNotKnow() throws Exception {
        JsonNode page = ok("/v2/people?update_at[gte]=2999-01-01T00:00:00Z&per_page=1000&page=nine&sort_by=shoe_size");
        assertThat(page.path("data")).hasSize(100);
        assertThat(page.at("/metadata/filtering")).isEmpty();
        assertThat(page.at("/metadata/paging/current_page").asInt()).isEqualTo(1);
        assertThat(page.at("/metadata/sorting/sort_by").asText()).isEqualTo("updated_at");
        assertThat(ok("/v2/people?per_page=-1").at("/metadata/paging/per_page").asInt()).isEqualTo(25);
        assertThat(ok("/v2/users?updated_at[gte]=2999-01-01T00:00:00Z").path("data")).hasSize(25);
        JsonNode memberships = ok("/v2/cadence_memberships?person_id[]=" + ids(page).get(0));
        assertThat(memberships.at("/metadata/filtering")).isEmpty();
        assertThat(memberships.path("data")).hasSize(25);
    }

    @Test
    void answersAGarbageTimestampWith500() throws Exception {
        HttpResponse<String> answer = get("/v2/people?updated_at[gt]=yesterday");
        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body()).isEqualTo(quoted("{'status':500,'error':'Internal Server Error'}"));
    }

    @Test
    void countsOnlyWhenAsked() throws Exception {
        assertThat(ok("/v2/people").at("/metadata/paging").has("total_count")).isFalse();
        JsonNode paging = ok("/v2/people?include_paging_counts=true&per_page=100").at("/metadata/paging");
        assertThat(paging.path("total_count").asInt()).isEqualTo(250);
        assertThat(paging.path("total_pages").asInt()).isEqualTo(3);
    }

    @Test
    void doesNotPageUsersUnlessAPageIsAskedFor() throws Exception {
        seed(Map.of("people", 1, "users", 60));
        assertThat(ok("/v2/users").path("metadata").has("paging")).isFalse();
        assertThat(ok("/v2/users").path("data")).hasSize(60);
        assertThat(ok("/v2/users?page=1").path("data")).hasSize(25);
    }

    @Test
    void findsByEmailWhateverItsCase() throws Exception {
        ObjectNode person = sandbox.get("people", 103_358_001);
        String email = encoded(person.get("email_address").asText().toUpperCase());
        assertThat(ids(ok("/v2/people?email_addresses[]=" + email + "&email_addresses[]=nobody@example.com")))
                .containsExactly(103_358_001L);
    }

    @Test
    void chargesDeepPagesMore() throws Exception {
        long[][] prices = {{100, 1}, {101, 3}, {150, 3}, {151, 8}, {250, 8}, {251, 10}, {500, 10}, {501, 30}};
        for (long[] price : prices) {
            assertThat(get("/v2/people?page=" + price[0]).headers().firstValue("x-ratelimit-endpoint-cost"))
                    .hasValue(String.valueOf(price[1]));
        }
        Map<String, Object> stats = sandbox.stats();
        assertThat(stats).containsEntry("highestPage", 501L).containsEntry("mostSpentInAWindow", 73L);
        assertThat(json(stats).at("/calls/GET ~1v2~1people").toString())
                .isEqualTo(quoted("{'calls':8,'cost':73,'statuses':{'200':8}}"));
    }

    @Test
    void refusesWhatIsOverTheLimitAndChargesNothingForIt() throws Exception {
        sandbox.settings(Map.of("rateLimit", 3));
        for (int left = 2; left >= 0; left--) {
            assertThat(get("/v2/me.json").headers().firstValue("x-ratelimit-remaining-minute"))
                    .hasValue(String.valueOf(left));
        }
        HttpResponse<String> refused = get("/v2/me.json");
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.body()).isEqualTo(quoted("{'error':'API rate limit exceeded'}"));
        assertThat(refused.headers().firstValue("Retry-After")).isEmpty();
        sandbox.settings(Map.of("retryAfter", "seconds"));
        assertThat(get("/v2/me.json").headers().firstValueAsLong("Retry-After").orElse(0)).isBetween(1L, 600L);
        assertThat(sandbox.stats()).containsEntry("rateLimited", 2L).containsEntry("mostSpentInAWindow", 3L);
    }

    @Test
    void sharesTheBudgetWithOtherIntegrations() throws Exception {
        sandbox.settings(Map.of("rateLimit", 10));
        sandbox.spend(8);
        assertThat(get("/v2/me").headers().firstValue("x-ratelimit-remaining-minute")).hasValue("1");
        sandbox.spend(100);
        assertThat(get("/v2/me").statusCode()).isEqualTo(429);
        assertThat(sandbox.stats()).containsEntry("mostSpentInAWindow", 10L);
    }

    @Test
    void opensANewBudgetWithEveryWindow() throws Exception {
        sandbox.settings(Map.of("rateLimit", 1, "rateWindowMs", 250));
        await().until(() -> get("/v2/me").statusCode() == 429);
        await().until(() -> get("/v2/me").statusCode() == 200);
        assertThat(sandbox.stats()).containsEntry("mostSpentInAWindow", 1L);
    }

    @Test
    void wantsATokenThatIsGood() throws Exception {
        HttpResponse<String> none = send(request("/v2/me").GET());
        assertThat(none.statusCode()).isEqualTo(401);
        assertThat(none.body()).contains("No Bearer Token attached to request");
        assertThat(none.headers().firstValue("x-ratelimit-endpoint-cost")).isEmpty();
        assertThat(get("/v2/me", "stranger").statusCode()).isEqualTo(401);
        String token = refresh("sandbox-refresh-1").path("access_token").asText();
        assertThat(get("/v2/me", token).statusCode()).isEqualTo(200);
        sandbox.expireTokens();
        assertThat(get("/v2/me", token).statusCode()).isEqualTo(401);
        assertThat(get("/v2/me").statusCode()).isEqualTo(200);
    }

    @Test
    void revokesTheOldRefreshTokenWhenTheNewOneIsIssued() throws Exception {
        sandbox.settings(Map.of("refreshMode", "on_issue"));
        JsonNode pair = refresh("sandbox-refresh-1");
        assertThat(pair.path("expires_in").asInt()).isEqualTo(7200);
        assertThat(refresh("sandbox-refresh-1").path("error").asText()).isEqualTo("invalid_grant");
        assertThat(refresh(pair.path("refresh_token").asText()).has("access_token")).isTrue();
        assertThat(get("/v2/me", pair.path("access_token").asText()).statusCode()).isEqualTo(200);
        assertThat(sandbox.stats()).containsEntry("revokedTokensUsed", 1L)
                .containsEntry("refreshes", Map.of("client_credentials", 0L, "refresh_token", 2L));
    }

    @Test
    void revokesTheOldRefreshTokenWhenTheNewPairIsUsed() throws Exception {
        refresh("sandbox-refresh-1");
        JsonNode pair = refresh("sandbox-refresh-1");
        assertThat(pair.has("access_token")).isTrue();
        assertThat(get("/v2/me", pair.path("access_token").asText()).statusCode()).isEqualTo(200);
        assertThat(refresh("sandbox-refresh-1").path("error").asText()).isEqualTo("invalid_grant");
        assertThat(refresh(pair.path("refresh_token").asText()).has("access_token")).isTrue();
        assertThat(sandbox.stats()).containsEntry("revokedTokensUsed", 1L);
    }

    @Test
    void knowsItsClient() throws Exception {
        HttpResponse<String> answer = send(request("/oauth/token").header("Content-Type", FORM).POST(
                HttpRequest.BodyPublishers.ofString("client_id=sandbox-client&client_secret=no&grant_type=client_credentials")));
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.body()).contains("invalid_client");
    }

    @Test
    void keepsEmailAddressesUnique() throws Exception {
        String taken = sandbox.get("people", 103_358_001).get("email_address").asText();
        HttpResponse<String> answer = post("/v2/people", Map.of("email_address", taken.toUpperCase()));
        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.body()).isEqualTo(quoted("{'errors':{'email_address':['has already been taken']}}"));
        assertThat(post("/v2/people", Map.of("email_address", "nonsense")).statusCode()).isEqualTo(422);
        assertThat(post("/v2/people", Map.of("first_name", "Ada")).statusCode()).isEqualTo(422);
        assertThat(sandbox.count("people")).isEqualTo(250);
        sandbox.settings(Map.of("uniqueEmails", false));
        assertThat(post("/v2/people", Map.of("email_address", taken)).statusCode()).isEqualTo(200);
        assertThat(json(sandbox.stats()).at("/duplicatesCreated/people").asInt()).isEqualTo(1);
    }

    @Test
    void createsChangesAndDeletesAPerson() throws Exception {
        JsonNode created = data(post("/v2/people", Map.of("email_address", "ada@new.example", "first_name", "Ada",
                "last_name", "King", "account_id", 35_092_001, "custom_fields", Map.of("a", "1", "b", "2"))));
        long id = created.path("id").asLong();
        assertThat(created.path("display_name").asText()).isEqualTo("Ada King");
        assertThat(created.at("/account/id").asLong()).isEqualTo(35_092_001);
        JsonNode changed = data(send(authorised("/v2/people/" + id + ".json")
                .PUT(body(Map.of("title", "Countess", "custom_fields", Map.of("b", "3"))))));
        assertThat(changed.path("custom_fields")).isEqualTo(Json.node(Map.of("a", "1", "b", "3")));
        assertThat(changed.path("first_name").asText()).isEqualTo("Ada");
        assertThat(ids(ok("/v2/people?per_page=1"))).containsExactly(id);
        assertThat(send(authorised("/v2/people/" + id).DELETE()).statusCode()).isEqualTo(204);
        assertThat(send(authorised("/v2/people/" + id).DELETE()).statusCode()).isEqualTo(204);
        assertThat(get("/v2/people/" + id).statusCode()).isEqualTo(404);
        assertThat(send(authorised("/v2/people").POST(HttpRequest.BodyPublishers.ofString("{"))).statusCode())
                .isEqualTo(400);
    }

    /** As the description has it, parameters of a POST stand in the query; of phones the digits are kept; what was filtered by is said or not. */
    @Test
    void takesAMembershipFromTheQuery() throws Exception {
        JsonNode person = data(post("/v2/people", Map.of("email_address", "ada@new.example", "mobile_phone", "+1 (555) 555-0100")));
        assertThat(person.path("mobile_phone").asText()).isEqualTo("15555550100");
        assertThat(data(send(authorised("/v2/cadence_memberships?person_id=" + person.path("id").asLong() + "&cadence_id=25501")
                .POST(HttpRequest.BodyPublishers.noBody()))).at("/person/id").asLong()).isEqualTo(person.path("id").asLong());
        assertThat(ok("/v2/people?email_addresses[]=ada@new.example").at("/metadata/filtering").toString()).isEqualTo(quoted("{'email_addresses':['ada@new.example']}"));
        sandbox.settings(Map.of("echo", "updated_at"));
        JsonNode silent = ok("/v2/people?email_addresses[]=ada@new.example&updated_at[gte]=2020-01-01T00:00:00Z");
        assertThat(silent.path("data")).hasSize(1);
        assertThat(silent.at("/metadata/filtering")).hasSize(1);
    }

    @Test
    void takesUpAMembershipAgain() throws Exception {
        long person = data(post("/v2/people", Map.of("email_address", "ada@new.example"))).path("id").asLong();
        Map<String, Object> enrolment = Map.of("person_id", person, "cadence_id", 25_501);
        long id = data(post("/v2/cadence_memberships", enrolment)).path("id").asLong();
        assertThat(sandbox.get("people", person).at("/cadences/0/id").asLong()).isEqualTo(25_501);
        assertThat(send(authorised("/v2/cadence_memberships/" + id).DELETE()).statusCode()).isEqualTo(204);
        assertThat(sandbox.get("cadence_memberships", id).path("current_state").asText()).isEqualTo("removed");
        assertThat(sandbox.get("people", person).path("cadences")).isEmpty();
        assertThat(data(post("/v2/cadence_memberships", enrolment)).path("id").asLong()).isEqualTo(id);
        assertThat(data(post("/v2/cadence_memberships", enrolment)).path("current_state").asText()).isEqualTo("active");
        assertThat(json(sandbox.stats()).path("duplicatesCreated").toString())
                .isEqualTo(quoted("{'memberships':1,'people':0,'reenrolled':1}"));
        assertThat(post("/v2/cadence_memberships", Map.of("person_id", 1, "cadence_id", 25_501)).statusCode())
                .isEqualTo(422);
    }

    @Test
    void failsInTheOrderAskedFor() throws Exception {
        sandbox.faults(
                under("/v2/people").times(1).answers(500),
                under("/v2/people").times(1).answers(401),
                under("/v2/people").times(1).header("Retry-After", "2").answers(429));
        assertThat(get("/v2/people").body()).contains("Internal Server Error");
        assertThat(get("/v2/me").statusCode()).isEqualTo(200);
        assertThat(get("/v2/people").statusCode()).isEqualTo(401);
        assertThat(get("/v2/people").headers().firstValue("Retry-After")).hasValue("2");
        assertThat(get("/v2/people").statusCode()).isEqualTo(200);
        assertThat(json(sandbox.stats()).at("/calls/GET ~1v2~1people").toString())
                .isEqualTo(quoted("{'calls':4,'cost':3,'statuses':{'200':1,'401':1,'429':1,'500':1}}"));
    }

    @Test
    void losesTheAnswerAfterTheWork() throws Exception {
        sandbox.faults(on("POST", "/v2/people").times(1).afterWork().resets());
        assertThatThrownBy(() -> post("/v2/people", Map.of("email_address", "ada@new.example")))
                .isInstanceOf(IOException.class);
        assertThat(ids(ok("/v2/people?email_addresses[]=ada@new.example"))).hasSize(1);
        assertThat(json(sandbox.stats()).at("/calls/POST ~1v2~1people/statuses/reset").asInt()).isEqualTo(1);
    }

    @Test
    void holdsACallUntilItIsHealed() throws Exception {
        sandbox.faults(under("/v2/me").hangs());
        CompletableFuture<HttpResponse<String>> hanging =
                HTTP.sendAsync(authorised("/v2/me").GET().build(), HttpResponse.BodyHandlers.ofString());
        await().until(() -> json(sandbox.stats()).at("/calls/GET ~1v2~1me/statuses/hang").asInt() == 1);
        assertThat(hanging).isNotDone();
        sandbox.faults();
        await().until(hanging::isDone);
        assertThat(get("/v2/me").statusCode()).isEqualTo(200);
    }

    @Test
    void signsWebhooksAndRetriesThem() throws Exception {
        sandbox.settings(Map.of("webhookRetryGapMs", 10));
        try (Receiver receiver = new Receiver(500, 503, 202)) {
            Map<String, Object> subscription = Map.of("callback_url", receiver.url(), "callback_token", "s3cret",
                    "event_type", "person_updated");
            assertThat(post("/v2/webhook_subscriptions", subscription).statusCode()).isEqualTo(200);
            ObjectNode changed = sandbox.put("people", Json.object().put("id", 103_358_001).put("title", "Countess"));
            await().until(() -> webhooks().path("delivered").asInt() == 1);
            assertThat(receiver.deliveries).hasSize(3).allSatisfy(delivery -> {
                assertThat(delivery.event()).isEqualTo("person_updated");
                assertThat(delivery.signature()).isEqualTo(Webhooks.signature(delivery.body(), "s3cret"));
                assertThat(Json.read(delivery.body())).isEqualTo(changed);
            });
            assertThat(webhooks().path("failed").asInt()).isEqualTo(2);
        }
    }

    @Test
    void givesAWebhookUpAfterThreeRetries() throws Exception {
        sandbox.settings(Map.of("webhookRetryGapMs", 10));
        try (Receiver receiver = new Receiver(500)) {
            int queued = sandbox.webhooks(Map.of("event", "person_deleted", "count", 2, "duplicates", 1,
                    "url", receiver.url(), "token", "s3cret"));
            assertThat(queued).isEqualTo(4);
            assertThat(sandbox.count("people")).isEqualTo(248);
            await().until(() -> webhooks().path("givenUp").asInt() == 4);
            assertThat(receiver.deliveries).hasSize(16);
        }
    }

    @Test
    void signsAsAnybodyElseWould() {
        assertThat(Webhooks.signature("The quick brown fox jumps over the lazy dog".getBytes(), "key"))
                .isEqualTo("de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9");
    }

    @Test
    void seedsTheSameTeamAgain() {
        Map<String, Object> settings = Map.of("people", 50, "seed", 7, "until", "2024-06-01T00:00:00Z");
        seed(settings);
        ObjectNode person = sandbox.get("people", 103_358_020);
        ObjectNode membership = sandbox.get("memberships", 71_245_003);
        seed(settings);
        assertThat(sandbox.get("people", 103_358_020)).isEqualTo(person);
        assertThat(sandbox.get("memberships", 71_245_003)).isEqualTo(membership);
        seed(Map.of("people", 50, "seed", 8, "until", "2024-06-01T00:00:00Z"));
        assertThat(sandbox.get("people", 103_358_020)).isNotEqualTo(person);
    }

    @Test
    void stampsEveryChangeLaterThanTheOneBefore() {
        List<OffsetDateTime> stamps = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            stamps.add(OffsetDateTime.parse(sandbox.put("people", Json.object().put("id", 103_358_001 + i % 50))
                    .get("updated_at").asText()));
        }
        assertThat(stamps).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void namesAPortThatIsTaken() {
        assertThatThrownBy(() -> Sandbox.start(sandbox.port())).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(String.valueOf(sandbox.port()));
    }

    @Test
    void isSteeredOverHttpToo() throws Exception {
        assertThat(send(request("/sandbox/seed").POST(body(Map.of("people", 7)))).body()).contains(quoted("'people':7"));
        assertThat(send(request("/sandbox/seed").POST(body(Map.of("poeple", 7)))).statusCode()).isEqualTo(400);
        assertThat(send(request("/sandbox/faults").POST(body(List.of(on("GET", "/v2/me").times(1).answers(503))))).statusCode()).isEqualTo(200);
        assertThat(get("/v2/me").statusCode()).isEqualTo(503);
        assertThat(send(request("/sandbox/touch").POST(body(Map.of("resource", "people", "count", 2)))).body())
                .isEqualTo(quoted("{'ids':[103358001,103358002]}"));
        assertThat(send(request("/sandbox/tokens/revoke").POST(body(Map.of("apiKey", true)))).statusCode())
                .isEqualTo(204);
        assertThat(get("/v2/me").statusCode()).isEqualTo(401);
        assertThat(send(request("/sandbox/stats").GET()).body()).contains(quoted("'GET /v2/me'"));
        assertThat(send(request("/sandbox/stats").DELETE()).statusCode()).isEqualTo(204);
        assertThat(json(sandbox.stats()).at("/total/calls").asInt()).isZero();
    }

    private record Delivery(String event, String signature, byte[] body) {
    }

    /** Answers with one status after the other, the last of them from then on. */
    private static final class Receiver implements AutoCloseable {

        final Queue<Delivery> deliveries = new ConcurrentLinkedQueue<>();
        private final HttpServer server;

        Receiver(int... statuses) throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", exchange -> {
                int number = deliveries.size();
                deliveries.add(new Delivery(exchange.getRequestHeaders().getFirst("x-salesloft-event"),
                        exchange.getRequestHeaders().getFirst("x-salesloft-signature"),
                        exchange.getRequestBody().readAllBytes()));
                exchange.sendResponseHeaders(statuses[Math.min(number, statuses.length - 1)], -1);
                exchange.close();
            });
            server.start();
        }

        String url() {
            return "http://localhost:" + server.getAddress().getPort() + "/hook";
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    private static JsonNode webhooks() {
        return json(sandbox.stats()).path("webhooks");
    }

    private static JsonNode json(Map<String, Object> map) {
        return Json.node(map);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static List<Long> ids(JsonNode page) {
        List<Long> ids = new ArrayList<>();
        page.path("data").forEach(record -> ids.add(record.path("id").asLong()));
        return ids;
    }

    private static JsonNode data(HttpResponse<String> answer) throws IOException {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.MAPPER.readTree(answer.body()).path("data");
    }

    private static JsonNode ok(String path) throws Exception {
        HttpResponse<String> answer = get(path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.MAPPER.readTree(answer.body());
    }

    private static JsonNode refresh(String token) throws Exception {
        return Json.MAPPER.readTree(send(request("/oauth/token").POST(body(Map.of("client_id", "sandbox-client",
                "client_secret", "sandbox-secret", "grant_type", "refresh_token", "refresh_token", token)))).body());
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return get(path, "ak_sandbox");
    }

    private static HttpResponse<String> get(String path, String token) throws Exception {
        return send(request(path).header("Authorization", "Bearer " + token).GET());
    }

    private static HttpResponse<String> post(String path, Map<String, Object> fields) throws Exception {
        return send(authorised(path).header("Content-Type", "application/json").POST(body(fields)));
    }

    private static HttpResponse<String> send(String method, String path, String json) throws Exception {
        return send(authorised(path).header("Content-Type", "application/json").method(method, HttpRequest.BodyPublishers.ofString(json)));
    }

    private static HttpRequest.BodyPublisher body(Object fields) {
        return HttpRequest.BodyPublishers.ofByteArray(Json.bytes(fields));
    }

    private static HttpRequest.Builder authorised(String path) {
        return request(path).header("Authorization", "Bearer ak_sandbox");
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(sandbox.url() + path.replace("[", "%5B").replace("]", "%5D")))
                .timeout(Duration.ofSeconds(20));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
