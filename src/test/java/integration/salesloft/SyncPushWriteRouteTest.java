package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Writing people and memberships, and what becomes of a row when something is in the way; and all that {@link PushTest} has. */
class SyncPushWriteRouteTest extends PushTest {

    /** What each kind of field becomes; only what differs is sent. */
    @Test
    void sendsOnlyWhatDiffers() throws Exception {
        long owner = made("users", JSON.createObjectNode().put("name", "O"));
        pushed("{'email_address':'a@example.com','first_name':'A','owner_id':%d,'custom_fields':{'x':'1','y':'2'},'do_not_contact':true,'city':'Bonn','tags':['t']}", owner)
                .are("created 1");
        pushed("{'email_address':'A@Example.com','first_name':'A','owner_id':%d,'custom_fields':{'x':'1'},'do_not_contact':true,'city':'Bonn','tags':['t'],'last_name':null}", owner)
                .are("unchanged 1");
        pushed("{'email_address':'a@example.com','custom_fields':{},'tags':[]}").are("unchanged 1");
        pushed("{'email_address':'a@example.com','first_name':'A','custom_fields':{'y':'3'},'city':null,'tags':['u']}").are("updated 1");
        assertThat(JSON.readTree(sql.queryForObject("select cast(request as text) from audit_log where operation = 'update' and phase = 'intent' order by id desc limit 1", String.class)))
                .isEqualTo(JSON.readTree(quoted("{'city':null,'custom_fields':{'x':'1','y':'3'},'tags':['t','u']}")));
        assertThat(audited("update").path("changes")).isEqualTo(JSON.readTree("""
                {"city": {"old": "Bonn", "new": null},
                 "custom_fields": {"old": {"x": "1", "y": "2"}, "new": {"x": "1", "y": "3"}},
                 "tags": {"old": ["t"], "new": ["t", "u"]}}
                """));
        assertThat(audited("create").path("changes").isNull()).isTrue();
        // As SalesLoft shows it, whatever the field is called there.
        pushed("{'email_address':'a@example.com','owner_id':%d}", made("users", JSON.createObjectNode().put("name", "P"))).are("updated 1");
        assertThat(audited("update").at("/changes/owner_id/old").asLong()).isEqualTo(owner);
    }

    /** The last mutation of people of this kind, as GET /ops/audit shows it. */
    private JsonNode audited(String operation) throws IOException {
        return JSON.readTree(sql.queryForObject("select cast(shown_mutation(a) as text) from audit_log a where operation = ? and resource = 'people' and phase = 'intent' order by id desc limit 1", String.class, operation));
    }

    @Test
    void fillsOrSkipsWhereThatIsAskedFor() throws Exception {
        long id = person("{'email_address':'a@example.com','first_name':'Old'}");
        push("?onExisting=skip", "{'email_address':'a@example.com','first_name':'New','title':'CEO'}").are("unchanged 1");
        push("?onExisting=fill", "{'email_address':'a@example.com','first_name':'New','title':'CEO'}").are("updated 1");
        assertThat(saved(id).path("first_name").asText()).isEqualTo("Old");
        assertThat(saved(id).path("title").asText()).isEqualTo("CEO");
        push("?onExisting=fill", "{'email_address':'a@example.com','title':null}").are("unchanged 1");
    }

    @Test
    void doesOnceWhatComesUnderTheSameKey() throws Exception {
        pushed("[{'key':'%sk','email_address':'a@example.com','title':'A'},{'key':'%sk','email_address':'a@example.com','title':'B','cadence_id':%s}]", own, own, cadence())
                .are("created 1, unchanged 1, skipped 1");
        pushed("{'key':'%sk','email_address':'b@example.com'}", own).are("unchanged 1");
        assertThat(SALESLOFT.count("people")).isEqualTo(1);
        assertThat(count("select count(*) from operation where key = ? and state = 'done'", own + "k")).isEqualTo(1);
        // One that failed may be done under its key.
        pushed("{'key':'%sl','email_address':'c@example.com','owner_id':1}", own).are("failed 1");
        pushed("{'key':'%sl','email_address':'c@example.com'}", own).are("created 1");
    }

