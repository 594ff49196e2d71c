package integration.salesloft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.sandbox.Sandbox;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** What the sandbox prints: where everything is, what to try, and a line of figures that follows what happens. */
final class LivePage {

    static final String OPS_TOKEN = "sandbox";

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();

    private final JdbcTemplate mirror;
    private final Sandbox salesloft;
    private final Postgres postgres;
    private final Kafka kafka;
    private final boolean terminal;
    private String shown = "";
    private String steps = "";

    LivePage(Sandbox salesloft, Postgres postgres, Kafka kafka) {
        this.kafka = kafka;
        this.mirror = new JdbcTemplate(new DriverManagerDataSource(postgres.url("postgres")));
        this.salesloft = salesloft;
        this.postgres = postgres;
        // The console of Java 22 to 24 claims to be a terminal where there is none.
        System.setProperty("jdk.console", "java.base");
        this.terminal = System.console() != null;
    }

    void header() {
        System.out.printf("""

                salesloft-integration in the sandbox; Ctrl-C stops all of it

                  container    http://localhost:8080   OPS_TOKEN=%2$s
                  management   http://localhost:8081   /actuator/prometheus, /actuator/health/readiness
                  SalesLoft    http://localhost:%3$d   5,000 people, 600 points a minute
                  PostgreSQL   localhost:%1$d         database postgres, user postgres, no password
                  Kafka        %5$s       topics salesloft.people, salesloft.accounts, ...
                  its log      %4$s

                Try, in another terminal:
                  curl localhost:8080/health
                  curl -H 'Authorization: Bearer %2$s' localhost:8080/sync/status
                  psql -h localhost -p %1$d -U postgres -c 'select first_name, last_name, title from people limit 5'
                Break SalesLoft (the breaker opens within a minute), and heal it (it tries again after 30 s):
                  curl localhost:%3$d/sandbox/faults -d '[{"path":"/v2/","status":503}]'
                  curl localhost:%3$d/sandbox/faults -d '[]'
                Expire the access token; nobody notices:
                  curl -X POST localhost:%3$d/sandbox/tokens/expire
                Kill the container in the middle of a pull; it is started again, and goes on where it was:
                  curl -H 'Authorization: Bearer %2$s' localhost:8080/sync/pull -d '{"resource":"people"}'
                  kill -9 $(cat target/sandbox/container.pid)
                Have SalesLoft deliver a thousand changes, each of them twice:
                  curl localhost:%3$d/sandbox/webhooks -d '{"event":"person_updated","count":1000,"duplicates":1}'
                  curl -H 'Authorization: Bearer %2$s' localhost:8080/ops/webhooks
                Write people, none of them twice; see what came of it, and who did it:
                  curl -H 'Authorization: Bearer %2$s' localhost:8080/sync/people -d '[{"email_address":"ada@example.com","title":"CEO"},{"email_address":"ADA@Example.com","title":"CEO"}]'
                  curl -H 'Authorization: Bearer %2$s' localhost:8080/sync/jobs
                  curl -H 'Authorization: Bearer %2$s' localhost:8080/ops/audit?resource=people
                Roll back to the release before, on a pretend Kubernetes (a bit more than a minute, for one of which the revert is watched), and resume;
                with "toRevision":2 a second rollback brings this release back:
                  curl -H 'Authorization: Bearer %2$s' localhost:8080/ops/rollback -d '{"reason":"bounces doubled"}'
                  curl -H 'Authorization: Bearer %2$s' localhost:8080/ops/rollback
                  curl -X POST -H 'Authorization: Bearer %2$s' localhost:8080/ops/resume
                See whether it is ready for production (half a minute); try the renewal of a token; ask what a larger team would cost:
                  curl -X POST -H 'Authorization: Bearer %2$s' -H 'Accept: text/plain' localhost:8080/ops/checklist
                  curl -X POST -H 'Authorization: Bearer %2$s' localhost:8080/ops/drills/expired-token
                  curl -H 'Authorization: Bearer %2$s' -H 'Accept: text/plain' localhost:8080/ops/smoke
                  curl -H 'Authorization: Bearer %2$s' 'localhost:8080/ops/budget?people=140000'
                Authorise it anew, on the sandbox's page of consent: open the address that this answers in a browser
                  curl -H 'Authorization: Bearer %2$s' localhost:8080/ops/oauth/start
                Save a file under routes/: it is linted, and live some seconds later; what is wrong with it stands here, and the routes before it run on.
                Run the tests of the routes (docs/testing-routes.md), in a schema of their own, with the jar that mvn -DskipTests package makes:
                  DATABASE_URL=jdbc:postgresql://localhost:%1$d/postgres DATABASE_USER=postgres java -jar target/salesloft-integration.jar --test tests/
                What SalesLoft was asked, and what it cost:
                  curl localhost:%3$d/sandbox/stats

                """, postgres.port(), OPS_TOKEN, SandboxApplication.SALESLOFT_PORT, SandboxApplication.LOG, kafka.brokers());
    }

    /** A line of its own. */
    void say(String line) {
        System.out.println(terminal ? "\n" + line : line);
    }

    /** Prints how far the latest rollback is, each time it has come further. */
    void rollback() {
        String now = mirror.queryForObject("""
                select coalesce(max(line), '')
                  from (select 'rollback ' || r.state || ': ' || string_agg(s.step || ' ' || s.state, ', ' order by s.position)
                               || case when r.ended_at is null then '' else '; paused until POST /ops/resume' end as line
                          from rollback_run r join rollback_step s on s.run = r.id and s.state <> 'pending'
                         group by r.id order by r.started_at desc limit 1) latest""", String.class);
        if (!now.equals(steps)) {
            say(now);
            steps = now;
        }
    }

    /** Rewrites the line on a terminal; elsewhere prints it when it says something new. */
    void tick() {
        String line = line();
        if (terminal) {
            System.out.print("\r" + line + " ".repeat(Math.max(0, shown.length() - line.length())));
            System.out.flush();
        } else if (!line.equals(shown)) {
            System.out.println(line);
        }
        shown = line;
    }

    private String line() {
        try {
            JsonNode health = health();
            return String.format(Locale.ROOT, "people %,d of %,d | other records %,d | webhooks %,d | waiting for Kafka %,d | points %d of 600 | SalesLoft %s, breaker %s",
                    count("select count(*) from people"), salesloft.count("people"),
                    count("select count(*) from record where resource <> 'people' and deleted_at is null"),
                    count("select count(*) from webhook_event"), count("select count(*) from outbox"),
                    count("select coalesce(max(spent), 0) from rate_budget where window_start = date_trunc('minute', now())"),
                    health.path("salesloft").path("connected").asBoolean() ? "connected" : "NOT CONNECTED", health.path("breaker").asText());
        } catch (IOException | RuntimeException e) {
            return "the container does not answer";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return shown;
        }
    }

    private JsonNode health() throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:8080/health")).timeout(Duration.ofSeconds(2)).build();
        HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() == 404) {
            throw new IOException("the port is open, the routes are not up");
        }
        return JSON.readTree(answer.body());
    }

    private int count(String query) {
        return mirror.queryForObject(query, Integer.class);
    }
}
