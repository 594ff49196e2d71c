package integration.salesloft.wake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.support.StaticApplicationContext;

/** A wait at a queue ends with a message, with the container, and otherwise in its time. */
@Timeout(20)
class WakeQueuesTest {

    private final WakeQueues queues = new WakeQueues();
    private final BlockingQueue<Exchange> queue = queues.create(1);
    private final Exchange message = new DefaultExchange(new DefaultCamelContext());

    @Test
    void endsWithAMessage() throws Exception {
        Waiting waiting = new Waiting();
        assertThat(queue.offer(message)).isTrue();
        assertThat(waiting.result.get()).isSameAs(message);
    }

    @Test
    void keepsNoMoreThanItMay() throws Exception {
        assertThat(queue.offer(message)).isTrue();
        assertThat(queue.offer(message)).isFalse();
        assertThat(queue.poll(1, TimeUnit.HOURS)).isSameAs(message);
        assertThat(queue.poll(1, TimeUnit.MILLISECONDS)).isNull();
    }

    /** What it wakes is not the business of whoever happened to wake it. */
    @Test
    void hasNoTrace() throws Exception {
        message.setProperty("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        assertThat(queue.add(message)).isTrue();
        assertThat(queue.poll(1, TimeUnit.HOURS).getProperties()).isEmpty();
    }

    @Test
    void endsWithTheContainer() throws Exception {
        Waiting waiting = new Waiting();
        queues.onApplicationEvent(new ContextClosedEvent(new StaticApplicationContext()));
        assertThat(waiting.result.get()).isNull();
        assertThat(queue.poll(1, TimeUnit.HOURS)).isNull();
        queue.add(message);
        assertThat(queue.poll(1, TimeUnit.HOURS)).isSameAs(message);
    }

    /** Somebody who waits for an hour. */
    private final class Waiting {

        private final CompletableFuture<Exchange> result = new CompletableFuture<>();

        Waiting() {
            Thread thread = new Thread(this::poll);
            thread.start();
            await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
        }

        private void poll() {
            try {
                result.complete(queue.poll(1, TimeUnit.HOURS));
            } catch (InterruptedException e) {
                result.completeExceptionally(e);
            }
        }
    }
}
