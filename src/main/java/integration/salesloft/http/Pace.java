package integration.salesloft.http;

/** How fast somebody sends: after a few seconds, less than the least rate is too slow. */
final class Pace {

    /** Bytes a second: a sender below it holds more here than he brings. */
    private static final long LEAST_RATE = 1024;
    /** Nanoseconds before the rate counts. */
    private static final long GRACE_NANOS = 3_000_000_000L;

    private final long begun = System.nanoTime();
    private long bytes;

    void add(long more) {
        bytes += more;
    }

    boolean isTooSlow() {
        return isTooSlow(System.nanoTime() - begun);
    }

    /** @param nanos how long was waited for the sender */
    boolean isTooSlow(long nanos) {
        return nanos > GRACE_NANOS && bytes < LEAST_RATE * (nanos / 1_000_000_000L);
    }
}
