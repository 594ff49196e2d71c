package integration.salesloft.http;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** An upload as it comes. Whoever sends it too slowly, or still sends when the container stops, is cut off. */
final class PacedStream extends FilterInputStream {

    private final Intake intake;
    private final Pace pace = new Pace();
    private long waited;

    PacedStream(InputStream upload, Intake intake) {
        super(upload);
        this.intake = intake;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        int read;
        do {
            read = read(one, 0, 1);
        } while (read == 0);
        return read < 0 ? -1 : one[0] & 0xFF;
    }

    /**
     * @throws IOException when the sender is too slow; only the time that was spent waiting for him counts
     * @throws IllegalStateException when the container stops: what was sent may be sent again, elsewhere
     */
    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        long begun = System.nanoTime();
        int read = super.read(target, offset, length);
        waited += System.nanoTime() - begun;
        pace.add(Math.max(0, read));
        if (read >= 0 && intake.isStopping()) {
            throw new IllegalStateException("the container stops");
        }
        if (read >= 0 && pace.isTooSlow(waited)) {
            throw new IOException("too slow");
        }
        return read;
    }

    @Override
    public long skip(long bytes) throws IOException {
        return readNBytes((int) Math.min(bytes, 8192)).length;
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}