    /** A row that has claimed the key and waits is neither done nor failed; one that has failed, in an older release too, claims nothing. */
    @Test
    void waitsForAnotherRowThatHasClaimedTheKey() throws Exception {
        String key = own + "m";
        pushed("{'key':'%s','email_address':'c@example.com','owner_id':1}", key).are("failed 1");
        sql.update("update sync_row set state = 'open', outcome = null, claim = key, not_before = 'infinity' where key = ?", key);
        String second = start("", "{'key':'%s','email_address':'c@example.com'}", key);
        await().until(() -> count("select count(*) from sync_row where cast(job as text) = ? and state = 'open' and holder is null and not_before > now()", second) == 1);
        assertThat(SALESLOFT.count("people")).isZero();
        sql.update("update sync_row set state = 'done', outcome = 'failed' where key = ? and not_before = 'infinity'", key);
        ended(second).are("created 1");
    }

    @Test
    void countsAndWritesNothingInADryRun() throws Exception {
        person("{'email_address':'old@example.com','title':'A'}");
        long cadence = cadence();
        String rows = """
                [{"email_address": "new@example.com", "cadence_id": %1$d},
                 {"email_address": "NEW@example.com", "cadence_id": %1$d},
                 {"email_address": "old@example.com", "title": "B", "cadence_id": %1$d},
                 {}]
                """.formatted(cadence);
        push("?dryRun=true", rows).are("created 1, updated 1, unchanged 1, enrolled 2, skipped 1, failed 1");
        assertThat(SALESLOFT.count("people")).isEqualTo(1);
        assertThat(calls("POST /v2/people") + calls("PUT /v2/people/{id}") + calls("POST /v2/cadence_memberships")).isZero();
        pushed(rows).are("created 1, updated 1, unchanged 1, enrolled 2, skipped 1, failed 1");
    }

    @Test
    void failsAloneWhatSalesLoftRefuses() throws Exception {
        Pushed job = pushed("[{'email_address':'a@example.com','owner_id':1},{'email_address':'b@example.com'},{'email_address':'c@example.com','cadence_id':1}]");
        job.are("created 1, failed 2");
        assertThat(job.errors()).containsExactly(quoted("422 {'errors':{'owner_id':['must exist']}}"), quoted("422 {'errors':{'cadence_id':['must exist']}}"));
        assertThat(sql.queryForObject("select person_id is not null and not enrolled from sync_row where email = 'c@example.com'", Boolean.class)).isTrue();
        assertThat(count("select count(*) from dead_letter where state = 'dead'")).isEqualTo(2);
        faults(on("POST", PEOPLE).answers(403));
        job = pushed("{'email_address':'d@example.com'}");
        job.are("failed 1");
        assertThat(job.errors()).containsExactly("POST people: 403");
    }

    /** A key that is given never meets one that is made: of job and row, of a place in a topic, or of a row's key for its membership. */
    @Test
    void keepsKeysOfDifferentKindsApart() throws Exception {
        int place = Math.abs(own.hashCode());
        long cadence = cadence();
        pushed("[{'key':'%sK1','email_address':'a@example.com','cadence_id':%s},{'key':'%sK1:enroll','email_address':'b@example.com'}]", own, cadence, own).are("created 2, enrolled 1");
        pushed("[{'key':'%sK2:enroll','email_address':'c@example.com'}]", own).are("created 1");
        pushed("[{'key':'%sK2','email_address':'d@example.com','cadence_id':%s}]", own, cadence).are("created 1, enrolled 1");
        Pushed numbered = pushed("{'email_address':'e@example.com'}");
        pushed("{'key':'%s:1','email_address':'f@example.com'}", numbered.name()).are("created 1");
        sql.update("insert into operation (key, operation, resource, actor, state, holder, lease_until, job, status, answer, ended_at) "
                + "values (?, 'create', 'people', 'kafka', 'done', 'gone', now(), gen_random_uuid(), 200, ?::jsonb, now())", "salesloft.commands:0:" + place, quoted("{'data':{'id':1}}"));
        pushed("{'key':'salesloft.commands:0:%s','email_address':'g@example.com'}", place).are("created 1");
        assertThat(SALESLOFT.count("people")).isEqualTo(7);
        assertThat(SALESLOFT.count("cadence_memberships")).isEqualTo(2);
        // Each of them is done once all the same.
        pushed("[{'key':'%sK1:enroll','email_address':'x@example.com'},{'key':'%s:1','email_address':'y@example.com'}]", own, numbered.name()).are("unchanged 2");
        assertThat(sql.queryForList("select key from operation where operation = 'create' and job is not null and key like ? order by key", String.class, own + "%"))
                .containsExactly(own + "K1", own + "K1:enroll:given", own + "K2", own + "K2:enroll:given");
    }

