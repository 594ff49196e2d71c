package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.zip.GZIPOutputStream;

/** One thing that goes wrong: which calls it meets, how often, and what they see. Its counters are guarded by Faults. */
final class Fault {

    /** Ways for an answer not to come. */
    enum Loss { HANG, RESET }

    private static final Set<String> NAMES = Set.of("path", "method", "query", "contains", "status", "times", "after",
            "headers", "body", "swellBytes", "delayMs", "dripMs", "hang", "reset", "afterWork");

    private final String path;
    private final Pattern pathPattern;
    private final String method;
    private final String query;
    private final Pattern queryPattern;
    private final String contains;
    private final JsonNode headers;
    private final JsonNode body;
    private final Loss loss;
    private final int status;
    private final long delayMs;
    private final long dripMs;
    private final int swellBytes;
    final boolean afterWork;
    private final CountDownLatch healed = new CountDownLatch(1);
    private final AtomicInteger held = new AtomicInteger();
    private long skip;
    private long left;

    /** @throws IllegalArgumentException when a name is unknown or the path is no regular expression */
    Fault(Map<String, Object> settings) {
        JsonNode fault = Json.MAPPER.valueToTree(settings);
        for (Iterator<String> names = fault.fieldNames(); names.hasNext();) {
            String name = names.next();
            if (!NAMES.contains(name)) {
                throw new IllegalArgumentException("no such part of a fault: " + name);
            }
        }
        path = fault.path("path").asText(".*");
        pathPattern = Pattern.compile(path);
        method = fault.path("method").asText(null);
        query = fault.path("query").asText(null);
        queryPattern = pattern(query);
        contains = fault.path("contains").asText(null);
        headers = fault.path("headers");
        body = fault.path("body");
        loss = fault.path("hang").asBoolean() ? Loss.HANG : fault.path("reset").asBoolean() ? Loss.RESET : null;
        status = fault.path("status").asInt();
        delayMs = fault.path("delayMs").asLong();
        dripMs = fault.path("dripMs").asLong();
        swellBytes = fault.path("swellBytes").asInt();
        afterWork = fault.path("afterWork").asBoolean();
        skip = fault.path("after").asLong();
        left = fault.path("times").asLong(Long.MAX_VALUE);
    }

    private static Pattern pattern(String text) {
        try {
            return text == null ? null : Pattern.compile(text);
        } catch (PatternSyntaxException e) {
            return null;
        }
    }

    /** Whether this fault meets the call, using up one of its times if it does. */
    boolean take(Call call) {
        if (left == 0 || !matches(call)) {
            return false;
        }
        if (skip > 0) {
            skip--;
            return false;
        }
        left--;
        return true;
    }

    void giveBack() {
        left++;
    }

    /** Lets go of everything this fault holds up. */
    void heal() {
        healed.countDown();
    }

    /** Waits as long as this fault delays a call, or until it is healed. */
    void delay() {
        await(delayMs);
    }

    /** Waits as long as this fault lets pass between two bytes, or not at all once it is healed. */
    void drip() {
        await(dripMs);
    }

    /** Waits until this fault is healed. */
    void hang() {
        await(Long.MAX_VALUE);
    }

    private void await(long millis) {
        if (millis == 0) {
            return;
        }
        held.incrementAndGet();
        try {
            healed.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            held.decrementAndGet();
        }
    }

    /** How many calls it holds up now. */
    long held() {
        return held.get();
    }

    private boolean matches(Call call) {
        return (method == null || method.equalsIgnoreCase(call.method))
                && (meets(call.rawPath) || meets(call.path))
                && (query == null || call.rawQuery != null && (asks(call.rawQuery) || asks(decoded(call.rawQuery))))
                && (contains == null || call.text().contains(contains));
    }

    private boolean meets(String asked) {
        return asked.startsWith(path) || pathPattern.matcher(asked).matches();
    }

    private boolean asks(String asked) {
        return asked.contains(query) || queryPattern != null && queryPattern.matcher(asked).find();
    }

    private static String decoded(String raw) {
        try {
            return URLDecoder.decode(raw, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return raw;
        }
    }

    /** Whether the caller gets something else than the work's own answer. */
    boolean replacesAnswer() {
        return loss != null || status != 0;
    }

    boolean isRateLimit() {
        return loss == null && status == 429;
    }

    /** What the caller sees instead. */
    Answer answer() {
        Answer answer = loss != null ? Answer.lost(this, loss)
                : swellBytes > 0 ? swollen()
                : body.isMissingNode() || body.isNull() ? standard(status)
                : body.isTextual() ? text(status, body.asText()) : Answer.json(status, body);
        return dress(answer);
    }

    /** Puts the fault's headers on an answer. */
    Answer dress(Answer answer) {
        headers.properties().forEach(header -> answer.headers.put(header.getKey(), values(header.getValue())));
        answer.drip = dripMs > 0 ? this : null;
        return answer;
    }

    private static List<String> values(JsonNode value) {
        List<String> values = new ArrayList<>();
        (value.isArray() ? value : List.of(value)).forEach(one -> values.add(one.asText()));
        return values;
    }

    /** Some kilobytes that unpack to many. */
    private Answer swollen() {
        try (ByteArrayOutputStream packed = new ByteArrayOutputStream()) {
            try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
                byte[] blanks = " ".repeat(8192).getBytes(StandardCharsets.US_ASCII);
                for (int left = swellBytes; left > 0; left -= blanks.length) {
                    gzip.write(blanks, 0, Math.min(left, blanks.length));
                }
            }
            return Answer.json(status, packed.toByteArray()).with("Content-Encoding", "gzip");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Answer text(int status, String body) {
        return body.stripLeading().startsWith("<") ? Answer.html(status, body)
                : Answer.json(status, body.getBytes(StandardCharsets.UTF_8));
    }

    private static Answer standard(int status) {
        return switch (status) {
            case 401 -> Refusal.of(401, Api.BAD_TOKEN).answer();
            case 403 -> Refusal.of(403, Api.FORBIDDEN).answer();
            case 404 -> Refusal.notFound().answer();
            case 422 -> Refusal.invalid(Json.object().set("base", Json.MAPPER.valueToTree(List.of("is invalid")))).answer();
            case 429 -> Refusal.of(429, Api.OVER_LIMIT).answer();
            case 500 -> Refusal.internal().answer();
            case 502, 503, 504 -> Answer.html(status,
                    "<html><head><title>" + status + "</title></head><body><h1>" + status + "</h1></body></html>");
            default -> status == 204 ? Answer.empty(204) : Refusal.of(status, "status " + status).answer();
        };
    }
}
