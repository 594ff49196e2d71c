package integration.salesloft.http;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import org.springframework.http.HttpStatus;

/**
 * A body that is still under way. No thread waits for it: Tomcat tells when something of it has come, and the clock of the intake
 * looks whether it is late. When it is whole, or refused, the request is dispatched to the filter once more, which finds it in
 * the attribute of this class's name.
 */
final class Arrival implements ReadListener {

    static final String ATTRIBUTE = Arrival.class.getName();

    /** Nanoseconds: no body of a mebibyte takes longer. */
    private static final long MOST_NANOS = 10_000_000_000L;
    /** Nanoseconds without a byte: less than Tomcat's own time-out (connection-timeout), which would make an error of it. */
    private static final long MOST_SILENCE_NANOS = 4_000_000_000L;
    /** Nanoseconds: so long somebody who was refused may still send, or he would see his connection reset in place of the answer. */
    private static final long LINGER_NANOS = 2_000_000_000L;
    private static final int FIRST_BYTES = 4096;

    private final Intake intake;
    private final Paths paths;
    private final HttpServletRequest request;
    private final HttpServletResponse response;
    private final ServletInputStream in;
    private final long declared;
    private final Pace pace = new Pace();
    private AsyncContext async;
    private byte[] body = {};
    private int length;
    /** Answered: what still comes is thrown away. */
    private boolean refused;
    private boolean over;
    private long heard = System.nanoTime();
    private long until = heard + MOST_NANOS;

    Arrival(Intake intake, Paths paths, HttpServletRequest request, HttpServletResponse response) throws IOException {
        this.intake = intake;
        this.paths = paths;
        this.request = request;
        this.response = response;
        this.in = request.getInputStream();
        this.declared = request.getContentLengthLong();
    }

    /** Reads what has come with the head of the request, which for ordinary requests is all; whether it is. Never waits. */
    synchronized boolean isHere() throws IOException {
        if (declared < 0 || in.available() == 0) {
            return false; // how long it is its chunks say
        }
        // The first byte is there, and shows how many are.
        int first = in.read();
        int arrived = (int) Math.min(declared, 1L + in.available());
        if (first < 0 || !room(arrived)) {
            return false;
        }
        body[length++] = (byte) first;
        length += in.readNBytes(body, length, arrived - length);
        pace.add(length);
        return length == declared;
    }

    /** Goes on without a thread. */
    void await() {
        request.setAttribute(ATTRIBUTE, this);
        async = request.startAsync();
        async.setTimeout(0); // the intake's clock keeps the time, also while Tomcat's is stopped
        in.setReadListener(this);
        intake.watch(this);
    }

    /** Answers now, and lets what is still sent run into the void for a moment. */
    void refuse(HttpStatus status) throws IOException {
        reject(status);
        await();
    }

    @Override
    public synchronized void onDataAvailable() throws IOException {
        while (!over && in.isReady()) {
            if (!refused && length == body.length) {
                room(length + 1);
            }
            int read = refused ? in.read(new byte[FIRST_BYTES]) : in.read(body, length, body.length - length);
            if (read < 0) {
                return; // onAllDataRead follows
            }
            if (!refused) {
                length += read;
                pace.add(read);
                heard = System.nanoTime();
            }
            look();
        }
    }

    @Override
    public synchronized void onAllDataRead() {
        end();
    }

    /** Nothing came for as long as a connection may be silent; or it broke off, or its chunks are none. */
    @Override
    public synchronized void onError(Throwable failure) {
        finish(failure instanceof SocketTimeoutException ? HttpStatus.REQUEST_TIMEOUT : HttpStatus.BAD_REQUEST);
    }

    /** Whoever is late is told so. */
    synchronized void look() {
        long now = System.nanoTime();
        if (now > until || !refused && (pace.isTooSlow() || now > heard + MOST_SILENCE_NANOS)) {
            finish(HttpStatus.REQUEST_TIMEOUT);
        }
    }

    /** The container stops. */
    synchronized void giveUp() {
        finish(HttpStatus.SERVICE_UNAVAILABLE);
    }

    private void finish(HttpStatus status) {
        try {
            if (!over && !refused) {
                reject(status);
            }
        } catch (IOException e) {
            // He is gone.
        }
        end();
    }

    /** Room for so many bytes at least; without it the request is refused. */
    private boolean room(int bytes) throws IOException {
        if (bytes > paths.mostBytes()) {
            reject(HttpStatus.PAYLOAD_TOO_LARGE);
            return false;
        }
        int size = Math.max(bytes, Math.max(FIRST_BYTES, 2 * body.length));
        size = Math.min(size, declared < 0 ? paths.mostBytes() : (int) declared);
        if (!intake.take(size)) {
            reject(HttpStatus.SERVICE_UNAVAILABLE);
            return false;
        }
        byte[] before = body;
        body = Arrays.copyOf(before, size);
        intake.giveBack(before.length);
        return true;
    }

    private void reject(HttpStatus status) throws IOException {
        refused = true;
        until = System.nanoTime() + LINGER_NANOS;
        intake.giveBack(body.length);
        body = new byte[0];
        length = 0;
        HttpErrors.send(status, paths, request, response);
        response.flushBuffer();
    }

    private void end() {
        if (!over) {
            over = true;
            intake.forget(this);
            async.dispatch();
        }
    }

    /** Whether it was answered already. */
    synchronized boolean isRefused() {
        return refused;
    }

    /** The body, whose bytes are counted until the request is over. */
    synchronized byte[] body() {
        Intake.keepUntilTheEnd(request, body.length);
        return length == body.length ? body : Arrays.copyOf(body, length);
    }
}
