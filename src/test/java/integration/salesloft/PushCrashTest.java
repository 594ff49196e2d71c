package integration.salesloft;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * {@code kill -9} and SIGSTOP of containers that push: whatever happens to them, everybody is in SalesLoft once. Each pushes into a team of its
 * own, and one signal kills all of them.
 */
class PushCrashTest {

    /** A team that would allow two people with one address: nothing but the container keeps them apart. */
    static final Map<String, Object> TEAM = Map.of("people", 0, "memberships", 0, "rateLimit", 0, "uniqueEmails", false);
    static final Map<String, String> SETTINGS = Map.of("SYNC_RESOURCES", "accounts", "SALESLOFT_RATE_LIMIT", "0", "SYNC_COMPARE_HOURS", "00:00-00:00");

    private final List<PushCrash> teams = new ArrayList<>();

    @AfterEach
    void closeAll() {
        teams.forEach(PushCrash::close);
    }

    @Test
    void writesEverybodyOnceWhateverIsKilledOrFrozen() throws Exception {
        PushPeopleCrash people = new PushPeopleCrash();
        teams.add(people);
        Stream.of(PushBulkCrash.Step.values()).map(PushBulkCrash::new).forEach(teams::add);
        teams.add(new PushObjectsCrash()); // last, because it stays where it is for some seconds only
        try (SharedProcess first = new SharedProcess(); SharedProcess second = new SharedProcess()) {
            List<Container> killed = launchAll(first);
            for (int i = 0; i < teams.size(); i++) {
                PushCrash team = teams.get(i);
                team.begin(killed.get(i));
                await(team + "").atMost(Duration.ofSeconds(90)).until(team::reached);
            }
            first.kill();
            teams.forEach(PushCrashTest::ended);

            List<Container> others = launchAll(second);
            for (int i = 0; i < teams.size(); i++) {
                teams.get(i).verify(others.get(i));
            }
            people.doesNoRowTwiceWhoeverIsFrozen(others.get(0));
        }
    }

    private List<Container> launchAll(SharedProcess process) {
        List<Container> containers = new ArrayList<>();
        for (PushCrash team : teams) {
            Map<String, String> settings = new HashMap<>(SETTINGS);
            settings.putAll(team.settings());
            containers.add(team.here().launch(process, settings));
        }
        containers.forEach(Container::awaitStarted);
        return containers;
    }

    /** Its leases run out by themselves, after 15 and 60 seconds. */
    private static void ended(PushCrash team) {
        team.killed();
        team.here().sql.update("update lease set expires_at = now()");
        team.here().sql.update("update operation set lease_until = now() where state = 'started'");
    }
}
