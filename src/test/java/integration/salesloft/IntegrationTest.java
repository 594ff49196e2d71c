package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.access.FailedAttempts;
import integration.salesloft.gateway.SickResources;
import integration.salesloft.lease.Progress;
import integration.salesloft.sandbox.FaultRule;
import integration.salesloft.sandbox.Sandbox;
import integration.salesloft.token.TokenCustody;
import integration.salesloft.token.TokenPair;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.Route;
import org.apache.camel.component.resilience4j.ResilienceProcessor;
import org.apache.camel.model.Model;
import org.apache.camel.model.ThrottleDefinition;
import org.apache.camel.test.spring.junit5.CamelSpringBootTest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.autoconfigure.actuate.observability.AutoConfigureObservability;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.util.ReflectionTestUtils;

/**
 * The whole container in this JVM, with all its routes, on a real port, a real PostgreSQL and the sandbox. One of each
 * for all tests. Windows of the budget last four seconds, so that waiting for the next one does not make tests slow.
 */
@CamelSpringBootTest
@Import(RouteCoverage.class)
@ResourceLock("the container in this JVM")
@AutoConfigureObservability
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT, classes = Application.class)
public abstract class IntegrationTest {

    public static final String SYNC_TOKEN = "sync-secret";
    protected static final String PRIVATE_KEY = "cHJpdmF0ZSBrZXkgb2YgdGhlIHRlc3RzLCAzMiBieXQ=";

    public static final Postgres POSTGRES = Postgres.shared();
    public static final Kafka KAFKA = Kafka.shared();
    /** Where a test may have the API server of a cluster, and what answers behind its Service. */
    protected static final int CLUSTER_PORT = FreePort.find();
    protected static final int SERVICE_PORT = FreePort.find();
    protected static final List<String> RESOURCES = List.of("people", "accounts", "cadences", "cadence_memberships", "users",
            "emails", "calls", "notes", "steps", "successes", "person_stages", "tasks", "meetings");
    protected static final Sandbox SALESLOFT = Sandbox.start(0);
    /** Where notices go: for sales and for operators a path each. */
    protected static final Chat CHAT = Chat.start();
    /** Whose tokens count. */
    protected static final PretendIssuer ISSUER = PretendIssuer.start();
    /** More of them that do. */
    protected static final AccessList ACCESS = AccessList.of(Path.of("target", "access", Fork.NAME));
    /** Of the budget, for SalesLoft and for us. */
    private static final int WINDOW_SECONDS = 4;
    private static final Map<String, Object> SMALL = Map.ofEntries(Map.entry("people", 120), Map.entry("accounts", 10),
            Map.entry("cadences", 3), Map.entry("memberships", 20), Map.entry("users", 5), Map.entry("emails", 12),
            Map.entry("calls", 12), Map.entry("notes", 12), Map.entry("tasks", 12), Map.entry("meetings", 12),
            Map.entry("steps", 12), Map.entry("successes", 12), Map.entry("rateWindowMs", WINDOW_SECONDS * 1000));
    /**
     * Events first, because applying them fills the others. Each waits for whoever writes to it, one after the other (hence the commits): who
     * locks several at once, in an order of his own, may wait for a flow that waits for him. What is empty costs little, as most are; and to
     * delete a few rows costs less than a truncation, after which PostgreSQL plans each statement about the table anew.
     */
    private static final String BEGIN_ANEW = """
            do $$
            declare
                each text;
                rows integer;
            begin
                update probe set at = null, claimed_at = 'infinity', connected = false, auth_down = false;
                commit;
                update control set paused = false, by = null, reason = null, since = null;
                commit;
                update lease set fence = fence + 1, holder = '', expires_at = now();
                commit;
                foreach each in array string_to_array('webhook_event,record,outbox,result_outbox,dead_letter,webhook_activity,webhook_subscription,webhook_subscription_made,'
                    'webhook_subscription_refusal,sync_identity,push_batch_row,push_batch,push_bulk_refusal,sync_row,sync_job,rate_budget,operation,republish,notice,incident,notice_outbox,rollback_run,rollback_step,drill,'
                    'oauth_authorization,erasure,suppression', ',') loop
                    execute format('lock table %%I', each);
                    execute format('select count(*) from (select from %%I limit 100) few', each) into rows;
                    if rows = 100 then
                        execute format('truncate %%I', each);
                    elsif rows > 0 then
                        execute format('delete from %%I', each);
                    end if;
                    commit;
                end loop;
                -- At once, because a resource without a row is due.
                lock table sync_cursor, comparison;
                delete from sync_cursor;
                delete from comparison;
                insert into sync_cursor (resource, next_run_at) select unnest(string_to_array('%1$s', ',')), 'infinity';
                insert into comparison (resource, next_run_at) select unnest(string_to_array('%1$s', ',')), 'infinity';
            end $$""".formatted(String.join(",", RESOURCES));
    /** Routes that begin something without being asked, beside pulls and notices. */
    private static final Set<String> BY_THEMSELVES = Set.of("sync-reconcile", "health-timer", "health-probe", "ops-watch", "ops-watch-failed", "rollback-run");
    private static final Map<CamelContext, Map<String, ResilienceProcessor>> BREAKERS = new ConcurrentHashMap<>();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();

