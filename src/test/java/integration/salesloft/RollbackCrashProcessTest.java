package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import integration.salesloft.rollback.PretendCluster;
import integration.salesloft.rollback.PretendService;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.springframework.util.FileSystemUtils;

/** Whoever does a rollback is killed, or is what is replaced by it: it is done to its end all the same, and each step once. */
class RollbackCrashProcessTest {

    private static final String NAME = "salesloft-integration";
    private static final String GOOD = "1.0+good.00000001";
    private static final int STEPS = 6;
    /** The step that patches the Deployment. */
    private static final int REVERT = 3;
    private static final String DONE = "select count(*) from rollback_step where state = 'done'";

    @TempDir
    private Path folder;

    /** By the command, while no container runs; killed after each step, and before it can know that the patch was applied: three of them, twice each. */
    @Test
    void isDoneToItsEndHoweverOftenItIsKilled() {
        try (PretendCluster cluster = new PretendCluster("sales"); SharedProcess first = new SharedProcess(); SharedProcess second = new SharedProcess(); SharedProcess third = new SharedProcess();
             Victim one = new Victim(cluster, "one", 1, 4); Victim other = new Victim(cluster, "other", 2, 5); Victim patching = new Victim(cluster, "patching", REVERT, REVERT)) {
            List<Victim> all = List.of(one, other, patching);
            AtomicInteger patches = new AtomicInteger();
            cluster.follow(changed -> {
                all.stream().filter(victim -> changed.getMetadata().getName().equals(victim.name)).forEach(victim -> victim.service.healthy(GOOD));
                if (patches.incrementAndGet() == 1) {
                    first.kill(); // of the others none has come so far
                }
            });
            List.of(one, other).forEach(victim -> victim.begins(first));
            List.of(one, other).forEach(Victim::awaitHeld);
            Container killed = patching.begins(first);
            await().until(() -> !killed.alive());
            assertThat(patching.count(DONE)).as("killed within the patch").isEqualTo(REVERT - 1);
            all.forEach(Victim::killed);

            List<Container> killedAgain = all.stream().map(victim -> victim.begins(second)).toList();
            all.forEach(Victim::awaitHeld);
            second.kill();
            all.forEach(Victim::killed);

            List<Container> last = all.stream().map(victim -> victim.begins(third)).toList();
            await().untilAsserted(() -> assertThat(last.get(0).log()).contains(SharedProcess.ended("1", 0), SharedProcess.ended("2", 0), SharedProcess.ended("3", 0)));
            assertThat(last.get(0).log().split(quoted("'state' : 'done'"), -1).length - 1).isGreaterThanOrEqualTo(3);
            assertThat(last.get(0).log()).doesNotContain("@timestamp"); // for people, all of it
            all.forEach(Victim::isDoneOnce);
            assertThat(cluster.patches()).hasSize(3);
            assertThat(List.of(killed, killedAgain.get(0))).allSatisfy(commands -> assertThat(commands.log()).doesNotContain(quoted("'state' : 'done'")));
        }
    }

    /** A Deployment that is rolled back, and the steps after which whoever does it is killed. */
    private final class Victim implements AutoCloseable {

        private final String name;
        private final PretendCluster cluster;
        private final Queue<Integer> stops = new ArrayDeque<>();
        private final PretendService service;
        private final Chat chat = Chat.start();
        private final Installation here;
        private final Map<String, String> settings;
        private int stop;

        Victim(PretendCluster cluster, String name, Integer... stops) {
            this.cluster = cluster;
            this.name = name;
            this.stops.addAll(List.of(stops));
            int port = FreePort.find();
            service = new PretendService(port);
            service.answers(503, "no");
            here = new Installation(Postgres.shared(), "rollback_" + name, Map.of());
            settings = here.settings(kubernetes(cluster, "http://localhost:" + port + "/health", chat));
            settings.put("ROLLBACK_DEPLOYMENT", name);
            settings.put("LOGGING_STRUCTURED_FORMAT_CONSOLE", "ecs"); // as in the image
            apply(cluster, name, "app:1");
            apply(cluster, name, "bad:2");
            hold(here);
        }

        /** It comes to its next stop, or to its end. */
        Container begins(SharedProcess process) {
            stop = stops.isEmpty() ? STEPS : stops.remove();
            here.sql.update("update permitted set position = ?", stop);
            return process.command(settings, "rollback", "it does not start");
        }

        void awaitHeld() {
            await(name).until(() -> count(DONE) == stop);
        }

        /** Its leases would run out by themselves, 15 s after the kill. */
        void killed() {
            here.sql.queryForList("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'salesloft%'");
            here.sql.update("update lease set expires_at = now()");
        }

