package integration.salesloft.gateway;

import java.util.HashMap;
import java.util.Map;
import org.apache.camel.ExchangeProperty;

/**
 * Tells one resource that fails from a SalesLoft that is ill. A resource whose calls have failed several times in a row is left
 * alone for a while, then one call finds out whether it is better. As long as no other resource fails too, its further
 * failures are excused: they say nothing about SalesLoft.
 */
public class SickResources {

    private final int failuresInARow;
    private final long waitMillis;
    private final long memoryMillis;
    private final Map<String, Sickness> sick = new HashMap<>();

    private static final class Sickness {
        int failures;
        long failedAt;
        long nextTry;
    }

    /**
     * @param failuresInARow after so many failures a resource is left alone
     * @param waitMillis     for so long
     * @param memoryMillis   so long ago another resource may have failed to count as failing: whoever has not been asked since
     *                       may be well again
     */
    public SickResources(int failuresInARow, long waitMillis, long memoryMillis) {
        this.failuresInARow = failuresInARow;
        this.waitMillis = waitMillis;
        this.memoryMillis = memoryMillis;
    }

    /** Whether a resource is to be left alone now. Answers false to one caller each time the wait is over. */
    public synchronized boolean refuses(@ExchangeProperty("resource") String resource) {
        Sickness sickness = sick.get(resource);
        long now = now();
        if (sickness == null || sickness.failures < failuresInARow) {
            return false;
        }
        if (now < sickness.nextTry) {
            return true;
        }
        sickness.nextTry = now + waitMillis;
        return false;
    }

    /** Notes that a call for a resource has failed. Whether that is excused: it is known to be sick, and no other is. */
    public synchronized boolean excuses(@ExchangeProperty("resource") String resource) {
        long now = now();
        Sickness sickness = sick.computeIfAbsent(resource, name -> new Sickness());
        sickness.failures++;
        sickness.failedAt = now;
        sickness.nextTry = now + waitMillis;
        return sickness.failures > failuresInARow
                && sick.values().stream().noneMatch(other -> other != sickness && now - other.failedAt < memoryMillis);
    }

    /** Notes that a call for a resource was answered. */
    public synchronized void answered(@ExchangeProperty("resource") String resource) {
        sick.remove(resource);
    }

    private static long now() {
        return System.nanoTime() / 1_000_000;
    }
}
