package integration.salesloft.wake;

import integration.salesloft.trace.Traces;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.component.seda.BlockingQueueFactory;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

/**
 * The queues of the routes that a message wakes (seda). Camel stops such routes one after the other, and each notices only when its
 * wait at the queue is over. With these queues that wait can be long, because it ends when the container stops.
 *
 * <p>A message says no more than that there is something to do, and one may stand for many: what it wakes begins a trace of its own, or goes
 * on with the one that is stored with the work.
 */
@Component("wake-queues")
@Order(Ordered.HIGHEST_PRECEDENCE)
class WakeQueues implements BlockingQueueFactory<Exchange>, ApplicationListener<ContextClosedEvent> {

    private final Set<Messages> queues = ConcurrentHashMap.newKeySet();

    @Override
    public BlockingQueue<Exchange> create() {
        return create(Integer.MAX_VALUE);
    }

    @Override
    public BlockingQueue<Exchange> create(int capacity) {
        Messages queue = new Messages(capacity);
        queues.add(queue);
        return queue;
    }

    /** Comes before the first route is stopped. */
    @Override
    public void onApplicationEvent(ContextClosedEvent stop) {
        queues.forEach(Messages::end);
    }

    private static final class Messages extends LinkedBlockingQueue<Exchange> {

        private static final long LAST_WAITS_MS = 20;

        private boolean ending;

        Messages(int capacity) {
            super(capacity);
        }

        @Override
        public boolean offer(Exchange message) {
            return told(super.offer(untraced(message)));
        }

        @Override
        public boolean offer(Exchange message, long timeout, TimeUnit unit) throws InterruptedException {
            return told(super.offer(untraced(message), timeout, unit));
        }

        @Override
        public void put(Exchange message) throws InterruptedException {
            super.put(untraced(message));
            told(true);
        }

        /** The message is the queue's own copy. */
        private static Exchange untraced(Exchange message) {
            message.removeProperty(Traces.TRACEPARENT);
            message.removeProperty(Traces.CALLER);
            return message;
        }

        private synchronized boolean told(boolean taken) {
            notifyAll();
            return taken;
        }

        @Override
        public synchronized Exchange poll(long timeout, TimeUnit unit) throws InterruptedException {
            if (isEmpty()) {
                TimeUnit.MILLISECONDS.timedWait(this, ending ? LAST_WAITS_MS : unit.toMillis(timeout));
            }
            return poll();
        }

        synchronized void end() {
            ending = true;
            notifyAll();
        }
    }
}