        void isDoneOnce() {
            assertThat(count("select count(*) from rollback_run")).isEqualTo(1);
            assertThat(count(DONE)).isEqualTo(STEPS);
            // Undone once, and never forward again.
            assertThat(cluster.deployment(name).getSpec().getTemplate().getSpec().getContainers().get(0).getImage()).isEqualTo("app:1");
            String id = here.sql.queryForObject("select id from rollback_run", String.class);
            for (String audience : List.of("sales", "ops")) {
                assertThat(chat.messages(audience)).extracting(Chat.Message::id).contains("rollback-begun-" + id, "rollback-ended-" + id)
                        .allMatch(message -> message.matches("rollback-(begun|ended)-" + id));
            }
        }

        int count(String query) {
            return here.count(query);
        }

        @Override
        public void close() {
            here.close();
            chat.close();
            service.close();
        }
    }

    /** No step begins before it is permitted, so that a command is killed before the next one, however slow the machine is. */
    private static void hold(Installation here) {
        here.sql.execute("""
                create table permitted as select 0 as position;
                create function hold() returns trigger language plpgsql as $$ begin
                    while new.position > (select position from permitted) loop
                        perform pg_sleep(0.02);
                    end loop;
                    return new;
                end $$;
                create trigger hold before update on rollback_step for each row when (old.state = 'pending' and new.state = 'running') execute function hold()""");
    }

    /** The container that is asked is what is replaced: it hands the rollback over as it stops, and the release that is back verifies itself. */
    @Test
    @ResourceLock(SharedProcess.RUNNING)
    void isVerifiedByTheReleaseThatIsBackThoughARouteAloneDiffers() throws Exception {
        int port = FreePort.find();
        try (PretendCluster cluster = new PretendCluster("sales"); Chat chat = Chat.start(); Installation here = new Installation(Postgres.shared(), "rollback_release", Map.of())) {
            apply(cluster, NAME, "app:1");
            apply(cluster, NAME, "app:1-with-routes-2");
            Map<String, String> good = new HashMap<>(kubernetes(cluster, "http://localhost:" + port + "/health", chat));
            good.put(SharedProcess.WITHOUT, "**/exercises/*.camel.yaml"); // with those of rollbacks, which others there go without
            Map<String, String> bad = new HashMap<>(good);
            good.put("SERVER_PORT", String.valueOf(port));
            good.put("ROUTES_DIR", routes("good").toString());
            Path another = routes("bad");
            Files.writeString(another.resolve("sync/plan-rows.sql"), "-- Another release.\n", StandardOpenOption.APPEND);
            bad.put("ROUTES_DIR", another.toString());
            Container asked = here.lend(bad).awaitStarted();
            cluster.follow(changed -> CompletableFuture.runAsync(() -> {
                here.lend(good);
                here.awaitRow(60, "rollback_step where step = 'verify' and state = 'running'"); // so that it stops within a step
                asked.close();
            }));
            assertThat(asked.post("/ops/rollback", quoted("{'reason':'every person is updated twice'}")).statusCode()).isEqualTo(202);
            here.awaitRow(90, "rollback_run where ended_at is not null");

            assertThat(here.sql.queryForObject("select state from rollback_run", String.class)).isEqualTo("done");
            assertThat(asked.log()).contains("another one goes on with it");
            String badRelease = here.sql.queryForObject("select release from rollback_run", String.class);
            assertThat(asked.log().lines().findFirst()).get().asString().endsWith("release " + badRelease);
            String verified = here.sql.queryForObject("select detail from rollback_step where step = 'verify'", String.class);
            // The same code: only the digest of the routes differs.
            assertThat(verified).contains("release " + badRelease.substring(0, badRelease.lastIndexOf('.') + 1)).doesNotContain(badRelease);
            assertThat(here.count("select count(*) from control where paused")).isEqualTo(1);
            assertThat(cluster.patches()).hasSize(1);
        }
    }

    private Path routes(String name) throws IOException {
        Path routes = folder.resolve(name);
        FileSystemUtils.copyRecursively(ShortWaits.processRoutes(), routes);
        return routes;
    }

    private Map<String, String> kubernetes(PretendCluster cluster, String verifyUrl, Chat chat) {
        return Map.of("ROLLBACK_PLATFORM", "kubernetes", "KUBECONFIG", cluster.kubeconfig(folder.resolve("kubeconfig")).toString(), "ROLLBACK_VERIFY_URL", verifyUrl,
                "NOTIFY_SALES_URL", chat.url("sales"), "NOTIFY_OPS_URL", chat.url("ops"));
    }

    private static void apply(PretendCluster cluster, String name, String image) {
        PodTemplateSpec template = new PodTemplateSpecBuilder().withNewMetadata().addToLabels("app", name).endMetadata()
                .withNewSpec().addNewContainer().withName("container").withImage(image).endContainer().endSpec().build();
        cluster.apply(name, template, Map.of(), "kubectl-client-side-apply");
    }
}