    /** What an older release has begun or done, under keys that might meet, is taken for the row's only where it is the row's. */
    @Test
    void knowsWhatAnOlderReleaseHasDone() throws Exception {
        long cadence = cadence();
        String entry = """
                insert into operation (key, operation, resource, actor, state, holder, lease_until, job, request, status, answer, ended_at)
                values (?, 'create', 'people', 'sync', ?, 'gone', now(), ?::uuid, '{"email_address":"a@example.com"}', 200, '{"data":{"id":1}}', now())""";
        send("POST", "/ops/pause", "{}", AS_OPS);
        String job = start("", "[{'key':'%sK3:enroll','email_address':'a@example.com'},{'email_address':'b@example.com'},{'key':'%sK4','email_address':'c@example.com','cadence_id':%s}]", own, own, cadence);
        sql.update(entry, own + "K3:enroll", "started", job); // the row's own
        sql.update(entry, job + ":2", "done", "00000000-0000-0000-0000-000000000001"); // of a row with this key, given
        sql.update(entry, own + "K4:enroll", "done", "00000000-0000-0000-0000-000000000001"); // the same
        send("POST", "/ops/resume", "{}", AS_OPS);
        ended(job).are("created 3, enrolled 1");
        assertThat(SALESLOFT.count("people")).isEqualTo(3);
        assertThat(SALESLOFT.count("cadence_memberships")).isEqualTo(1);
        assertThat(sql.queryForList("select key from operation where job = ?::uuid and state = 'done' order by key collate \"C\"", String.class, job))
                .containsExactlyInAnyOrder(own + "K3:enroll", job + ":2:row", own + "K4", own + "K4:membership");
    }

    /**
     * Many rows of one person take turns, ten a look-up; everybody behind them is done meanwhile, and the last of them counts. More than five
     * hundred, as far as a worker looks behind the first row that it takes; most change nothing, which costs less.
     */
    @Test
    void hasNobodyWaitForTheManyRowsOfAnother() throws Exception {
        long id = person("{'email_address':'a@example.com'}");
        SALESLOFT.resetStats();
        faults(on("GET", PEOPLE).query("a%40example|a@example").delayed(Duration.ofSeconds(20)));
        String many = start("", IntStream.rangeClosed(1, 520).mapToObj(i -> quoted("{'email_address':'a@example.com','title':'%s'}", (i + 51) / 52)).collect(Collectors.joining(",", "[", "]")));
        pushed(IntStream.range(0, 30).mapToObj(i -> quoted("{'email_address':'p%s@example.com'}", i)).collect(Collectors.joining(",", "[", "]"))).are("created 30");
        assertThat(job(many).path("state").asText()).isEqualTo("running");
        assertThat(count("select count(*) from sync_row where state = 'open'")).isGreaterThan(500);
        faults();
        ended(many).are("updated 10, unchanged 510");
        assertThat(saved(id).path("title").asText()).isEqualTo("10");
        assertThat(calls("GET /v2/people")).isBetween(52L, 62L);
        assertThat(calls("PUT /v2/people/{id}")).isEqualTo(10);
    }

