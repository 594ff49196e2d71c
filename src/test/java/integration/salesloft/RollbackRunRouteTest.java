package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.rollback.KubernetesDeployment;
import integration.salesloft.rollback.PretendCluster;
import integration.salesloft.rollback.PretendService;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A rollback on Kubernetes, from the call to the last notice: what is brought back, what is verified, who is told, and what stops it. */
class RollbackRunRouteTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NAME = "salesloft-integration";
    private static final String REASON = """
            {"reason": "bounces, they doubled: '14:00'"}""";

    private PretendCluster cluster;
    private PretendService service;
    private String bad;

    @BeforeEach
    void twoReleases() {
        cluster = new PretendCluster("sales", CLUSTER_PORT);
        service = new PretendService(SERVICE_PORT);
        bad = camel.resolvePropertyPlaceholders("{{salesloft.release}}");
        apply("app:1", "kubectl-client-side-apply");
        apply("bad:2", "kubectl-client-side-apply");
        service.healthy(bad);
        cluster.follow(changed -> service.healthy("1.0+good.00000001"));
    }

    @AfterEach
    void end() {
        sql.update("update rollback_run set ended_at = now(), state = 'failed' where ended_at is null");
        service.close();
        cluster.close();
    }

    @Test
    void bringsTheReleaseBeforeBackVerifiesItAndTellsWhatItDid() {
        String id = begin();
        JsonNode done = awaitEnd(id);
        assertThat(states(done)).isEqualTo("{freeze=done, tell=done, revert=done, verify=done, pause=done, notify=done}");
        assertThat(done.path("state").asText()).isEqualTo("done");
        assertThat(done.path("release").asText()).isEqualTo(bad);
        assertThat(detail(done, "revert")).isEqualTo("revision 1 is back, app:1");
        assertThat(detail(done, "verify")).contains("2 of 2 pods updated", "release 1.0+good.00000001 answers 200");
        assertThat(image()).isEqualTo("app:1");
        assertThat(cluster.patches()).hasSize(1);
        assertThat(service.asked()).isGreaterThanOrEqualTo(policy("rollback-verify-answers"));

        // Each audience once at the beginning and once at the end.
        await().until(() -> CHAT.messages("sales").size() == 2 && CHAT.messages("ops").size() == 2);
        assertThat(CHAT.messages("sales")).extracting(Chat.Message::id).containsExactly("rollback-begun-" + id, "rollback-ended-" + id);
        assertThat(CHAT.messages("sales").get(0).body().path("text").asText()).contains("Cadences that run in SalesLoft keep sending");
        assertThat(CHAT.messages("ops").get(0).body().path("text").asText()).contains("P1", id, bad, "asked for by ops: bounces, they doubled: '14:00'", "#rollback");
        assertThat(CHAT.messages("ops").get(1).body().path("text").asText()).contains("is done", "revert done (revision 1 is back, app:1)");

        await().until(() -> count("select count(*) from audit_log where operation = 'rollback' and phase = 'outcome' and idempotency_key like ?", id + ":%") == 6);
        assertThat(get("/ops/audit?operation=rollback", AS_OPS).body()).contains(quoted("'idempotencyKey' : '%s:revert'", id), quoted("'outcome' : 'done'"));
        // Everything stays paused until somebody resumes.
        assertThat(count("select count(*) from control where paused and by = 'rollback'")).isEqualTo(1);
        assertThat(count("select count(*) from rollback_run where preflight -> 'target' ->> 'template' is null and preflight -> 'target' ->> 'image' = 'app:1'")).isEqualTo(1);
        assertThat(send("POST", "/ops/resume", null, AS_OPS).statusCode()).isEqualTo(200);
        assertThat(json(get("/ops/rollback/" + id, AS_OPS)).path("state").asText()).isEqualTo("done");
    }

    @Test
    void isOneAtATimeAndKeepsThePauseWhileItRuns() {
        cluster.rollout(PretendCluster.Rollout.STALLED);
        String id = begin();
        await().until(() -> count("select count(*) from rollback_step where step = 'freeze' and state = 'done'") == 1);
        HttpResponse<String> second = send("POST", "/ops/rollback", REASON, AS_OPS);
        assertThat(second.statusCode()).isEqualTo(409);
        assertThat(second.body()).contains(id);
        HttpResponse<String> resume = send("POST", "/ops/resume", null, AS_OPS);
        assertThat(resume.statusCode()).isEqualTo(409);
        assertThat(resume.body()).contains(id);
        assertThat(count("select count(*) from control where paused")).isEqualTo(1);
        // No call to SalesLoft but the probe's, by pull or push; and an event is applied all the same.
        pull("people");
        assertThat(send("POST", "/sync/people", quoted("{'email_address':'ada@example.com','first_name':'Ada','last_name':'L'}"), AS_SYNC).statusCode()).isEqualTo(202);
        Delivery.person("person_updated", 7, "2026-11-28T09:00:00Z", "CTO").takenBy(webhooks());
        await().until(() -> count("select count(*) from webhook_event where state = 'applied'") == 1);
        await().during(Duration.ofSeconds(1)).until(() -> calls("GET /v2/people") + calls("POST /v2/people") == 0); // who looks for work looks several times a second here
        cluster.rollout(PretendCluster.Rollout.PROMPT);
        assertThat(awaitEnd(id).path("state").asText()).isEqualTo("done");
        await().until(() -> metric("salesloft_rollback_state") == 0);
        assertThat(calls("GET /v2/people") + calls("POST /v2/people")).isZero();
        // Both go on once somebody resumes.
        assertThat(send("POST", "/ops/resume", null, AS_OPS).statusCode()).isEqualTo(200);
        awaitPulled("people");
        await().until(() -> count("select count(*) from sync_row where outcome = 'created'") == 1);
    }

    @Test
    void hasFailedWhenTheReleaseThatIsBackIsNotWell() {
        cluster.follow(changed -> service.answers(500, "no"));
        JsonNode failed = awaitEnd(lateInVerifying(begin()));
        assertThat(failed.path("state").asText()).isEqualTo("failed");
        assertThat(states(failed)).isEqualTo("{freeze=done, tell=done, revert=done, verify=failed, pause=done, notify=done}");
        assertThat(detail(failed, "verify")).contains("status 500, which names no release");
        assertThat(notice("severity")).isEqualTo("critical");
        assertThat(notice("priority")).isEqualTo("P1");
        assertThat(count("select count(*) from control where paused")).isEqualTo(1);
        await().until(() -> metric("salesloft_rollback_state") == 4);
    }

    /** Nobody put another release there: the deployment says that all is done, and the bad one still answers. */
    @Test
    void hasFailedWhenTheBadReleaseStillAnswers() {
        cluster.follow(changed -> service.healthy(bad));
        JsonNode failed = awaitEnd(lateInVerifying(begin()));
        assertThat(failed.path("state").asText()).isEqualTo("failed");
        assertThat(detail(failed, "verify")).contains("release " + bad + " answers 200");
        assertThat(notice("priority")).isEqualTo("P1");
        assertThat(count("select count(*) from control where paused")).isEqualTo(1);
    }

    @Test
    void isUnverifiedWhileSalesLoftIsAway() {
        cluster.follow(changed -> service.withoutSalesLoft("1.0+good.00000001"));
        JsonNode unverified = awaitEnd(lateInVerifying(begin()));
        assertThat(unverified.path("state").asText()).isEqualTo("unverified");
        assertThat(detail(unverified, "verify")).contains("SalesLoft is away");
        assertThat(notice("priority")).isEqualTo("P2");
        assertThat(count("select count(*) from control where paused")).isEqualTo(1);
    }

    @Test
    void namesWhoeverPutsTheBadReleaseBack() {
        cluster.keep(NAME, "team-operator");
        JsonNode failed = awaitEnd(begin());
        assertThat(states(failed)).isEqualTo("{freeze=done, tell=done, revert=failed, verify=skipped, pause=done, notify=done}");
        assertThat(detail(failed, "revert")).isEqualTo("the Deployment was changed again by team-operator; it runs bad:2");
        assertThat(cluster.patches()).hasSize(1);
        assertThat(notice("priority")).isEqualTo("P1");
    }

    @Test
    void changesNothingWhereSomethingThatTheTargetNeedsIsGone() {
        ConfigMap routes = new ConfigMapBuilder().withNewMetadata().withName("routes-abc12").endMetadata().addToData("a", "b").build();
        cluster.create(routes);
        cluster.apply(NAME, new PodTemplateSpecBuilder(template("app:3")).editSpec().addNewVolume().withName("routes").withNewConfigMap().withName("routes-abc12").endConfigMap()
                .endVolume().endSpec().build(), Map.of(), "kubectl-client-side-apply");
        apply("bad:4", "kubectl-client-side-apply");
        cluster.delete(ConfigMap.class, "routes-abc12");
        JsonNode failed = awaitEnd(begin());
        assertThat(detail(failed, "revert")).startsWith("nothing was changed: ConfigMap routes-abc12, which revision 3").contains("no longer exists");
        assertThat(states(failed)).contains("revert=failed, verify=skipped, pause=done, notify=done");
        assertThat(cluster.patches()).isEmpty();
        assertThat(count("select count(*) from control where paused")).isEqualTo(1);
    }

    @Test
    void changesNothingWithoutPermission() {
        cluster.forbid("PATCH .*/deployments/.*", "the role says no");
        assertThat(detail(awaitEnd(begin()), "revert")).isEqualTo("nothing was changed: may not patch deployments in namespace sales: the role says no");
        assertThat(cluster.patches()).isEmpty();
    }

    @Test
    void changesNothingWhereThereIsNoSuchRevision() {
        String id = json(send("POST", "/ops/rollback", quoted("{'reason':'test','toRevision':9}"), AS_OPS)).path("rollback").asText();
        assertThat(detail(awaitEnd(id), "revert")).isEqualTo("nothing was changed: no revision 9; there are 1, 2");
    }

    /** What a GitOps tool would put back is not patched: the run says what to run, and is done once somebody has. */
    @Test
    void isBlockedByAGitOpsToolUntilSomebodyRevertsInGit() {
        cluster.forbid("PATCH .*/deployments/.*", "the role says no"); // which is as it should be there
        cluster.edit(NAME, deployment -> deployment.getMetadata().getAnnotations().put("argocd.argoproj.io/tracking-id", "crm:apps/Deployment:sales/" + NAME));
        String id = begin();
        await().until(() -> states(json(get("/ops/rollback", AS_OPS))).contains("freeze=done, tell=done, revert=skipped, verify=running"));
        JsonNode blocked = json(get("/ops/rollback", AS_OPS));
        assertThat(blocked.path("state").asText()).isEqualTo("blocked");
        assertThat(detail(blocked, "revert")).contains("Argo CD applies what is in git (crm", "argocd.argoproj.io/tracking-id", "git revert --no-edit " + bad.replaceAll(".*[+]|[.].*", "") + " && git push", "besides: may not patch");
        assertThat(send("POST", "/ops/rollback", REASON, AS_OPS).statusCode()).isEqualTo(409);
        assertThat(send("POST", "/ops/resume", null, AS_OPS).statusCode()).isEqualTo(409);
        assertThat(cluster.patches()).isEmpty();
        apply("app:1-reverted", "argocd-controller");
        assertThat(awaitEnd(id).path("state").asText()).isEqualTo("done");
    }

    @Test
    void asksAnApiServerAgainThatIsAwayForAMoment() {
        cluster.close();
        String id = begin();
        await().until(() -> count("select count(*) from rollback_step where step = 'revert' and state = 'running'") == 1);
        PretendCluster again = new PretendCluster("sales", CLUSTER_PORT);
        try {
            JsonNode failed = awaitEnd(id);
            // It was reached, and has no Deployment.
            assertThat(detail(failed, "revert")).isEqualTo("nothing was changed: there is no Deployment " + NAME + " in namespace sales");
        } finally {
            again.close();
        }
    }

    @Test
    void hasFailedWhenTheApiServerStaysAway() {
        cluster.close();
        assertThat(detail(awaitEnd(begin()), "revert")).startsWith("the API server at ").contains("does not answer");
    }

    /** Whoever goes on after a crash knows that the Deployment was changed. */
    @Test
    void doesNotPatchASecondTimeWhatSomebodyElseHasChanged() {
        sql.update("insert into lease (name, holder, fence, expires_at) values ('rollback', 'another', 1, 'infinity') on conflict (name) do update set holder = 'another', expires_at = 'infinity'");
        String id = begin();
        sql.update("update rollback_run set reverted_at = now(), preflight = cast(? as jsonb)", preflight());
        sql.update("update lease set holder = '', expires_at = now() where name = 'rollback'");
        JsonNode failed = awaitEnd(id);
        assertThat(failed.path("state").asText()).isEqualTo("failed");
        assertThat(detail(failed, "revert")).isEqualTo("the Deployment was changed again by kubectl-client-side-apply; it runs bad:2");
        assertThat(cluster.patches()).isEmpty();
        assertThat(image()).isEqualTo("bad:2");
    }

    /** What the container would have stored. */
    private String preflight() {
        try (KubernetesDeployment deployment = new KubernetesDeployment("sales", NAME)) {
            return JSON.writeValueAsString(deployment.preflight(null));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The revision before the present one is the bad one then. */
    @Test
    void doesNotGoForwardWithASecondRollback() {
        assertThat(awaitEnd(begin()).path("state").asText()).isEqualTo("done");
        assertThat(json(send("POST", "/ops/rollback?dryRun=true", null, AS_OPS)).path("problems").toString()).contains("revision 2 is what the rollback ");
        service.healthy("1.0+good.00000001");
        JsonNode failed = awaitEnd(begin());
        assertThat(failed.path("state").asText()).isEqualTo("failed");
        assertThat(detail(failed, "revert")).startsWith("nothing was changed: revision 2 is what the rollback ").endsWith("name it with \"toRevision\"");
        assertThat(image()).isEqualTo("app:1");
        assertThat(cluster.patches()).hasSize(1);
        String id = json(send("POST", "/ops/rollback", quoted("{'reason':'test','toRevision':2}"), AS_OPS)).path("rollback").asText();
        assertThat(states(awaitEnd(id))).contains("revert=done");
        assertThat(image()).isEqualTo("bad:2");
    }

    /** The pod that is asked may be one that the rollout has not yet replaced: then its own release is the good one. */
    @Test
    void doesNotTakeTheReleaseOfAnEarlierPodForTheBadOne() {
        sql.update("insert into lease (name, holder, fence, expires_at) values ('rollback', 'another', 1, 'infinity') on conflict (name) do update set holder = 'another', expires_at = 'infinity'");
        String id = begin();
        sql.update("update rollback_run set host = ?", cluster.replicaSets(NAME).get(0).getMetadata().getName() + "-x7k2p");
        cluster.follow(changed -> service.healthy(bad)); // it was never bad
        sql.update("update lease set holder = '', expires_at = now() where name = 'rollback'");
        JsonNode done = awaitEnd(id);
        assertThat(done.path("state").asText()).isEqualTo("done");
        assertThat(done.path("release").isNull()).isTrue();
    }

    /** A newer release may have begun it, and been replaced by this one. */
    @Test
    void leavesAStepAloneThatItDoesNotKnow() {
        sql.update("insert into rollback_run (id, reason, actor, platform, host, outcome) values ('newer', 'test', 'ops', 'kubernetes', 'none', 'done')");
        sql.update("insert into rollback_step (run, step, position, state) values ('newer', 'notify', 1, 'done'), ('newer', 'celebrate', 2, 'pending')");
        assertThat(awaitEnd("newer").path("state").asText()).isEqualTo("done");
        assertThat(count("select count(*) from rollback_step where step = 'celebrate' and state = 'pending'")).isEqualTo(1);
    }

    @Test
    void goesOnWithTheStepThatHasNotEnded() {
        sql.update("insert into lease (name, holder, fence, expires_at) values ('rollback', 'another', 1, 'infinity') on conflict (name) do update set holder = 'another', expires_at = 'infinity'");
        String id = begin();
        sql.update("update rollback_step set state = 'done', begun_at = now(), at = now() where step in ('freeze', 'tell')");
        sql.update("update lease set holder = '', expires_at = now() where name = 'rollback'");
        JsonNode done = awaitEnd(id);
        assertThat(done.path("state").asText()).isEqualTo("done");
        assertThat(count("select count(*) from notice where id = ?", "rollback-begun-" + id)).isZero();
    }

    /** What goes wrong again and again, as no step expects: the others are more use done than waiting. */
    @Test
    void givesAStepUpThatGoesWrongForLong() {
        sql.execute("alter table notice add constraint unavailable check (id not like 'rollback-begun-%')");
        try {
            String id = begin();
            await().until(() -> count("select count(*) from rollback_step where step = 'tell' and state = 'running'") == 1);
            sql.update("update rollback_step set begun_at = now() - interval '1 hour' where step = 'tell'");
            JsonNode failed = awaitEnd(id);
            assertThat(states(failed)).isEqualTo("{freeze=done, tell=failed, revert=done, verify=done, pause=done, notify=done}");
            assertThat(failed.path("state").asText()).isEqualTo("failed");
            assertThat(detail(failed, "tell")).isEqualTo("given up: DataIntegrityViolationException");
        } finally {
            sql.execute("alter table notice drop constraint unavailable");
        }
    }

    @Test
    void answersWhatOneWouldDoAndDoesNothing() {
        HttpResponse<String> found = send("POST", "/ops/rollback?dryRun=true", null, AS_OPS);
        assertThat(found.statusCode()).isEqualTo(200);
        JsonNode preflight = json(found);
        assertThat(preflight.path("target")).isEqualTo(JSON.createObjectNode().put("revision", 1).put("replicaSet", cluster.replicaSets(NAME).get(0).getMetadata().getName()).put("image", "app:1"));
        assertThat(preflight.path("problems")).isEmpty();
        assertThat(preflight.path("deployment").path("currentImage").asText()).isEqualTo("bad:2");
        assertThat(found.body()).doesNotContain("template");
        assertThat(json(send("POST", "/ops/rollback?dryRun=true", quoted("{'toRevision':9}"), AS_OPS)).path("problems").toString()).contains("no revision 9");
        cluster.close();
        assertThat(json(send("POST", "/ops/rollback?dryRun=true", REASON, AS_OPS)).path("problems").toString()).contains("does not answer");
        assertThat(count("select count(*) from rollback_run")).isZero();
        assertThat(count("select count(*) from control where paused")).isZero();
        assertThat(get("/ops/rollback", AS_OPS).statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "[]", "{'reason':''}", "{'reason':' '}", "{'reason':7}", "{'reason':'a\\u0000b'}", "{'reason':'a','toRevision':'6'}",
            "{'reason':'a','toRevision':0}", "{'reason':'a','toRevision':1.5}", "{'reason':'a','revision':6}", "{'reason':'a'}{}", "reason"})
    void refusesWhatIsNoReason(String body) {
        HttpResponse<String> refused = send("POST", "/ops/rollback", quoted(body), AS_OPS);
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(send("POST", "/ops/rollback?dryRun=perhaps", REASON, AS_OPS).statusCode()).isEqualTo(400);
        assertThat(count("select count(*) from rollback_run")).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST /ops/rollback", "POST /ops/rollback?dryRun=true", "GET /ops/rollback", "GET /ops/rollback/7"})
    void opensToTheOpsTokenAlone(String call) {
        String[] parts = call.split(" ");
        assertThat(send(parts[0], parts[1], null).statusCode()).isEqualTo(401);
        assertThat(send(parts[0], parts[1], null, AS_SYNC).statusCode()).isEqualTo(401);
        assertThat(count("select count(*) from rollback_run")).isZero();
    }

    private String begin() {
        HttpResponse<String> begun = send("POST", "/ops/rollback", REASON, AS_OPS);
        assertThat(begun.statusCode()).isEqualTo(202);
        assertThat(json(begun).path("state").asText()).isEqualTo("running");
        return json(begun).path("rollback").asText();
    }

    /** Once an answer has been judged: it has been asking for longer than it may. */
    private String lateInVerifying(String id) {
        await().until(() -> sql.update("update rollback_step set begun_at = begun_at - make_interval(secs => ?) where run = ? and step = 'verify' and state = 'running' and detail is not null",
                policy("rollback-verify-longest"), id) == 1);
        return id;
    }

    private JsonNode awaitEnd(String id) {
        await().until(() -> !List.of("running", "blocked").contains(json(get("/ops/rollback/" + id, AS_OPS)).path("state").asText()));
        return json(get("/ops/rollback/" + id, AS_OPS));
    }

    private static String states(JsonNode run) {
        Map<String, String> states = new LinkedHashMap<>();
        run.path("steps").forEach(step -> states.put(step.path("step").asText(), step.path("state").asText()));
        return states.toString();
    }

    private static String detail(JsonNode run, String name) {
        for (JsonNode step : run.path("steps")) {
            if (step.path("step").asText().equals(name)) {
                return step.path("detail").asText();
            }
        }
        throw new AssertionError(name + " in " + run);
    }

    /** Of what operators were told last. */
    private String notice(String field) {
        return sql.queryForObject("select document ->> '%s' from notice where audience = 'ops' and id like 'rollback-ended-%%'".formatted(field), String.class);
    }

    private String image() {
        return cluster.deployment(NAME).getSpec().getTemplate().getSpec().getContainers().get(0).getImage();
    }

    private void apply(String image, String manager) {
        cluster.apply(NAME, template(image), Map.of(), manager);
    }

    private static PodTemplateSpec template(String image) {
        return new PodTemplateSpecBuilder().withNewMetadata().addToLabels("app", NAME).endMetadata()
                .withNewSpec().addNewContainer().withName("container").withImage(image).endContainer().endSpec().build();
    }

    private static JsonNode json(HttpResponse<String> response) {
        try {
            return JSON.readTree(response.body());
        } catch (Exception e) {
            throw new IllegalStateException(response.statusCode() + " " + response.body(), e);
        }
    }
}
