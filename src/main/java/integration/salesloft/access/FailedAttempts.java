package integration.salesloft.access;

import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How often each address has lately shown a token that does not count, a state that was never given out,
 * or a code that the identity provider refuses. It is a bucket that an attempt fills and time empties; while it is full
 * the address is to come later. Whoever shows one that counts is not asked for his address, so that who shares one with somebody who tries, behind a
 * proxy, is not kept out.
 */
public class FailedAttempts {

    private static final Logger LOG = LoggerFactory.getLogger("access");

    private final int most;
    private final long eachMs;
    private final Map<String, Bucket> buckets;

    /**
     * @param level attempts, of which time has taken some since {@code atMs}
     * @param told  whether the log has said that it is full
     */
    private record Bucket(double level, long atMs, boolean told) {
    }

    /**
     * @param most      attempts of an address at once
     * @param eachMs    milliseconds until there is room for another one
     * @param addresses of so many is known; then the one that has been quiet for longest is forgotten
     */
    public FailedAttempts(int most, long eachMs, int addresses) {
        this.most = most;
        this.eachMs = eachMs;
        this.buckets = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
                return size() > addresses;
            }
        };
    }

    /** Counts an attempt; 0, or the seconds after which there will be room for one. What was too many is not counted, or it would never end. */
    public int add(String address) {
        return add(address, System.nanoTime() / 1_000_000);
    }

    /** Whether there is room for an attempt, which is not counted: 0, or the seconds after which there will be. */
    public int waiting(String address) {
        return waiting(address, System.nanoTime() / 1_000_000);
    }

    synchronized int waiting(String address, long nowMs) {
        Bucket before = buckets.get(address);
        return before == null ? 0 : seconds(level(before, nowMs));
    }

    private double level(Bucket before, long nowMs) {
        return Math.max(0, before.level - (double) (nowMs - before.atMs) / eachMs);
    }

    /** Until there is room for one more than so many. */
    private int seconds(double level) {
        return level + 1 > most ? (int) Math.max(1, Math.ceil((level + 1 - most) * eachMs / 1000)) : 0;
    }

    synchronized int add(String address, long nowMs) {
        Bucket before = buckets.getOrDefault(address, new Bucket(0, nowMs, false));
        double level = level(before, nowMs);
        boolean told = before.told && level > 0;
        if (level + 1 > most) {
            if (!told) {
                buckets.put(address, new Bucket(level, nowMs, true));
                LOG.warn("{} shows one token after the other that does not count; it is answered 429 until it comes less often", address);
            }
            return seconds(level);
        }
        buckets.put(address, new Bucket(level + 1, nowMs, told));
        return 0;
    }

    /** Begins anew. */
    public synchronized void forget() {
        buckets.clear();
    }

    synchronized int addresses() {
        return buckets.size();
    }
}
