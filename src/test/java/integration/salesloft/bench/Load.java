package integration.salesloft.bench;

import static integration.salesloft.Quotes.quoted;

import integration.salesloft.Delivery;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Sends signed events over kept connections, with as little work of its own as can be. */
final class Load {

    private static final String PATH = "/webhooks/salesloft";
    private static final AtomicLong NEXT = new AtomicLong();

    private final int port;
    private final String document;
    private final AtomicLong refused = new AtomicLong();

    /** @param document a person; its id and version are replaced in each event */
    Load(int port, String document) {
        this.port = port;
        this.document = document;
    }

    /** As many as go in so many seconds over so many connections; how many were taken. */
    long run(int connections, double seconds) throws Exception {
        long until = System.nanoTime() + (long) (seconds * 1e9);
        return inParallel(connections, () -> {
            long mine = 0;
            try (Connection connection = new Connection(port)) {
                while (System.nanoTime() < until) {
                    mine += connection.post(event()) ? 1 : refused();
                }
            }
            return mine;
        }).stream().mapToLong(Long::longValue).sum();
    }

    /** Latencies in nanoseconds, sorted, of so many events a second; counted from when each was due. */
    long[] latencies(int perSecond, int connections, int seconds) throws Exception {
        AtomicLong number = new AtomicLong();
        long begun = System.nanoTime() + 10_000_000;
        long all = (long) perSecond * seconds;
        List<List<Long>> seen = inParallel(connections, () -> {
            List<Long> mine = new ArrayList<>();
            try (Connection connection = new Connection(port)) {
                for (long i = number.getAndIncrement(); i < all; i = number.getAndIncrement()) {
                    long due = begun + i * 1_000_000_000L / perSecond;
                    byte[] event = event();
                    while (System.nanoTime() < due) {
                        LockSupport.parkNanos(due - System.nanoTime());
                    }
                    if (!connection.post(event)) {
                        refused();
                    }
                    mine.add(System.nanoTime() - due);
                }
            }
            return mine;
        });
        long[] sorted = seen.stream().flatMap(List::stream).mapToLong(Long::longValue).toArray();
        Arrays.sort(sorted);
        return sorted;
    }

    private int refused() {
        refused.incrementAndGet();
        return 0;
    }

    /** How many were not taken so far. */
    long refusals() {
        return refused.get();
    }

    private static <T> List<T> inParallel(int threads, Callable<T> work) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> result : pool.invokeAll(Collections.nCopies(threads, work))) {
                results.add(result.get());
            }
            return results;
        } finally {
            pool.shutdown();
        }
    }

    private byte[] event() {
        long number = NEXT.incrementAndGet();
        return document.replace(quoted("'id':1,"), quoted("'id':%s,", number % 200_000 + 1))
                .replace("2026-01-01T00:00:00.000000", "2026-01-01T00:00:%02d.%06d".formatted(number / 1_000_000, number % 1_000_000))
                .getBytes(StandardCharsets.UTF_8);
    }

    private static final class Connection implements AutoCloseable {

        private final int port;
        private Socket socket;
        private InputStream in;
        private OutputStream out;

        Connection(int port) throws IOException {
            this.port = port;
            open();
        }

        private void open() throws IOException {
            socket = new Socket("localhost", port);
            socket.setTcpNoDelay(true);
            in = new BufferedInputStream(socket.getInputStream());
            out = socket.getOutputStream();
        }

        /** Whether it was taken. */
        boolean post(byte[] body) throws IOException {
            byte[] head = ("POST " + PATH + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " + body.length
                    + "\r\nx-salesloft-event: person_updated\r\nx-salesloft-signature: " + Delivery.signature("HmacSHA1", Delivery.TOKEN, body)
                    + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
            byte[] request = Arrays.copyOf(head, head.length + body.length);
            System.arraycopy(body, 0, request, head.length, body.length);
            try {
                out.write(request);
                if (line().startsWith("HTTP/1.1 20")) {
                    skipRest();
                    return true;
                }
            } catch (IOException e) {
                // The connection was cut off.
            }
            close(); // whatever else it says
            open();
            return false;
        }

        private void skipRest() throws IOException {
            int length = 0;
            for (String header = line(); !header.isEmpty(); header = line()) {
                if (header.regionMatches(true, 0, "content-length:", 0, 15)) {
                    length = Integer.parseInt(header.substring(15).strip());
                }
            }
            in.skipNBytes(length);
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int c = in.read(); c != '\n'; c = in.read()) {
                if (c < 0) {
                    throw new IOException("the connection was cut off");
                }
                if (c != '\r') {
                    line.append((char) c);
                }
            }
            return line.toString();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
