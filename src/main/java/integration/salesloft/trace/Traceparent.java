package integration.salesloft.trace;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * The header of W3C's Trace Context, <a href="https://www.w3.org/TR/trace-context/">Level 1</a>, such as
 * {@code 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01}: version, trace, span and flags.
 */
public final class Traceparent {

    private static final int LENGTH = 55;
    private static final int TRACE_BEGINS = 3;
    private static final int TRACE_ENDS = 35;
    private static final Pattern WELL_FORMED = Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");
    private static final HexFormat HEX = HexFormat.of();

    private Traceparent() {
    }

    /** What somebody sent, as version 00, or null when it is missing or malformed. A later version may have more fields, which are left out. */
    public static String read(String sent) {
        if (sent == null || sent.length() < LENGTH) {
            return null;
        }
        String known = sent.substring(0, LENGTH);
        boolean more = sent.length() > LENGTH && (known.startsWith("00") || sent.charAt(LENGTH) != '-');
        return more || !WELL_FORMED.matcher(known).matches() ? null : "00" + known.substring(2);
    }

    /**
     * One of a trace that begins here. It counts as recorded, because the log has it: what comes after then decides on its own
     * whether to record, as if nothing had come before.
     */
    static String begin() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return "00-" + HEX.toHexDigits(random.nextLong()) + HEX.toHexDigits(random.nextLong() | 1) + "-" + HEX.toHexDigits(random.nextLong() | 1) + "-01";
    }

    /** The id of its trace: 32 hexadecimal digits. */
    public static String traceId(String traceparent) {
        return traceparent.substring(TRACE_BEGINS, TRACE_ENDS);
    }
}
