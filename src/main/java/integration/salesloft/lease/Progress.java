package integration.salesloft.lease;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.camel.ExchangeProperty;

/** Which of this process's leases have a worker that makes progress: the leases that may be renewed. */
public class Progress {

    private static final long RESTS = Long.MAX_VALUE;

    private final long mostNanos;
    /** Until when each lease is renewed, as {@link System#nanoTime()} counts. */
    private final Map<String, Long> renewedUntil = new ConcurrentHashMap<>();

    /** @param mostMillis a worker that makes no progress for so long is taken for one that hangs */
    public Progress(long mostMillis) {
        mostNanos = mostMillis * 1_000_000;
    }

    /** The worker that holds this lease has done a step. Null, for work that no lease is held for, counts for nothing. */
    public void made(@ExchangeProperty("lease") String lease) {
        if (lease != null) {
            renewedUntil.put(lease, System.nanoTime() + mostNanos);
        }
    }

    /** The worker has nothing left to do and keeps its lease, for as long as it likes, until it makes its next step. */
    public void rests(String lease) {
        renewedUntil.put(lease, RESTS);
    }

    /** The names of the leases to renew, as PostgreSQL writes an array of texts. */
    public String working() {
        long now = System.nanoTime();
        renewedUntil.values().removeIf(until -> until != RESTS && until - now < 0);
        return renewedUntil.keySet().stream().map(lease -> '"' + lease + '"').collect(Collectors.joining(",", "{", "}"));
    }
}
