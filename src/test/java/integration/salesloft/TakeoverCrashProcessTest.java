package integration.salesloft;

import static integration.salesloft.sandbox.FaultRule.under;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * {@code kill -9} and SIGSTOP of containers that pull, push, publish and send notices: another one goes on where they were, and none of them
 * writes once it has. Each has a database and a team of its own, and one signal meets all that are in a process.
 */
class TakeoverCrashProcessTest {

    @Test
    void losesNothingAndDoesNothingTwiceWhateverIsKilledOrFrozen() throws Exception {
        try (SharedProcess first = new SharedProcess(); SharedProcess second = new SharedProcess(); SharedProcess third = new SharedProcess();
             Installation frozen = new Installation(Postgres.shared(), "frozen", Map.of("people", 1_500));
             NoticeCrash notices = new NoticeCrash(); StreamCrash stream = new StreamCrash(); PullCrash pull = new PullCrash(); PushCrashes pushes = new PushCrashes()) {
            writesNothingAfterItWasFrozen(frozen, first, second);
            notices.sends(first, second);
            stream.begins(first);
            pushes.launch(first);
            stream.isHeldUp();
            pushes.awaitStarted();
            pull.isHeldUpWithinAPage(first);
            pushes.areHeldUp();
            notices.begins();
            pushes.lastIsHeldUp();
            notices.isHeldUp();
            first.kill();

            pushes.killed();
            stream.killed();
            stream.goesOn(second);
            pushes.launch(second);
            notices.isToldAgain();
            stream.holdsTheLastVersionOfEach();
            pushes.comeToTheirEnd();

            stream.launchAnother(third);
            pushes.launchAnother(third);
            pushes.shareAJob();
            stream.isHeldUpWithABatch();
            second.freeze();
            stream.isFrozen();
            pushes.isDoneByTheOther();
            stream.isPublishedByTheOther();
            second.wake();
            stream.shutsOutThePublisherThatWasFrozen();
            pushes.doNoRowTwice();

            pull.resumesAndComesBetweenPages(second);
            pull.resumesAndComesToItsEnd(third);
        }
    }

    /** The one that is frozen holds a lease and a page; when it wakes another has both, and nothing of it gets in. */
    private static void writesNothingAfterItWasFrozen(Installation here, SharedProcess first, SharedProcess second) {
        here.salesloft.faults(under("/v2/people").afterCalls(3).times(1).delayed(Duration.ofSeconds(90)));
        Container frozen = here.launch(first, PullCrash.SETTINGS);
        await().atMost(Duration.ofSeconds(60)).until(() -> here.salesloft.held() == 1);
        frozen.freeze();
        int fence = here.count("select fence from lease where name = 'pull:people'");

        here.launch(second, PullCrash.SETTINGS);
        here.awaitRow(60, "sync_cursor where finished_at is not null");
        assertThat(here.count("select fence from lease where name = 'pull:people'")).isGreaterThan(fence);
        here.sql.update("delete from record"); // so that a write of the frozen one would show
        here.salesloft.faults(); // its page is answered now
        frozen.wake();

        await().until(() -> frozen.log().contains("the lease was taken over; nothing was written"));
        assertThat(here.count("select count(*) from record")).isZero();
    }
}
