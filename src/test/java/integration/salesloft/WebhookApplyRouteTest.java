package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Applying events: what the mirror makes of them, what Kafka is told, and what becomes of those that cannot be applied. */
class WebhookApplyRouteTest extends IntegrationTest {

    private static final String OLD = "2026-03-01T12:00:00.000001Z";
    private static final String AT = "2026-03-01T12:00:00.000002Z";
    private static final String NEW = "2026-03-01T12:00:00.000003Z";
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void takesWhatIsNewer() throws Exception {
        double begun = sql.queryForObject("select extract(epoch from now())", Double.class);
        deliver(Delivery.person("person_created", 1, OLD, "one"), Delivery.person("person_created", 2, NEW, "two"));
        deliver(Delivery.person("person_updated", 1, NEW, "one, newer"), Delivery.person("person_updated", 2, OLD, "two, older"));
        assertThat(titles()).containsExactly(Map.of("id", 1L, "title", "one, newer"), Map.of("id", 2L, "title", "two"));

        await().until(() -> count("select count(*) from outbox") == 0);
        var last = KAFKA.last("salesloft.people", 2).get("1");
        assertThat(JSON.readTree(last.value()).path("title").asText()).isEqualTo("one, newer");
        assertThat(Kafka.header(last, "source")).isEqualTo("webhook");
        assertThat(Kafka.header(last, "event")).isEqualTo("person_updated");
        assertThat(Kafka.header(last, "updated_at")).isEqualTo(NEW);
        await().until(() -> metric("salesloft_webhook_last_event_timestamp_seconds") > begun);
    }

    @Test
    void deletesWithTheVersionItHasAndIsNotRevivedByAnOlderOne() throws Exception {
        deliver(Delivery.person("person_updated", 1, AT, "live"));
        deliver(Delivery.person("person_deleted", 1, AT, "live"));
        assertThat(titles()).isEmpty();
        assertThat(count("select count(*) from record where id = 1 and deleted_at is not null")).isEqualTo(1);
        await().until(() -> count("select count(*) from outbox") == 0);
        var tombstone = KAFKA.last("salesloft.people", 1).get("1");
        assertThat(tombstone.value()).isNull();
        assertThat(Kafka.header(tombstone, "event")).isEqualTo("person_deleted");

        deliver(Delivery.person("person_updated", 1, OLD, "older"), Delivery.person("person_created", 1, AT, "live"));
        assertThat(titles()).isEmpty();
        deliver(Delivery.person("person_updated", 1, NEW, "newer"));
        assertThat(titles()).containsExactly(Map.of("id", 1L, "title", "newer"));
    }

    /** A delete that is older than what the mirror has is about a version that was overtaken. */
    @Test
    void neverMindsTheOrderWithinABatch() throws Exception {
        sql.update("""
                insert into webhook_event (id, event, body, state)
                select event || id || at, event, jsonb_build_object('id', id, 'updated_at', at, 'title', title), 'received'
                  from (values ('person_deleted', 1, '%2$s', 'x'), ('person_updated', 1, '%2$s', 'x'),
                               ('person_updated', 2, '%3$s', 'y'), ('person_deleted', 2, '%2$s', 'y'),
                               ('person_deleted', 3, '%3$s', 'z'), ('person_created', 3, '%1$s', 'z')) e (event, id, at, title)
                """.formatted(OLD, AT, NEW));
        awaitApplied();
        assertThat(titles()).containsExactly(Map.of("id", 2L, "title", "y"));
        assertThat(count("select count(*) from record where deleted_at is not null")).isEqualTo(2);
    }

    @Test
    void knowsWhichResourceAnEventIsAbout() throws Exception {
        Map<String, String> resources = Map.ofEntries(Map.entry("person_created", "people"), Map.entry("account_updated", "accounts"),
                Map.entry("cadence_updated", "cadences"), Map.entry("cadence_membership_updated", "cadence_memberships"),
                Map.entry("user_updated", "users"), Map.entry("email_updated", "emails"), Map.entry("email_with_body_and_subject_updated", "emails"), Map.entry("call_created", "calls"),
                Map.entry("note_created", "notes"), Map.entry("step_created", "steps"), Map.entry("success_created", "successes"),
                Map.entry("task_completed", "tasks"), Map.entry("meeting_booked", "meetings"));
        for (String event : resources.keySet()) {
            deliver(Delivery.of(event, quoted("{'id':7,'updated_at':'%s'}", AT)));
        }
        assertThat(sql.queryForList("select resource from record where id = 7", String.class)).containsExactlyInAnyOrderElementsOf(Set.copyOf(resources.values()));
        assertThat(count("select count(*) from webhook_activity")).isEqualTo(resources.size());
    }

