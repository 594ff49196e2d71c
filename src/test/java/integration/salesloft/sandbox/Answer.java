package integration.salesloft.sandbox;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What goes back to the caller: an HTTP answer, silence, or a cut connection. */
final class Answer {

    private static final byte[] NOTHING = {};

    final int status;
    final byte[] body;
    /** Each with its values, of which most have one. */
    final Map<String, List<String>> headers = new LinkedHashMap<>();
    /** Sends it byte by byte, or null. */
    Fault drip;
    /** What happens to the caller instead of an answer, or null. */
    final Fault.Loss loss;
    private final Fault fault;

    private Answer(int status, byte[] body, Fault fault, Fault.Loss loss) {
        this.status = status;
        this.body = body;
        this.fault = fault;
        this.loss = loss;
    }

    static Answer json(int status, Object body) {
        return json(status, Json.bytes(body));
    }

    static Answer json(int status, byte[] body) {
        Answer answer = new Answer(status, body, null, null);
        return answer.with("Content-Type", "application/json; charset=utf-8");
    }

    static Answer html(int status, String body) {
        Answer answer = new Answer(status, body.getBytes(StandardCharsets.UTF_8), null, null);
        return answer.with("Content-Type", "text/html; charset=utf-8");
    }

    static Answer data(Object record) {
        return json(200, Map.of("data", record));
    }

    static Answer empty(int status) {
        return new Answer(status, NOTHING, null, null);
    }

    static Answer lost(Fault fault, Fault.Loss loss) {
        return new Answer(0, NOTHING, fault, loss);
    }

    /** Keeps the caller waiting, if that is what becomes of it. */
    void hold() {
        if (loss == Fault.Loss.HANG) {
            fault.hang();
        }
    }

    Answer with(String header, Object value) {
        headers.put(header, List.of(String.valueOf(value)));
        return this;
    }

    /** How the statistics call it. */
    String outcome() {
        return loss == null ? String.valueOf(status) : loss.name().toLowerCase(Locale.ROOT);
    }
}
