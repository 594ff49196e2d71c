package integration.salesloft.sandbox;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the sandbox does wrong, said in one line: {@code on("POST", "/v2/people").times(1).afterWork().resets()}. The first part says
 * which calls it meets, the others how often and what the caller sees. Without {@code answers}, {@code hangs} or {@code resets} a call
 * is answered as ever, only later or with other headers.
 *
 * <p>Rules never change: each method returns a new one. As JSON a rule is what {@code POST /sandbox/faults} takes, one of a list.
 */
public final class FaultRule {

    private final Map<String, Object> parts;

    private FaultRule(Map<String, Object> parts) {
        this.parts = parts;
    }

    /** Calls of this method to exactly this path, with or without {@code .json}; the path may be a regular expression. */
    public static FaultRule on(String method, String path) {
        return new FaultRule(Map.of("method", method, "path", path + "(\\.json)?"));
    }

    /** Calls of any method to every path that begins like this; the beginning may be a regular expression. */
    public static FaultRule under(String beginning) {
        return new FaultRule(Map.of("path", beginning + ".*"));
    }

    /** Only calls whose query contains this text, or meets this regular expression. */
    public FaultRule query(String part) {
        return with("query", part);
    }

    /** Only calls whose body contains this text. */
    public FaultRule containing(String text) {
        return with("contains", text);
    }

    /** So many calls are spared first. */
    public FaultRule afterCalls(int calls) {
        return with("after", calls);
    }

    /** Meets so many calls and no more; if this is not said, every one until the faults are replaced. */
    public FaultRule times(int calls) {
        return with("times", calls);
    }

    /** The answer comes so much later, to the millisecond. */
    public FaultRule delayed(Duration delay) {
        return with("delayMs", delay.toMillis());
    }

    /** The body comes byte by byte, so far apart, to the millisecond. */
    public FaultRule dripping(Duration gap) {
        return with("dripMs", gap.toMillis());
    }

    /** The answer has this header; several values are a header that comes several times. */
    public FaultRule header(String name, String... values) {
        Map<String, Object> headers = new LinkedHashMap<>();
        if (parts.get("headers") instanceof Map<?, ?> before) {
            before.forEach((key, value) -> headers.put((String) key, value));
        }
        headers.put(name, List.of(values));
        return with("headers", headers);
    }

    /** SalesLoft does what it was asked for, and only the answer goes wrong. */
    public FaultRule afterWork() {
        return with("afterWork", true);
    }

    /** This status, with the body that SalesLoft sends with it. */
    public FaultRule answers(int status) {
        return with("status", status);
    }

    /** This status and body: a text as it is, everything else as JSON. */
    public FaultRule answers(int status, Object body) {
        return answers(status).with("body", body);
    }

    /** This status and so many bytes of blanks, packed into a small gzip. */
    public FaultRule answersSwollen(int status, int bytes) {
        return answers(status).with("swellBytes", bytes);
    }

    /** No answer until the faults are replaced, which cuts the connection. */
    public FaultRule hangs() {
        return with("hang", true);
    }

    /** The connection is cut instead of an answer. */
    public FaultRule resets() {
        return with("reset", true);
    }

    /** The rule by the names that {@code POST /sandbox/faults} has for its parts. */
    @JsonValue
    public Map<String, Object> parts() {
        return parts;
    }

    private FaultRule with(String part, Object value) {
        Map<String, Object> all = new LinkedHashMap<>(parts);
        all.put(part, value);
        return new FaultRule(all);
    }
}
