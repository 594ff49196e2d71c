package integration.salesloft.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which events are stored together, and what each hears of it. */
class InboxTest {

    private final CamelContext camel = new DefaultCamelContext();
    private final ExecutorService requests = Executors.newCachedThreadPool();
    private final Semaphore commits = new Semaphore(0);
    private final Queue<List<String>> batches = new ConcurrentLinkedQueue<>();
    private Inbox inbox;

    @BeforeEach
    void start() throws Exception {
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:store").errorHandler(noErrorHandler()).process(InboxTest.this::store);
            }
        });
        camel.start();
        inbox = new Inbox(camel.createProducerTemplate(), "direct:store");
        inbox.setWriters(2);
        inbox.setMostEvents(64);
        inbox.setMostCharacters(1_000);
        inbox.setMaxWait(30_000);
        inbox.start();
    }

    @AfterEach
    void stop() {
        commits.release(1_000);
        inbox.stop();
        camel.stop();
        requests.shutdownNow();
    }

    /** What PostgreSQL would say: keys that begin with "old" were there, "bad" ones it does not take, and "down" is an outage. */
    private void store(Exchange exchange) throws InterruptedException {
        List<String> keys = List.of(exchange.getProperty("keys", String[].class));
        batches.add(keys);
        commits.acquire();
        if (keys.contains("down")) {
            throw new IllegalStateException("down");
        }
        if (keys.contains("bad")) {
            exchange.getMessage().setHeader("refused", "23514");
            return;
        }
        String added = IntStream.rangeClosed(1, keys.size()).filter(i -> !keys.get(i - 1).startsWith("old"))
                .mapToObj(Integer::toString).collect(Collectors.joining(","));
        exchange.getMessage().setHeader("stored", Collections.singletonMap("added", added.isEmpty() ? null : added));
    }

    @Test
    void storesTogetherWhatWaitsAndTellsEachItsOwnResult() {
        occupyWriters();
        List<CompletableFuture<Boolean>> waiting = IntStream.range(0, 100).mapToObj(i -> add((i % 3 == 0 ? "old" : "new") + i, "{}")).toList();
        awaitWaiting(100);
        oneWriterTakesABatch();
        oneWriterTakesABatch();
        commits.release(100);
        for (int i = 0; i < waiting.size(); i++) {
            assertThat(waiting.get(i).join()).isEqualTo(i % 3 != 0);
        }
        assertThat(batches.stream().map(List::size)).containsExactlyInAnyOrder(1, 1, 64, 36);
    }

    @Test
    void takesNoFurtherOneWhenTheDocumentsAreLarge() {
        occupyWriters();
        List<CompletableFuture<Boolean>> waiting = IntStream.range(0, 6).mapToObj(i -> add("new" + i, "x".repeat(500))).toList();
        awaitWaiting(6);
        for (int batch = 0; batch < 3; batch++) {
            oneWriterTakesABatch();
        }
        commits.release(100);
        assertThat(waiting).allSatisfy(one -> assertThat(one.join()).isTrue());
        assertThat(batches.stream().map(List::size)).containsExactly(1, 1, 2, 2, 2);
    }

    @Test
    void storesEachAloneWhenOneIsRefused() {
        occupyWriters();
        CompletableFuture<Boolean> first = add("new", "{}");
        CompletableFuture<Boolean> bad = add("bad", "{}");
        CompletableFuture<Boolean> old = add("old", "{}");
        awaitWaiting(3);
        oneWriterTakesABatch();
        commits.release(100);
        assertThat(first.join()).isTrue();
        assertThat(old.join()).isFalse();
        assertThatThrownBy(bad::join).hasRootCauseMessage("PostgreSQL does not take it: SQLSTATE 23514");
    }

    @Test
    void tellsAllOfABatchThatItFailedAndGoesOn() {
        occupyWriters();
        List<CompletableFuture<Boolean>> waiting = List.of(add("new1", "{}"), add("down", "{}"), add("new2", "{}"));
        awaitWaiting(3);
        oneWriterTakesABatch();
        commits.release(100);
        assertThat(waiting).allSatisfy(one -> assertThatThrownBy(one::join).hasRootCauseMessage("down"));
        assertThat(add("new3", "{}").join()).isTrue();
    }

    @Test
    void givesUpAfterItsPatienceAndIsNotStoredAfterThat() {
        occupyWriters();
        inbox.setMaxWait(50);
        assertThatThrownBy(add("late", "{}")::join).hasRootCauseInstanceOf(TimeoutException.class);
        inbox.setMaxWait(30_000);
        commits.release(100);
        assertThat(add("new", "{}").join()).isTrue();
        assertThat(batches).noneMatch(batch -> batch.contains("late"));
    }

    /** Each of them commits something that takes as long as the test wants. */
    private void occupyWriters() {
        add("first", "{}");
        await().until(() -> batches.size() == 1);
        add("second", "{}");
        await().until(() -> batches.size() == 2);
    }

    /** Two that take events at once would share them. */
    private void oneWriterTakesABatch() {
        int before = batches.size();
        commits.release();
        await().until(() -> batches.size() == before + 1);
    }

    private void awaitWaiting(int events) {
        await().until(() -> inbox.waiting() == events);
    }

    private CompletableFuture<Boolean> add(String key, String document) {
        Exchange exchange = new DefaultExchange(camel);
        exchange.setProperty("event", "person_updated");
        exchange.setProperty("document", document);
        return CompletableFuture.supplyAsync(() -> inbox.add(exchange, key), requests);
    }
}
