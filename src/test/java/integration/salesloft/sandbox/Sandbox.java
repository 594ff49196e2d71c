package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * A SalesLoft that runs in this JVM, on one loopback port: the API under {@code /v2}, the token endpoint
 * {@code /oauth/token}, the page {@code /oauth/authorize} that asks whether an application may act for somebody, and its own control calls under {@code /sandbox}. It keeps a team in memory, charges the
 * cost-based rate limit, rotates tokens, sends webhooks, and can be told to fail in every way that matters.
 *
 * <p>It starts with the default team: API key {@code ak_sandbox}; client {@code sandbox} with secret
 * {@code sandbox-secret} and refresh token {@code sandbox-refresh-1}. The same seed gives the same ids, names and
 * timestamps (within one UTC day, or with the setting {@code until}).
 */
public final class Sandbox implements AutoCloseable {

    private static final int BACKLOG = 1024;

    static {
        // Read once, when the first server is made.
        setIfAbsent("sun.net.httpserver.nodelay", "true");
        setIfAbsent("sun.net.httpserver.maxIdleConnections", "1024");
        setIfAbsent("sun.net.httpserver.idleInterval", "300");
    }

    private final HttpServer server;
    private final ExecutorService threads;
    private final Control control = new Control(this);
    /** Null until it is first needed: who seeds at once does not wait for the default team. */
    private volatile World world;
    private volatile boolean closed;
    /** Outlives a seeding, so that none is missed between two looks. */
    private final Queue<String> misuses = new ConcurrentLinkedQueue<>();

    private Sandbox(HttpServer server) {
        this.server = server;
        AtomicLong number = new AtomicLong();
        threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "sandbox-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Starts a sandbox with the default team.
     *
     * @param port the port to listen on; 0 takes any free one
     * @throws IllegalStateException when the port is taken; the message names it
     */
    public static Sandbox start(int port) {
        HttpServer server;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
        } catch (BindException e) {
            throw new IllegalStateException("port " + port + " is taken: the sandbox cannot listen on it", e);
        } catch (IOException e) {
            throw new UncheckedIOException("the sandbox cannot listen on port " + port, e);
        }
        Sandbox sandbox = new Sandbox(server);
        server.createContext("/", sandbox::handle);
        server.setExecutor(sandbox.threads);
        startDaemon(server);
        return sandbox;
    }