    /** A row that has to wait has those after it wait, for the same person and for no other. */
    @Test
    void keepsTheOrderWhenARowWaits() throws Exception {
        long id = person("{'email_address':'a@example.com'}");
        faults(on("PUT", "/v2/people/.*").containing(quoted("'2'")).times(1).answers(404));
        pushed(IntStream.rangeClosed(1, 4).mapToObj(i -> quoted("{'email_address':'a@example.com','title':'%s'}", i)).collect(Collectors.joining(",", "[", quoted(",{'email_address':'b@example.com'}]"))))
                .are("created 1, updated 4");
        assertThat(saved(id).path("title").asText()).isEqualTo("4");
        assertThat(sql.queryForList("select cast(request ->> 'title' as integer) from audit_log where phase = 'intent' and operation = 'update' and job = (select job from sync_job) order by id", Integer.class))
                .containsExactly(1, 2, 2, 3, 4);
    }

    /** What a membership is to be stands in the query, as SalesLoft describes it, and in the body. */
    @Test
    void saysInQueryAndBodyWhoIsPutOnACadence() throws Exception {
        long user = made("users", JSON.createObjectNode().put("name", "U"));
        long cadence = cadence();
        long id = person("{'email_address':'a@example.com'}");
        faults(on("POST", "/v2/cadence_memberships").query("^person_id=%d&cadence_id=%d&user_id=%d$".formatted(id, cadence, user)).containing(quoted("{'person_id':%d,'cadence_id':%d,'user_id':%d}", id, cadence, user)).answers(403));
        Pushed job = pushed("{'email_address':'a@example.com','cadence_id':%s,'user_id':%s}", cadence, user);
        job.are("failed 1");
        assertThat(job.errors()).containsExactly("POST cadence_memberships: 403");
    }

    /** Whoever hands over a job here does not wait until the replica looks for those of others. */
    @Test
    void beginsAtOnceWithTheJobsOfThisReplica() throws Exception {
        camel.getRouteController().suspendRoute("sync-push-worker-poll");
        try {
            pushed("{'email_address':'a@example.com'}").are("created 1");
        } finally {
            camel.getRouteController().resumeRoute("sync-push-worker-poll");
        }
    }

    /** A statement of a millisecond is not worth compiling, whatever PostgreSQL takes its costs for. */
    @Test
    void hasNoStatementCompiled() throws Exception {
        assertThat(sql.queryForObject("show jit", String.class)).isEqualTo("off");
        try (var connection = camel.getRegistry().lookupByNameAndType("intake-pool", javax.sql.DataSource.class).getConnection(); var rows = connection.createStatement().executeQuery("show jit")) {
            rows.next();
            assertThat(rows.getString(1)).isEqualTo("off");
        }
        assertThat(count("select count(*) from pg_proc where proname in ('claim_rows', 'claim_chunk') and 'jit=off' = any (proconfig)")).isEqualTo(2);
    }

    /** A job that was handed to another replica is seen here, too; without a job the workers rest. */
    @Test
    void seesTheJobsOfOtherReplicas() throws Exception {
        await().until(() -> camel.getRoutes().stream().filter(route -> route.getRouteId().matches("sync-push-worker-(urgent|\\d)"))
                .allMatch(route -> camel.getInflightRepository().size(route.getRouteId()) == 0));
        sql.update("insert into sync_job (job, digest, actor, on_existing, dry_run, total) values ('00000000-0000-0000-0000-000000000001', '', 'sync', 'update', false, 1)");
        sql.update("insert into sync_row (job, number, key, given, original, fields, match, person, state) "
                + "values ('00000000-0000-0000-0000-000000000001', 1, 'x:1', false, '{}', '{}', 'id', 1, 'open')");
        ended("00000000-0000-0000-0000-000000000001").are("failed 1");
    }

    /** By a phone SalesLoft finds nobody: such a create is not sent twice, and the row says so. */
    @Test
    void doesNotRepeatWhatCannotBeLookedUp() throws Exception {
        faults(on("POST", PEOPLE).times(1).afterWork().resets());
        String job = start("", "{'phone':'555','last_name':'Roe'}");
        await().until(() -> count("select count(*) from sync_row where tries > 0") == 1);
        sql.update("update operation set lease_until = now() where state = 'started'");
        Pushed pushed = ended(job);
        pushed.are("failed 1");
        assertThat(pushed.errors()).singleElement().asString().contains("its outcome is unknown, and there is no way to look it up");
        assertThat(calls("POST /v2/people")).isEqualTo(1);
    }