    @Autowired
    protected CamelContext camel;
    @Autowired
    protected ProducerTemplate template;
    @Autowired
    protected JdbcTemplate sql;
    @LocalServerPort
    private int port;
    @LocalManagementPort
    private int managementPort;

    // As properties of the JVM: the settings are checked before any test framework could add its own.
    static {
        SALESLOFT.seed(SMALL);
        Map<String, String> settings = new HashMap<>(Installation.oauth(POSTGRES.url("postgres"), SALESLOFT.url()));
        settings.put("SALESLOFT_RATE_WINDOW", WINDOW_SECONDS + "s");
        settings.put("SYNC_TOKEN", SYNC_TOKEN);
        settings.put("SALESLOFT_CALLBACK_TOKEN", Delivery.TOKEN);
        settings.put("SALESLOFT_CALLBACK_TOKEN_PREVIOUS", Delivery.PREVIOUS_TOKEN);
        settings.put("OAUTH_REDIRECT_URL", "http://localhost:8080/oauth/callback");
        settings.put("OAUTH_PKCE", "S256");
        settings.put("MANAGEMENT_PORT", "0");
        settings.put("PRIVATE_KEY", PRIVATE_KEY);
        settings.put("KAFKA_BROKERS", KAFKA.brokers());
        settings.put("SYNC_RESOURCES", String.join(",", RESOURCES));
        settings.put("SYNC_COMPARE_HOURS", "00:00-24:00");
        settings.put("NOTIFY_SALES_URL", CHAT.url("sales"));
        settings.put("NOTIFY_OPS_URL", CHAT.url("ops"));
        settings.put("ACCESS_TOKENS", ACCESS.file().toString());
        settings.put("OIDC_ISSUER", ISSUER.url());
        settings.put("OIDC_AUDIENCE", PretendIssuer.AUDIENCE);
        settings.put("OIDC_CLIENT_ID", PretendIssuer.CLIENT);
        settings.put("RUNBOOK_URL", "https://wiki.example.com/runbook");
        settings.put("ROLLBACK_PLATFORM", "kubernetes");
        settings.put("ROLLBACK_NAMESPACE", "sales");
        settings.put("ROLLBACK_VERIFY_URL", "http://localhost:" + SERVICE_PORT + "/health");
        settings.put("kubernetes.master", "http://localhost:" + CLUSTER_PORT);
        settings.put("ROUTES_DIR", ShortWaits.routes().toString());
        // With this JVM PostgreSQL and Kafka end, too: to stop in order would be to wait for them.
        settings.put("spring.main.register-shutdown-hook", "false");
        settings.forEach(System::setProperty);
    }

    /** Every test begins with an empty mirror, a small new team and no pull under way: pulls wait until one is asked for. */
    @BeforeEach
    void beginAnew() {
        // First everything that runs by itself comes to rest: what the test before left in the gateway would count here.
        faults();
        // An open breaker is an incident to whoever looks at it.
        breaker().reset();
        sql.execute(BEGIN_ANEW);
        camel.getRegistry().findSingleByType(FailedAttempts.class).forget();
        await().pollInterval(Duration.ofMillis(5)).until(() -> camel.getRoutes().stream().map(Route::getRouteId)
                .filter(route -> route.startsWith("sync-lists-") || route.startsWith("ops-notices-") || route.startsWith("sync-push-worker") || BY_THEMSELVES.contains(route))
                .allMatch(route -> camel.getInflightRepository().size(route) == 0));
        // What they have told people while they came to rest, and what was on its way to them.
        sql.update("with told as (delete from notice), published as (delete from notice_outbox) delete from incident");
        CHAT.forget();
        seed(Map.of());
        sql.update("with nothing as (delete from rate_budget) update probe set claimed_at = '-infinity'");
        // A breaker that another test has fed would answer for this one.
        breaker().reset();
        // Nor does a resource excuse itself where another has failed within a minute, and there are more than those of this container.
        forgetSick();
    }