    /** The server's dispatcher is a daemon only if the thread that starts it is one. */
    private static void startDaemon(HttpServer server) {
        FutureTask<Void> start = new FutureTask<>(server::start, null);
        Thread thread = new Thread(start, "sandbox-start");
        thread.setDaemon(true);
        thread.start();
        try {
            start.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private static void setIfAbsent(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /** The port it listens on. */
    public int port() {
        return server.getAddress().getPort();
    }

    /** {@code http://localhost:<port>}, the base of the API, of the token endpoint and of the control calls. */
    public String url() {
        return "http://localhost:" + port();
    }

    /**
     * Replaces everything: all records, subscriptions, tokens, faults, statistics and settings. What is not given
     * takes its default.
     *
     * <p>How many records: {@code people} 5000, {@code accounts} 500, {@code cadences} 20, {@code memberships} 2000,
     * {@code users} 25, {@code emails}, {@code calls}, {@code notes}, {@code tasks}, {@code meetings} 300 each,
     * {@code steps} 100, {@code successes} 100, {@code person_stages} 8, of each list of {@code lists.yaml} {@code lists} 12. Which: {@code seed} 42; {@code tieGroup} 0
     * (so many people in the middle share one {@code updated_at}); {@code until} (ISO-8601, the end of the 90 days
     * over which {@code updated_at} is spread; default: the start of yesterday, UTC). First refresh token:
     * {@code refreshToken} sandbox-refresh-1. And all of {@link #settings}.
     *
     * @throws IllegalArgumentException when a setting is unknown or its value impossible; the message names it
     */
    public synchronized void seed(Map<String, Object> settings) {
        World next = new World(Settings.defaults().with(settings), misuses::add);
        World before = world;
        world = next;
        if (before != null) {
            before.close();
        }
    }

    /**
     * Changes settings and leaves the data alone: {@code rateLimit} 600 points (0: no limit), {@code rateWindowMs}
     * 60000, {@code retryAfter} none (seconds, date), {@code echo} all (updated_at: of the filters that were applied only this one is
     * said in the answer), {@code latencyMs} 0, {@code refreshMode} on_use (on_issue),
     * {@code tokenTtlSeconds} 7200, {@code clientId}, {@code clientSecret}, {@code apiKey}, {@code redirectUris} (that are registered;
     * none: every one of this machine), {@code pkce} optional (required, ignored), {@code uniqueEmails} true
     * (false: a team that allows duplicates), {@code webhookRetryGapMs} 15000, {@code forbidden} (resource paths that
     * answer 403), {@code strict} true (what SalesLoft's description does not have is refused; false: ignored, as SalesLoft
     * does), {@code incremental} true (false: a SalesLoft that cannot filter steps and tasks by {@code updated_at}, nor sort
     * tasks by it), {@code subscriptionPages} false (true: a SalesLoft that has pages of them), {@code bulkMs} 100 (a bulk job is worked off
     * so long after it was marked ready) and {@code bulkHeld} false (true: none is, until this is false again).
     *
     * @throws IllegalArgumentException when a setting is unknown, its value impossible, or it describes the data
     */
    public void settings(Map<String, Object> settings) {
        world().change(settings);
    }

    /**
     * Replaces all faults; none heals everything and cuts the connections that hang. The first fault that
     * meets a call and has times left is used.
     */
    public void faults(FaultRule... faults) {
        faults(Stream.of(faults).map(FaultRule::parts).toList());
    }

    /**
     * The same as they come over HTTP: each is a map of {@code path} (prefix or regular expression of the request path, with or without
     * {@code .json}; default all), {@code method}, {@code query} (part of, or expression for, the query),
     * {@code contains} (part of the request body), {@code status}, {@code times} (default: until replaced),
     * {@code after} (so many matches are spared first), {@code headers} (map; a list is a header that comes several
     * times), {@code body} (text or JSON; default: what SalesLoft sends with that status), {@code swellBytes} (instead
     * of a body: so many, in a small gzip), {@code delayMs}, {@code dripMs} (the body comes byte by byte, so far apart), {@code hang} (no answer until the faults are
     * replaced), {@code reset} (the connection is cut), {@code afterWork} (the work is done, then the fault is what
     * the caller sees). A fault with neither status, hang nor reset only delays the answer or adds headers to it.
     *
     * <p>Before the work a fault with status 429 costs nothing, others the call's price; a call over the limit is
     * refused as ever and uses no fault up.
     *
     * @throws IllegalArgumentException when a part is unknown or the path no regular expression
     */
    void faults(List<Map<String, Object>> faults) {
        world().faults.replace(faults.stream().map(Fault::new).toList());
    }

    /** How many calls the faults hold up now: those that are delayed, and those that hang. */
    public long held() {
        return world().faults.held();
    }

    /**
     * What was asked of the API and the token endpoint since the start, the last seeding or the last reset. Control
     * calls and {@link #put} do not count. All numbers are {@code Long}.
     */
    public Map<String, Object> stats() {
        Map<String, Object> stats = world().stats.map();
        stats.put("misuses", List.copyOf(misuses));
        return stats;
    }

    /**
     * What was asked that SalesLoft's description does not have, since the last time this was called: method, path and what is
     * wrong. Each was refused, if the setting {@code strict} was on.
     */
    public List<String> takeMisuses() {
        List<String> taken = new ArrayList<>();
        for (String misuse = misuses.poll(); misuse != null; misuse = misuses.poll()) {
            taken.add(misuse);
        }
        return taken;
    }

    /**
     * How often each status was given to calls of one kind since then; an answer that never came counts as {@code hang}
     * or {@code reset}.
     *
     * @param endpoint such as {@code GET /v2/people}
     */
    @SuppressWarnings("unchecked")
    public Map<String, Long> statuses(String endpoint) {
        Map<String, Map<String, Object>> calls = (Map<String, Map<String, Object>>) stats().get("calls");
        return (Map<String, Long>) calls.getOrDefault(endpoint, Map.of("statuses", Map.of())).get("statuses");
    }

    /** Sets all statistics to zero. */
    public void resetStats() {
        world().stats.reset();
    }

    /** Expires every access token; refresh tokens and the API key stay good. */
    public void expireTokens() {
        world().tokens.expire();
    }

    /** Revokes every access and refresh token; the API key stays good. */
    public void revokeTokens() {
        revokeTokens(false, null);
    }

    /**
     * Revokes every access and refresh token.
     *
     * @param apiKeyToo whether the API key goes too
     * @param newRefreshToken a refresh token that is good from then on, or null
     */
    public void revokeTokens(boolean apiKeyToo, String newRefreshToken) {
        world().tokens.revoke(apiKeyToo, newRefreshToken);
    }

    /** Uses up points of this window as another integration of the same team would, at most all of them. */
    public void spend(long points) {
        World now = world();
        Budget.Charge taken = now.budget.spend(points);
        now.stats.spent(taken.window(), taken.points());
    }

    /**
     * Changes (or removes) records of an event's resource, those changed longest ago first, and delivers the event
     * for each, off this thread.
     *
     * @param wanted {@code event}, {@code count} 1, {@code duplicates} 0 (further deliveries of each); {@code url}
     *     and {@code token} deliver there instead of to the subscriptions
     * @return how many deliveries were queued
     * @throws IllegalArgumentException when there is no such event
     */
    public int webhooks(Map<String, Object> wanted) {
        ObjectNode fields = Json.node(wanted);
        return world().deliver(fields.path("event").asText(), fields.path("count").asLong(1),
                fields.path("duplicates").asLong(), fields.path("url").asText(null), fields.path("token").asText(null));
    }

    /** A stored record, or null. The copy is the caller's. */
    public ObjectNode get(String resource, long id) {
        return world().team.get(Resource.of(resource), id);
    }

    /**
     * Creates (no id, or one that does not exist) or changes a record as a person in SalesLoft would: nothing is
     * validated, counted or charged. {@code updated_at} becomes now, above all earlier ones, unless it is given.
     * {@code owner_id} and the like set the reference; custom fields are merged. A membership without an id takes up
     * the one of the same person and cadence. Subscribed events are sent.
     *
     * @return the record as stored
     * @throws IllegalArgumentException when there is no such resource
     */
    public ObjectNode put(String resource, ObjectNode fields) {
        String list = PlainLists.path(resource);
        return list != null ? world().lists.put(list, fields, Moment.now()) : world().team.put(Resource.of(resource), fields);
    }

    /** Removes a record as a person in SalesLoft would; nothing happens if it is not there. */
    public void remove(String resource, long id) {
        world().team.remove(Resource.of(resource), id);
    }

    /** The same for the lists whose ids may be texts. */
    public void remove(String resource, String id) {
        world().lists.remove(PlainLists.path(resource), id);
    }

    /** The lowest id of a resource's records. */
    public long first(String resource) {
        return world().team.read(() -> world().team.table(Resource.of(resource)).byId().firstKey());
    }

    /** How many bulk jobs are in a state: open, executing or done. */
    public int bulkJobs(String state) {
        return world().bulkJobs.count(state);
    }

    /** How many records of a resource there are. */
    public int count(String resource) {
        String list = PlainLists.path(resource);
        return list != null ? world().lists.count(list) : world().team.count(Resource.of(resource));
    }

    World world() {
        World now = world;
        return now != null ? now : first();
    }

    private synchronized World first() {
        if (world == null) {
            world = new World(Settings.defaults(), misuses::add);
        }
        return world;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try {
            Call call = new Call(exchange);
            Answer answer = answer(call);
            answer.hold();
            if (answer.loss == null) {
                send(exchange, answer);
            }
        } finally {
            exchange.close();
        }
    }

    private Answer answer(Call call) {
        try {
            if (call.path.equals("/sandbox") || call.path.startsWith("/sandbox/")) {
                return control.answer(call);
            }
            if (call.path.startsWith("/v2/") || call.path.startsWith("/oauth/")) {
                return world().answer(call);
            }
            return Refusal.notFound().answer();
        } catch (RuntimeException e) {
            e.printStackTrace();
            return Refusal.internal().answer();
        }
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        answer.headers.forEach((name, values) -> exchange.getResponseHeaders().put(name, values));
        exchange.sendResponseHeaders(answer.status, answer.body.length == 0 ? -1 : answer.body.length);
        if (answer.body.length > 0) {
            try (OutputStream out = exchange.getResponseBody()) {
                if (answer.drip == null) {
                    out.write(answer.body);
                } else {
                    drip(answer, out);
                }
            }
        }
    }

    private static void drip(Answer answer, OutputStream out) throws IOException {
        for (byte next : answer.body) {
            out.write(next);
            out.flush();
            answer.drip.drip();
        }
    }

    /** Stops at once: cuts what hangs, gives up what was to be delivered, frees the port. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        synchronized (this) {
            if (world != null) {
                world.close();
            }
        }
        server.stop(0);
        threads.shutdownNow();
    }

    /**
     * Runs a sandbox until the process is ended.
     *
     * @param args the port; 8089 if none is given
     */
    public static void main(String[] args) throws InterruptedException {
        Sandbox sandbox;
        try {
            sandbox = start(args.length > 0 ? Integer.parseInt(args[0]) : 8089);
        } catch (IllegalStateException e) {
            System.err.println(e.getMessage());
            System.exit(1);
            return;
        }
        System.out.println("sandbox SalesLoft at " + sandbox.url() + ", API key ak_sandbox, control under /sandbox");
        Thread.currentThread().join();
    }
}