    /** Somebody deleted in SalesLoft while we update: looked up again, and created if he really is gone. */
    @Test
    void findsOutThatSomebodyIsGone() throws Exception {
        person("{'email_address':'a@example.com'}");
        faults(on("PUT", "/v2/people/.*").times(1).answers(404));
        pushed("{'email_address':'a@example.com','title':'A'}").are("updated 1");
    }

    @Test
    void givesUpARowThatAlwaysFailsAndNoOther() throws Exception {
        long id = person("{'email_address':'a@example.com'}");
        faults(on("PUT", "/v2/people/" + id).answers(500));
        String job = start("", "[{'email_address':'a@example.com','title':'A'},{'email_address':'b@example.com'}]");
        await().until(() -> {
            forgetSick(); // or the other would wait, where it comes later
            return count("select count(*) from sync_row where tries > 0 and state = 'open'") == 1 && count("select count(*) from sync_row where outcome = 'created'") == 1;
        });
        sql.update("update sync_row set tries = 19, not_before = now() where state = 'open'");
        sql.update("update operation set lease_until = now() where state = 'started'");
        Pushed pushed = ended(job);
        pushed.are("created 1, failed 1");
        assertThat(pushed.errors()).containsExactly("PUT people: 500 ; its outcome is unknown");
    }

    /** A pause, an open breaker, a storm of 429 and an expired token in the middle of a job: rows wait, and the job ends. */
    @ParameterizedTest
    @ValueSource(strings = {"pause", "breaker", "429", "token"})
    void waitsForWhatIsInTheWay(String what) throws Exception {
        if (what.equals("429")) {
            faults(on("POST", PEOPLE).times(3).header("Retry-After", "1").answers(429));
        }
        if (what.equals("breaker")) {
            breaker().transitionToForcedOpenState();
        }
        if (what.equals("pause")) {
            assertThat(send("POST", "/ops/pause", "{}", AS_OPS).statusCode()).isEqualTo(200);
        }
        String job = start("", IntStream.range(0, 30).mapToObj(i -> quoted("{'email_address':'p%s@example.com'}", i)).collect(Collectors.joining(",", "[", "]")));
        if (what.equals("token")) {
            SALESLOFT.expireTokens();
        }
        if (what.equals("pause")) {
            assertThat(job(job).path("state").asText()).isEqualTo("paused");
            assertThat(send("POST", "/ops/resume", "{}", AS_OPS).statusCode()).isEqualTo(200);
        }
        if (what.equals("breaker")) {
            await().until(() -> count("select count(*) from sync_row where not_before is not null") == 30);
            breaker().reset();
        }
        ended(job).are("created 30");
        assertThat(SALESLOFT.count("people")).isEqualTo(30);
        assertThat(count("select coalesce(max(tries), 0) from sync_row")).isZero();
    }

    /** An operator pauses while rows wait in the gateway: they go back, and nothing is sent until he resumes. */
    @Test
    void givesRowsBackThatWaitInTheGateway() throws Exception {
        faults(on("POST", PEOPLE).afterCalls(6).delayed(Duration.ofSeconds(20)));
        String job = start("", IntStream.range(0, 100).mapToObj(i -> quoted("{'email_address':'p%s@example.com'}", i)).collect(Collectors.joining(",", "[", "]")));
        await().until(() -> SALESLOFT.count("people") > 5 && SALESLOFT.held() > 0);
        send("POST", "/ops/pause", "{}", AS_OPS);
        faults();
        await().until(() -> count("select count(*) from sync_row where holder is not null") == 0);
        int before = SALESLOFT.count("people");
        assertThat(before).isLessThan(100);
        assertThat(count("select count(*) from sync_row where state = 'done'")).isEqualTo(before);
        send("POST", "/ops/resume", "{}", AS_OPS);
        ended(job).are("created 100");
        assertThat(calls("POST /v2/people")).isEqualTo(100);
    }