    @Test
    void publishesAsTheyCameEventsAboutNothingThatIsMirrored() throws Exception {
        deliver(Delivery.of("bulk_job_completed", quoted("{'id':51,'updated_at':'%s','state':'done'}", AT)), Delivery.of("link_swap", quoted("{'url':'x'}")),
                Delivery.of("person_merged", quoted("{'id':3}")));
        assertThat(count("select count(*) from record")).isZero();
        await().until(() -> count("select count(*) from outbox") == 0);
        var events = KAFKA.all("salesloft.events");
        assertThat(events).anySatisfy(record -> {
            assertThat(record.key()).isEqualTo("51");
            assertThat(Kafka.header(record, "event")).isEqualTo("bulk_job_completed");
            assertThat(record.value()).contains("done");
        }).anySatisfy(record -> {
            assertThat(record.key()).isNull();
            assertThat(Kafka.header(record, "event")).isEqualTo("link_swap");
        }).anySatisfy(record -> assertThat(Kafka.header(record, "event")).isEqualTo("person_merged"));
    }

    @Test
    void buriesWhatCannotBeAppliedAndGoesOn() throws Exception {
        double dead = metric("salesloft_webhook_events_total", "outcome=dead");
        deliver(Delivery.of("person_updated", quoted("{'title':'no id','updated_at':'%s'}", AT)), Delivery.of("person_updated", quoted("{'id':8}")),
                Delivery.of("person_updated", quoted("{'id':8.5,'updated_at':'%s'}", AT)),
                Delivery.of("person_updated", quoted("{'id':99999999999999999999,'updated_at':'%s'}", AT)), Delivery.person("person_updated", 9, AT, "good"));
        assertThat(titles()).containsExactly(Map.of("id", 9L, "title", "good"));
        assertThat(count("select count(*) from webhook_event where state = 'dead'")).isEqualTo(4);
        assertThat(count("select count(*) from dead_letter where state = 'dead' and source = 'webhook:person_updated'")).isEqualTo(4);
        await().untilAsserted(() -> assertThat(metric("salesloft_webhook_events_total", "outcome=dead") - dead).isEqualTo(4)); // counted once it is done
    }

    @Test
    void replaysAnEventThatSomebodyHasMended() throws Exception {
        deliver(Delivery.of("person_deleted", quoted("{'id':8}")));
        long letter = sql.queryForObject("select id from dead_letter", Long.class);
        assertThat(send("POST", "/ops/dead-letters/" + letter + "/replay", "", AS_OPS).body())
                .isEqualTo(quoted("{'id':%d,'state':'dead','error':'no updated_at'}", letter));
        sql.update("update dead_letter set payload = ?", quoted("{'id':8,'updated_at':'%s'}", AT));
        assertThat(send("POST", "/ops/dead-letters/" + letter + "/replay", "", AS_OPS).body())
                .isEqualTo(quoted("{'id':%d,'state':'replayed','error':null}", letter));
        await().until(() -> count("select count(*) from webhook_event where state = 'applied'") == 1);
        assertThat(count("select count(*) from record where id = 8 and deleted_at is not null")).isEqualTo(1);
    }

    @Test
    void saysThatEventsWaitAndAppliesThemLater() throws Exception {
        try (Connection blocker = sql.getDataSource().getConnection()) {
            blocker.setAutoCommit(false);
            blocker.createStatement().execute("lock table record in exclusive mode");
            Delivery.person("person_updated", 1, AT, "x").takenBy(webhooks());
            await().until(() -> metric("salesloft_webhook_backlog") == 1);
            blocker.rollback();
        }
        await().until(() -> count("select count(*) from people") == 1);
    }

    /** While events pour in, PostgreSQL has one statement for many of them: the pause of webhook-apply-gather lies between two. */
    @Test
    void gathersEventsWhileTheyPourIn() throws Exception {
        long begun = System.nanoTime();
        for (int id = 1; id <= 100; id++) {
            Delivery.person("person_updated", id, AT, "x").takenBy(webhooks());
        }
        awaitApplied();
        long pauses = Duration.ofNanos(System.nanoTime() - begun).toMillis() / 100;
        assertThat(count("select count(distinct cast(xmin as text)) from webhook_event")).isLessThanOrEqualTo((int) pauses + 2);
    }

    private void deliver(Delivery... deliveries) {
        send(deliveries);
        awaitApplied();
    }

    private void send(Delivery... deliveries) {
        for (Delivery delivery : deliveries) {
            delivery.takenBy(webhooks());
        }
    }

    private void awaitApplied() {
        await().until(() -> count("select count(*) from webhook_event where state = 'received'") == 0);
    }

    private List<Map<String, Object>> titles() {
        return sql.queryForList("select id, title from people order by id");
    }
}
