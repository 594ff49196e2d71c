package integration.salesloft.http;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestEvent;
import jakarta.servlet.ServletRequestListener;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.ApplicationListener;
import org.springframework.stereotype.Component;

/**
 * What all requests together may take of this process before and while they are answered: so many bytes of bodies, and nothing
 * before the routes are up.
 */
@Component
class Intake implements ServletRequestListener, ApplicationListener<AvailabilityChangeEvent<?>>, DisposableBean {

    /**
     * Bytes of bodies that may be held at once: an eighth of the heap, because the route that takes a body holds it as bytes, as
     * text and as a tree, several times its size.
     */
    private static final long MOST_HELD = Runtime.getRuntime().maxMemory() / 8;
    private static final String HELD = Intake.class.getName() + ".held";

    private final AtomicLong held = new AtomicLong();
    private final Set<Arrival> arrivals = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "late-bodies");
        thread.setDaemon(true);
        return thread;
    });
    private volatile boolean open;
    private volatile boolean stopping;

    Intake() {
        clock.scheduleWithFixedDelay(() -> arrivals.forEach(Arrival::look), 500, 500, TimeUnit.MILLISECONDS);
    }

    /** The routes are up: they serve what comes until the port is closed. */
    boolean isOpen() {
        return open;
    }

    /** The container is about to stop, and does not wait for what is still under way. */
    boolean isStopping() {
        return stopping;
    }

    /** Ready: requests are let in. About to stop: nobody waits any more for bodies that are still under way. */
    @Override
    public void onApplicationEvent(AvailabilityChangeEvent<?> change) {
        if (change.getState() instanceof ReadinessState readiness) {
            if (readiness == ReadinessState.ACCEPTING_TRAFFIC) {
                open = true;
            } else {
                stopping = open;
                arrivals.forEach(Arrival::giveUp);
            }
        }
    }

    /** Counts bytes that are about to be held; false when there is no room for them. */
    boolean take(long bytes) {
        if (held.addAndGet(bytes) <= MOST_HELD) {
            return true;
        }
        held.addAndGet(-bytes);
        return false;
    }

    void giveBack(long bytes) {
        held.addAndGet(-bytes);
    }

    /** The bytes are held until the request is over, whoever answers it. */
    static void keepUntilTheEnd(ServletRequest request, long bytes) {
        request.setAttribute(HELD, bytes);
    }

    @Override
    public void requestDestroyed(ServletRequestEvent over) {
        if (over.getServletRequest().getAttribute(HELD) instanceof Long bytes) {
            over.getServletRequest().removeAttribute(HELD);
            giveBack(bytes);
        }
    }

    void watch(Arrival arrival) {
        arrivals.add(arrival);
        if (stopping) {
            arrival.giveUp(); // it came just as the others were given up
        }
    }

    void forget(Arrival arrival) {
        arrivals.remove(arrival);
    }

    @Override
    public void destroy() {
        clock.shutdownNow();
    }
}
