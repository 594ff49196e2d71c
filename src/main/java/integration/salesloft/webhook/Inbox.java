package integration.salesloft.webhook;

import integration.salesloft.idempotency.StoredKeys;
import integration.salesloft.start.FatalErrors;
import integration.salesloft.trace.Traces;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;

/**
 * Remembers an event by storing it, together with all others that wait at that moment: a commit costs the same for many as for one.
 * A few writers take turns; each stores what waits as soon as it is free, and waits for nothing else. What a batch is and what
 * becomes of it is a route's business: it is sent the properties {@code keys}, {@code events}, {@code documents} and {@code traceparents}
 * (arrays, in the same order), and leaves in the header {@code stored} the numbers of those that are new ({@code added}, from 1, comma between), or in
 * the header {@code refused} that PostgreSQL does not take one of them. Then each is stored alone, so that only the one is
 * refused. Nothing is ever forgotten: what is stored is true.
 */
public class Inbox extends StoredKeys {

    private final ProducerTemplate template;
    private final String uri;
    private final BlockingQueue<Event> waiting = new LinkedBlockingQueue<>();
    private int writers;
    private int mostEvents;
    private int mostCharacters;
    private long maxWait;
    private ExecutorService threads;

    /** @param uri of the route that stores a batch */
    public Inbox(ProducerTemplate template, String uri) {
        this.template = template;
        this.uri = uri;
    }

    /** @param writers how many batches are stored at once */
    public void setWriters(int writers) {
        this.writers = writers;
    }

    /** @param mostEvents in a batch */
    public void setMostEvents(int mostEvents) {
        this.mostEvents = mostEvents;
    }

    /** @param mostCharacters of documents after which a batch takes no further one */
    public void setMostCharacters(int mostCharacters) {
        this.mostCharacters = mostCharacters;
    }

    /** @param maxWait milliseconds that an event waits until it is stored */
    public void setMaxWait(long maxWait) {
        this.maxWait = maxWait;
    }

    @Override
    protected void doStart() {
        threads = Executors.newFixedThreadPool(writers, work -> {
            Thread writer = new Thread(work, "webhook-writer");
            writer.setDaemon(true);
            return writer;
        });
        for (int i = 0; i < writers; i++) {
            threads.execute(this::write);
        }
    }

    @Override
    protected void doStop() {
        threads.shutdownNow();
    }

    /** @throws RuntimeException when the event may or may not be stored: what the route failed with, or that it took too long */
    @Override
    public boolean add(Exchange exchange, String key) {
        Event event = new Event(key, exchange.getProperty("event", String.class), exchange.getProperty("document", String.class),
                exchange.getProperty(Traces.TRACEPARENT, String.class), new CompletableFuture<>());
        waiting.add(event);
        try {
            return event.added.get(maxWait, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e.getCause());
        } catch (TimeoutException | InterruptedException e) {
            waiting.remove(event); // unless a writer has it
            throw new IllegalStateException(e);
        }
    }

    /** How many wait that no writer has in hand. */
    int waiting() {
        return waiting.size();
    }

    private void write() {
        try {
            while (true) {
                store(next());
            }
        } catch (InterruptedException e) {
            // The routes end.
        }
    }

    /** Waits for an event, and takes with it all that wait. */
    private List<Event> next() throws InterruptedException {
        List<Event> batch = new ArrayList<>();
        int characters = 0;
        for (Event event = waiting.take(); event != null; event = batch.size() < mostEvents && characters < mostCharacters ? waiting.poll() : null) {
            batch.add(event);
            characters += event.document.length();
        }
        return batch;
    }

    /** Whatever happens, each event hears of it. */
    private void store(List<Event> batch) {
        try {
            Exchange answer = template.request(uri, exchange -> {
                exchange.setProperty("keys", batch.stream().map(Event::key).toArray(String[]::new));
                exchange.setProperty("events", batch.stream().map(Event::name).toArray(String[]::new));
                exchange.setProperty("documents", batch.stream().map(Event::document).toArray(String[]::new));
                exchange.setProperty("traceparents", batch.stream().map(Event::traceparent).toArray(String[]::new));
            });
            if (answer.getException() != null) {
                fail(batch, answer.getException());
            } else if (answer.getMessage().getHeader("refused") == null) {
                Set<String> added = new HashSet<>(numbers(answer));
                for (int i = 0; i < batch.size(); i++) {
                    batch.get(i).added.complete(added.contains(Integer.toString(i + 1)));
                }
            } else if (batch.size() == 1) {
                fail(batch, new IllegalStateException("PostgreSQL does not take it: SQLSTATE " + answer.getMessage().getHeader("refused")));
            } else {
                batch.forEach(event -> store(List.of(event)));
            }
        } catch (Throwable failure) { // a writer never ends, and nobody waits for nothing
            FatalErrors.endOn(failure);
            fail(batch, failure);
        }
    }

    private static List<String> numbers(Exchange answer) {
        Object added = answer.getMessage().getHeader("stored", Map.class).get("added");
        return added == null ? List.of() : List.of(added.toString().split(","));
    }

    private static void fail(List<Event> batch, Throwable failure) {
        batch.forEach(event -> event.added.completeExceptionally(failure));
    }

    /** @param added whether it is new, as soon as that is known */
    private record Event(String key, String name, String document, String traceparent, CompletableFuture<Boolean> added) {
    }
}