    /** What SalesLoft answers is in the mirror and in Kafka at once, and so is the outcome of each row. */
    @Test
    void tellsMirrorAndKafka() throws Exception {
        Pushed job = pushed("[{'email_address':'kafka@example.com','cadence_id':%s},{'nobody':1}]", cadence());
        job.are("created 1, enrolled 1, failed 1");
        await().until(() -> count("select (select count(*) from outbox) + (select count(*) from result_outbox)") == 0);
        String id = String.valueOf(job.results().get(0).path("personId").asLong());
        var person = KAFKA.last("salesloft.people", 1).get(id);
        assertThat(Kafka.header(person, "source")).isEqualTo("push");
        assertThat(JSON.readTree(person.value()).path("email_address").asText()).isEqualTo("kafka@example.com");
        assertThat(KAFKA.all("salesloft.results")).filteredOn(record -> record.value().contains(job.name())).singleElement().satisfies(record -> {
            assertThat(record.key()).isEqualTo(job.name() + ":1");
            assertThat(record.value()).contains(quoted("'outcome': 'created'"), quoted("'enrolled': true"));
        });
    }

    /** A large job waits for the next window; somebody with a few rows does not wait for that. */
    @Test
    void doesNotHaveWhoIsWaitingWaitForALargeJob() throws Exception {
        faults(on("POST", PEOPLE).delayed(Duration.ofSeconds(20)));
        String large = start("", IntStream.range(0, 120).mapToObj(i -> quoted("{'email_address':'p%s@example.com'}", i)).collect(Collectors.joining(",", "[", "]")));
        await().until(() -> count("select count(*) from sync_row where holder is not null") == 120);
        pushed("[{'match':'id','id':1},{'match':'id','id':2}]").are("failed 2");
        assertThat(job(large).path("state").asText()).isEqualTo("running");
        faults();
        ended(large).are("created 120");
    }

    /** An update whose outcome is unknown is sent again as it was, whoever asks. */
    @Test
    void goesOnWithWhatWasBegun() throws Exception {
        long id = person("{'email_address':'a@example.com','title':'B'}");
        sql.update("insert into operation (key, operation, resource, actor, state, holder, lease_until, request) "
                + "values (?, 'update', 'people', 'sync', 'started', 'gone', now(), ?::jsonb)", own + "begun", quoted("{'title':'A'}"));
        pushed("{'key':'%sbegun','email_address':'a@example.com','title':'B'}", own).are("updated 1");
        assertThat(saved(id).path("title").asText()).isEqualTo("A");
        // But for somebody who is gone: there is nothing to go on with.
        sql.update("insert into operation (key, operation, resource, actor, state, holder, lease_until, request) "
                + "values (?, 'update', 'people', 'sync', 'started', 'gone', now(), ?::jsonb)", own + "gone", quoted("{'title':'A'}"));
        pushed("{'key':'%sgone','email_address':'gone@example.com','title':'B'}", own).are("created 1");
        // Done, and its row not: answered from the ledger.
        long other = person("{'email_address':'b@example.com','title':'B'}");
        sql.update("insert into operation (key, operation, resource, actor, state, holder, lease_until, request, status, answer, ended_at) "
                + "values (?, 'create', 'people', 'sync', 'done', 'gone', now(), '{}', 200, ?::jsonb, now())", own + "done", quoted("{'data':%s}", saved(other)));
        SALESLOFT.resetStats();
        pushed("{'key':'%sdone','email_address':'b@example.com','title':'C'}", own).are("created 1");
        assertThat(calls("POST /v2/people") + calls("PUT /v2/people/{id}")).isZero();
        assertThat(count("select count(*) from people where id = " + other)).isEqualTo(1);
    }

    /** Nobody creates somebody whom another is just creating, whatever went wrong before. */
    @Test
    void waitsForWhoIsJustBeingCreatedElsewhere() throws Exception {
        sql.update("insert into operation (key, operation, resource, actor, state, holder, lease_until, subject) "
                + "values ('another', 'create', 'people', 'kafka', 'started', 'another', now() + interval '1 minute', 'email:a@example.com')");
        String job = start("", "{'email_address':'a@example.com'}");
        await().until(() -> count("select count(*) from sync_row where not_before is not null") == 1);
        assertThat(calls("POST /v2/people")).isZero();
        sql.update("update operation set state = 'failed' where key = 'another'");
        ended(job).are("created 1");
    }
}
