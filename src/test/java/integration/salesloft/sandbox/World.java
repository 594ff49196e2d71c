package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Everything one seeding holds: the team and all that is counted, limited and broken around it. A new seeding is a new
 * world; the old one lets go of the calls it held up.
 */
final class World implements AutoCloseable {

    private static final DateTimeFormatter HTTP_DATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US);

    final Stats stats = new Stats();
    final Faults faults = new Faults();
    final Budget budget = new Budget(this::settings);
    final Tokens tokens;
    final Webhooks webhooks;
    final Team team;
    final PlainLists lists;
    final BulkJobs bulkJobs;
    private final Api api;
    private final TokenEndpoint tokenEndpoint;
    private final Consumer<String> misuses;
    private volatile Settings settings;

    /** @param misuses is told of each request that SalesLoft's description does not have */
    World(Settings settings, Consumer<String> misuses) {
        this.settings = settings;
        this.misuses = misuses;
        tokens = new Tokens(this::settings);
        webhooks = new Webhooks(this::settings, stats);
        team = new Team(this::announce);
        Seed.fill(team, settings);
        lists = new PlainLists(settings.count("lists"), Seed.until(settings));
        bulkJobs = new BulkJobs(new Writes(team, stats, this::settings), this::settings, this::announce);
        api = new Api(this);
        tokenEndpoint = new TokenEndpoint(this);
    }

    Settings settings() {
        return settings;
    }

    void change(Map<String, Object> changes) {
        settings = settings.changedWhileRunning(changes);
    }

    /** Answers a call to the API or the token endpoint, faults included, and counts it. */
    Answer answer(Call call) {
        Answer answer = described(call);
        stats.call(call, answer.outcome());
        return answer;
    }

    private Answer described(Call call) {
        if (settings.is("strict") && call.path.startsWith("/v2/")) {
            try {
                Operations.check(call);
            } catch (Refusal e) {
                misuses.accept(call.endpoint() + ": " + e.status + " " + e.body);
                return e.answer();
            }
        }
        return faulted(call);
    }

    private Answer faulted(Call call) {
        Fault fault = faults.take(call);
        if (fault == null) {
            return worked(call);
        }
        if (fault.afterWork || !fault.replacesAnswer()) {
            if (!fault.afterWork) {
                fault.delay();
            }
            Answer answer = worked(call);
            if (fault.afterWork) {
                fault.delay();
            }
            return fault.replacesAnswer() ? replaced(answer, fault.answer()) : fault.dress(answer);
        }
        Answer answer = fault.answer();
        if (call.path.startsWith("/v2/") && tokens.good(call.bearer())) {
            if (fault.isRateLimit()) {
                priced(call, 0, answer);
            } else {
                Budget.Charge charge = charge(call);
                if (!charge.granted()) {
                    faults.giveBack(fault);
                    return priced(call, charge.remaining(), overLimit());
                }
                priced(call, charge.remaining(), answer);
            }
            fault.dress(answer);
        }
        fault.delay();
        return answer;
    }

    /** A fault's answer in place of the work's own, whose rate limit headers it keeps. */
    private static Answer replaced(Answer own, Answer answer) {
        own.headers.forEach((name, value) -> {
            if (name.startsWith("x-ratelimit-")) {
                answer.headers.putIfAbsent(name, value);
            }
        });
        return answer;
    }

    private Answer worked(Call call) {
        if (!call.path.startsWith("/v2/")) {
            pause();
            return refusable(() -> tokenEndpoint.answer(call));
        }
        if (!tokens.use(call.bearer())) {
            return Refusal.of(401, call.bearer() == null ? Api.NO_TOKEN : Api.BAD_TOKEN).answer();
        }
        Budget.Charge charge = charge(call);
        if (!charge.granted()) {
            return priced(call, charge.remaining(), overLimit());
        }
        pause();
        return priced(call, charge.remaining(), refusable(() -> api.answer(call)));
    }

    private static Answer refusable(Supplier<Answer> work) {
        try {
            return work.get();
        } catch (Refusal e) {
            return e.answer();
        }
    }

    private Budget.Charge charge(Call call) {
        long price = Budget.price(call.page());
        Budget.Charge charge = budget.charge(price);
        if (charge.granted()) {
            call.cost = charge.points();
            call.window = charge.window();
        }
        return charge;
    }

    private Answer priced(Call call, long remaining, Answer answer) {
        answer.with("x-ratelimit-endpoint-cost", Budget.price(call.page()));
        if (budget.limited()) {
            answer.with("x-ratelimit-remaining-minute", remaining);
        }
        return answer;
    }

    private Answer overLimit() {
        Answer answer = Refusal.of(429, Api.OVER_LIMIT).answer();
        long next = budget.nextWindow();
        switch (settings.text("retryAfter")) {
            case "seconds" -> answer.with("Retry-After", (next - System.currentTimeMillis() + 999) / 1000);
            case "date" -> answer.with("Retry-After",
                    HTTP_DATE.format(Instant.ofEpochMilli(next + 999).atOffset(ZoneOffset.UTC)));
            default -> { }
        }
        return answer;
    }

    private void pause() {
        long millis = settings.number("latencyMs");
        if (millis > 0) {
            try {
                Thread.sleep(millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Sends an event to everybody who subscribed to it. */
    private void announce(String event, byte[] record) {
        byte[] body = body(event, record);
        for (ObjectNode subscriber : subscribers(event)) {
            webhooks.deliver(event, body, subscriber.get("callback_url").asText(),
                    subscriber.get("callback_token").asText());
        }
    }

    private static byte[] body(String event, byte[] record) {
        return record != null && event.equals("email_updated") ? Shapes.withoutContent(record, field -> false) : record;
    }

    private List<ObjectNode> subscribers(String event) {
        return team.read(() -> {
            List<ObjectNode> subscribers = new ArrayList<>();
            for (Item item : team.table(Resource.WEBHOOK_SUBSCRIPTIONS).byId().values()) {
                ObjectNode subscription = Json.read(item.json());
                if (subscription.path("enabled").asBoolean() && subscription.path("event_type").asText().equals(event)) {
                    subscribers.add(subscription);
                }
            }
            return subscribers;
        });
    }

    /**
     * Lets records of the event's resource change (or go) and delivers the event for each; the records that were
     * changed longest ago come first. Answers how many deliveries were queued.
     *
     * @throws IllegalArgumentException when the event or what it speaks of is unknown
     */
    int deliver(String event, long count, long duplicates, String url, String token) {
        Resource resource = Resource.ofEvent(event);
        if (resource == null || !Resource.EVENTS.contains(event)) {
            throw new IllegalArgumentException("no such event: " + event);
        }
        List<ObjectNode> targets = url == null ? subscribers(event)
                : List.of(Json.object().put("callback_url", url).put("callback_token", token == null ? "" : token));
        int queued = 0;
        for (long left = count; left > 0;) {
            List<Long> ids = team.oldest(resource, left);
            if (ids.isEmpty()) {
                break;
            }
            left -= ids.size();
            for (long id : ids) {
                byte[] body = body(event, event.endsWith("_deleted") ? team.removeQuietly(resource, id) : team.touch(resource, id));
                for (ObjectNode target : targets) {
                    for (long i = 0; body != null && i <= duplicates; i++) {
                        webhooks.deliver(event, body, target.get("callback_url").asText(),
                                target.get("callback_token").asText());
                        queued++;
                    }
                }
            }
        }
        return queued;
    }

    @Override
    public void close() {
        faults.replace(List.of());
        bulkJobs.close();
        webhooks.close();
    }
}
