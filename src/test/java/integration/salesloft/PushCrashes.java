package integration.salesloft;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * {@code kill -9} and SIGSTOP of containers that push: whatever happens to them, everybody is in SalesLoft once. Each pushes into a team of its
 * own.
 */
final class PushCrashes implements AutoCloseable {

    /** A team that would allow two people with one address: nothing but the container keeps them apart. */
    static final Map<String, Object> TEAM = Map.of("people", 0, "memberships", 0, "rateLimit", 0, "uniqueEmails", false);
    static final Map<String, String> SETTINGS = Map.of("SYNC_RESOURCES", "accounts", "SALESLOFT_RATE_LIMIT", "0", "SYNC_COMPARE_HOURS", "00:00-00:00",
            SharedProcess.WITHOUT, SharedProcess.without("webhook/*", "stream/*"));

    private final List<PushCrash> teams = new ArrayList<>();
    private final PushPeopleCrash people = new PushPeopleCrash();
    private List<Container> running;

    PushCrashes() throws Exception {
        teams.add(people);
        Stream.of(PushBulkCrash.Step.values()).map(PushBulkCrash::new).forEach(teams::add);
        teams.add(new PushObjectsCrash()); // last, because it stays where it is for some seconds only
    }

    /** Starts one for each. */
    void launch(SharedProcess process) {
        running = new ArrayList<>();
        for (PushCrash team : teams) {
            Map<String, String> settings = new HashMap<>(SETTINGS);
            settings.putAll(team.settings());
            running.add(team.here().launch(process, settings));
        }
    }

    void awaitStarted() {
        running.forEach(Container::awaitStarted);
    }

    /** All but the last are in the middle of their work, all at once: SalesLoft's answers are waited for no longer than half a minute. */
    void areHeldUp() throws Exception {
        areHeldUp(0, teams.size() - 1);
    }

    /** So is the last one, and will not stay there for long. */
    void lastIsHeldUp() throws Exception {
        areHeldUp(teams.size() - 1, teams.size());
    }

    private void areHeldUp(int from, int to) throws Exception {
        for (int i = from; i < to; i++) {
            teams.get(i).begin(running.get(i));
        }
        for (int i = from; i < to; i++) {
            teams.get(i).goOn(running.get(i));
        }
        for (int i = from; i < to; i++) {
            await(teams.get(i) + "").atMost(Duration.ofSeconds(90)).until(teams.get(i)::reached);
        }
    }

    /** They are dead: takes away what has held them. Their leases run out by themselves, after 15 and 60 seconds. */
    void killed() {
        for (PushCrash team : teams) {
            team.killed();
            team.here().sql.update("update lease set expires_at = now()");
            team.here().sql.update("update operation set lease_until = now() where state = 'started'");
        }
    }

    /** Others have been started. */
    void comeToTheirEnd() throws Exception {
        running.forEach(Container::awaitStarted);
        for (int i = 0; i < teams.size(); i++) {
            teams.get(i).verify(running.get(i));
        }
    }

    /** Starts a second one beside the one that will be frozen. */
    void launchAnother(SharedProcess process) {
        people.launchAnother(process);
    }

    /** Two of them share a job. */
    void shareAJob() throws Exception {
        people.sharesAJob(running.get(0));
    }

    /** One of them is frozen. */
    void isDoneByTheOther() {
        people.isDoneByTheOther();
    }

    /** It is awake again. */
    void doNoRowTwice() throws Exception {
        people.doesNoRowTwice(running.get(0));
    }

    @Override
    public void close() {
        teams.forEach(PushCrash::close);
    }
}
