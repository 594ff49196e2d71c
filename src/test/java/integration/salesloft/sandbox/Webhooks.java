package integration.salesloft.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** Delivers events: the bare record, signed, and after a failure three more times before it is given up. */
final class Webhooks implements AutoCloseable {

    private static final int RETRIES = 3;
    private static final int CONNECT_MS = 5_000;
    private static final int READ_MS = 10_000;

    private final Supplier<Settings> settings;
    private final Stats stats;
    private final ScheduledThreadPoolExecutor pool;

    Webhooks(Supplier<Settings> settings, Stats stats) {
        this.settings = settings;
        this.stats = stats;
        AtomicLong number = new AtomicLong();
        pool = new ScheduledThreadPoolExecutor(4, task -> {
            Thread thread = new Thread(task, "sandbox-webhooks-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        pool.setKeepAliveTime(5, TimeUnit.SECONDS);
        pool.allowCoreThreadTimeOut(true);
        pool.setRemoveOnCancelPolicy(true);
    }

    static String signature(byte[] body, String token) {
        return Hmac.hex("HmacSHA1", token, body);
    }

    void deliver(String event, byte[] body, String url, String token) {
        stats.webhook("queued");
        schedule(() -> attempt(event, body, url, token, 0), 0);
    }

    private void attempt(String event, byte[] body, String url, String token, int retry) {
        if (posted(event, body, url, token)) {
            stats.webhook("delivered");
            return;
        }
        stats.webhook("failed");
        if (retry == RETRIES) {
            stats.webhook("givenUp");
        } else {
            schedule(() -> attempt(event, body, url, token, retry + 1), settings.get().number("webhookRetryGapMs"));
        }
    }

    private void schedule(Runnable attempt, long delayMs) {
        try {
            pool.schedule(attempt, delayMs, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            stats.webhook("givenUp");
        }
    }

    private static boolean posted(String event, byte[] body, String url, String token) {
        try {
            HttpURLConnection connection = (HttpURLConnection) new URL(url).openConnection();
            connection.setConnectTimeout(CONNECT_MS);
            connection.setReadTimeout(READ_MS);
            connection.setInstanceFollowRedirects(false);
            connection.setRequestMethod("POST");
            connection.setDoOutput(true);
            // A streamed body keeps the JDK from quietly sending a POST a second time.
            connection.setFixedLengthStreamingMode(body.length);
            connection.setRequestProperty("Content-Type", "application/json");
            connection.setRequestProperty("x-salesloft-event", event);
            connection.setRequestProperty("x-salesloft-signature", signature(body, token));
            try (OutputStream out = connection.getOutputStream()) {
                out.write(body);
            }
            int status = connection.getResponseCode();
            try (InputStream in = status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
                if (in != null) {
                    in.readAllBytes();
                }
            }
            return status >= 200 && status < 300;
        } catch (IOException | IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }
}
