package integration.salesloft;

import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Two replicas notice the same, and the one that sends is killed between the message and the note that it was taken. */
final class NoticeCrash implements AutoCloseable {

    private final Chat chat = Chat.start();
    private final Installation here = new Installation(Postgres.shared(), "notices", Map.of("rateLimit", 0));
    private Container sender;
    private Container other;

    /** Whoever has sent one sends the next. */
    void sends(SharedProcess killed, SharedProcess running) {
        Map<String, String> settings = Map.of("SYNC_RESOURCES", "people,accounts", "SYNC_INTERVAL", "1s", SharedProcess.WITHOUT, SharedProcess.without("webhook/*", "stream/*", "sync/push*"),
                "NOTIFY_OPS_URL", chat.url("ops"), "NOTIFY_SALES_URL", chat.url("sales"));
        sender = here.launch(killed, settings);
        here.awaitRow(60, "(select count(*) n from sync_cursor where finished_at is not null) pulled where n = 2");
        here.sql.update("insert into notice (id, audience, document) values ('first', 'ops', '{\"id\":\"first\",\"message\":\"m\"}')");
        here.awaitRow(60, "notice where state = 'delivered'");
        other = here.launch(running, settings).awaitStarted();
    }

    /** Something is to be told. */
    void begins() {
        chat.answer("ops", Collections.nCopies(100, Chat.HANG).toArray(Integer[]::new));
        here.salesloft.faults(under("/v2/").answers(401));
    }

    /** Its message has come this moment, and is not answered; the ones before it has given up. */
    void isHeldUp() {
        int before = chat.messages("ops").size();
        await().pollInterval(Duration.ofMillis(20)).until(() -> {
            here.sql.update("update notice set next_attempt_at = now() where state = 'waiting' and next_attempt_at > now()"); // the waits become longer and longer
            return chat.messages("ops").size() > Math.max(1, before);
        });
    }

    /** The one that sent is dead: of each incident it is told at least once, under one id. */
    void isToldAgain() {
        assertThat(here.count("select count(*) from notice where state = 'waiting'")).isEqualTo(1);
        chat.answer("ops");
        here.sql.update("update lease set expires_at = now()"); // they would run out by themselves, 15 s after the kill

        here.awaitRow(60, "notice where state = 'delivered' and id like 'auth-down:%:begun'");
        here.salesloft.faults();
        here.awaitRow(60, "notice where state = 'delivered' and id like 'auth-down:%:over'");
        List<String> ids = chat.messages("ops").stream().map(Chat.Message::id).toList();
        assertThat(ids.size()).isGreaterThanOrEqualTo(4);
        assertThat(ids.subList(1, ids.size() - 1).stream().distinct()).singleElement().asString().endsWith(":begun");
        assertThat(ids.get(ids.size() - 1)).isEqualTo(ids.get(1).replace(":begun", ":over"));
        assertThat(here.count("select count(*) from notice")).isEqualTo(3);
        assertThat(chat.messages("sales")).isEmpty();
        assertThat(List.of(sender.log(), other.log())).allSatisfy(log -> assertThat(log).doesNotContain(Chat.SECRET));
    }

    @Override
    public void close() {
        here.close();
        chat.close();
    }
}