    /** As after a while: what has failed in SalesLoft several times is asked again. */
    protected void forgetSick() {
        SickResources sick = camel.getRegistry().lookupByNameAndType("sick-resources", SickResources.class);
        synchronized (sick) {
            ((Map<?, ?>) ReflectionTestUtils.getField(sick, "sick")).clear();
        }
    }

    /** Whatever a test is about: SalesLoft is asked for what its description has, in its way. */
    @AfterEach
    void askedForNothingThatSalesLoftDoesNotDescribe() {
        assertThat(SALESLOFT.takeMisuses()).isEmpty();
    }

    /** What the routes have gone through so far, for the check that no step is left out. */
    @AfterAll
    static void noteCoverage(@Autowired CamelContext camel) {
        RouteCoverage.note(camel);
    }

    /** A new team in the sandbox: small unless told otherwise. */
    protected void seed(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(SMALL);
        all.putAll(settings);
        // Nobody renews a token meanwhile: it would be one of the team before, and kept by the one that is new.
        String claimed = sql.queryForObject("select cast(claimed_at as text) from probe", String.class);
        suspendProbes();
        SALESLOFT.seed(all);
        forgetToken();
        sql.update("update probe set claimed_at = cast(? as timestamptz)", claimed);
    }

    /** A new team knows nothing of the tokens of the one before. */
    private void forgetToken() {
        sql.update("with nothing as (delete from token_failure) delete from oauth_token");
        TokenCustody custody = camel.getRegistry().lookupByNameAndType("token-custody", TokenCustody.class);
        try {
            custody.hold(TokenPair.read(null));
            custody.markDead(TokenPair.read(null));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits until the budget's window is far from its ends, where nothing is reserved: for calls that do not wait for it. */
    protected void inMidWindow() {
        inWindowBefore(2);
    }

    /** Waits until the budget's window has begun, no longer ago than these seconds: on a busy machine the rest of it is soon over. */
    protected void inWindowBefore(double latest) {
        await().until(() -> {
            double seconds = sql.queryForObject("select extract(epoch from clock_timestamp())", Double.class) % WINDOW_SECONDS;
            return seconds > 0.3 && seconds < latest;
        });
    }

    /** Has the pull of a resource begin from nothing. */
    protected void pull(String resource) {
        due(resource);
        // As the look for what is due does, soon; SharedDueRouteTest waits for that.
        template.sendBody("seda:sync-pull-" + resource + "?size=1&discardWhenFull=true", null);
    }

    /** Has the look for what is due find the pull of a resource, which nothing else begins. */
    protected void due(String resource) {
        sql.update("update sync_cursor set next_run_at = now() where resource = ?", resource);
    }

    /** Waits until the pull of a resource has come to its end. */
    protected void awaitPulled(String resource) {
        await().until(() -> sql.queryForObject(
                "select count(*) from sync_cursor where resource = ? and state = 'idle' and finished_at is not null and run_started_at is null",
                Integer.class, resource) == 1);
    }

    /** Has the container look whether SalesLoft answers at once, and not when its timer does in some seconds. */
    protected void probeIsDue() {
        sql.update("update probe set claimed_at = '-infinity'");
        template.asyncSendBody("direct:health-probe", null);
    }

    /** From now on the container does not ask by itself whether SalesLoft answers, and what it was asking is answered. One that found no points would ask again. */
    protected void suspendProbes() {
        await().until(() -> sql.update("update probe set claimed_at = 'infinity'") == 1 && camel.getInflightRepository().size("health-timer") == 0 && camel.getInflightRepository().size("health-probe") == 0
                && count("select count(*) from probe where claimed_at = 'infinity'") == 1);
    }

    /** Waits until what was done in SalesLoft has its last line in the audit log, which is written a moment after the answer. */
    protected void awaitAudited() {
        await().until(() -> count("select count(*) from operation o where o.state in ('done', 'failed') "
                + "and not exists (select from audit_log a where a.idempotency_key = o.key and a.phase = 'outcome')") == 0);
    }

    /** Which of the container's workers make progress. */
    protected Progress progress() {
        return camel.getRegistry().lookupByNameAndType("progress", Progress.class);
    }

    /** A number that stands in the routes, as a bean of this name. */
    protected int policy(String bean) {
        return camel.getRegistry().lookupByNameAndType(bean, Integer.class);
    }

    /** How many the throttle of this step lets through at once, or in a period. */
    protected int admitted(String throttle) {
        return Integer.parseInt(((ThrottleDefinition) model().getProcessorDefinition(throttle)).getExpression().getExpression());
    }

    /** The routes as they were loaded. */
    protected Model model() {
        return camel.getCamelContextExtension().getContextPlugin(Model.class);
    }

    protected int count(String query, Object... arguments) {
        return sql.queryForObject(query, Integer.class, arguments);
    }

    /** Calls through the gateway as a route would; the answer, or the typed exception. */
    protected String call(Map<String, Object> arguments, String request) {
        Map<String, Object> all = new HashMap<>(Map.of("method", "GET", "resource", "people", "path", "/v2/people.json",
                "priority", "interactive"));
        all.putAll(arguments);
        all.put("request", request);
        var answer = template.request("direct:gateway-call", exchange -> exchange.getMessage().setBody(all));
        if (answer.getException() instanceof RuntimeException failure) {
            throw failure;
        }
        assertThat(answer.getException()).isNull();
        return answer.getMessage().getBody(String.class);
    }

    /** The gateway's. */
    protected CircuitBreaker breaker() {
        return breaker("gateway-http-breaker");
    }

    /** The one of this step; looked up once, because Camel compares the id with that of every step. */
    protected CircuitBreaker breaker(String step) {
        return BREAKERS.computeIfAbsent(camel, here -> new ConcurrentHashMap<>())
                .computeIfAbsent(step, id -> camel.getProcessor(id, ResilienceProcessor.class)).getCircuitBreaker();
    }

    /** What the sandbox does wrong from now on, in place of what it did wrong before. */
    protected final void faults(FaultRule... faults) {
        SALESLOFT.faults(faults);
    }

    /** How many calls of this kind, such as {@code GET /v2/people}, the sandbox has seen. */
    protected long calls(String endpoint) {
        return statuses(endpoint).values().stream().mapToLong(Long::longValue).sum();
    }

    /** How often the sandbox gave each status to calls of this kind. */
    protected Map<String, Long> statuses(String endpoint) {
        return SALESLOFT.statuses(endpoint);
    }

    protected HttpResponse<String> get(String path, String... headers) {
        return send("GET", path, null, headers);
    }

    /** The body of an answer that has this status. */
    protected static JsonNode json(HttpResponse<String> answer, int status) {
        try {
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
            return JSON.readTree(answer.body());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    protected HttpResponse<String> send(String method, String path, String body, String... headers) {
        return request("http://localhost:" + port + path, method, body, headers);
    }

    /** Where SalesLoft would deliver. */
    protected URI webhooks() {
        return URI.create("http://localhost:" + port + "/webhooks/salesloft");
    }

    protected int port() {
        return port;
    }

    protected int managementPort() {
        return managementPort;
    }

    protected HttpResponse<String> management(String path) {
        return request("http://localhost:" + managementPort + path, "GET", null);
    }

    /** The value of a metric as Prometheus reads it; labels are those that the line must have, each as {@code name=value}. */
    protected double metric(String name, String... labels) {
        return Scrape.value(management("/actuator/prometheus").body(), name, labels);
    }

    private static HttpResponse<String> request(String url, String method, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofMinutes(3))
                .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (Exception e) {
            throw new IllegalStateException(method + " " + url, e);
        }
    }

    protected static final String[] AS_OPS = {"Authorization", "Bearer " + Installation.OPS_TOKEN};
    protected static final String[] AS_SYNC = {"Authorization", "Bearer " + SYNC_TOKEN};
}
