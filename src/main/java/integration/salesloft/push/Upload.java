package integration.salesloft.push;

import com.fasterxml.jackson.core.JsonProcessingException;
import integration.salesloft.http.BadRequest;
import integration.salesloft.http.RequestTimeout;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** The rows of one upload, in batches, as they are read; no more than one batch is in memory. */
public class Upload implements Iterator<String> {

    private static final int BYTE_ORDER_MARK = 0xEF;

    /** Where rows come from, one after the other. */
    interface Source {
        /** The next row, or null when there is none. */
        Row next() throws IOException;
    }

    /** How a body is read. */
    interface Format {
        Source read(InputStream body) throws IOException;
    }

    private final DigestInputStream body;
    private final Batch batch = new Batch();
    private final Format format;
    private final int mostRows;
    private Source source;
    private boolean ended;
    private int count;

    Upload(InputStream body, String how, int mostRows, Format format) {
        try {
            this.body = new DigestInputStream(body == null ? InputStream.nullInputStream() : body, MessageDigest.getInstance("SHA-256"));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        this.body.getMessageDigest().update((how + "\n").getBytes(StandardCharsets.UTF_8));
        this.format = format;
        this.mostRows = mostRows;
    }

    /**
     * Whether there is another batch.
     *
     * @throws BadRequest when what follows cannot be read, naming where; nothing after it is read
     * @throws RequestTimeout when whoever sends stops sending
     */
    @Override
    public boolean hasNext() {
        if (ended || !batch.isEmpty()) {
            return !batch.isEmpty();
        }
        ended = true; // unless there turns out to be more
        try {
            if (source == null) {
                source = format.read(withoutMark());
            }
            Row row = null;
            while (!batch.isFull() && (row = source.next()) != null) {
                if (batch.number() >= mostRows) {
                    throw new BadRequest("more than " + mostRows + " rows: send them as several uploads");
                }
                batch.add(row);
            }
            ended = row == null;
            if (ended) {
                body.transferTo(OutputStream.nullOutputStream());
            }
            return !batch.isEmpty();
        } catch (JsonProcessingException e) {
            String where = e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr();
            throw new BadRequest("cannot be read" + where + ", after " + batch.number() + " rows: "
                    + e.getOriginalMessage().replaceFirst(" \\(start marker at .*", ""));
        } catch (CharacterCodingException e) {
            throw new BadRequest("not UTF-8, after " + batch.number() + " rows");
        } catch (IOException e) {
            throw new RequestTimeout("cut off after " + batch.number() + " rows, of which none was kept");
        }
    }

    @Override
    public String next() {
        if (batch.isEmpty() && !hasNext()) {
            throw new NoSuchElementException();
        }
        count = batch.size();
        return batch.take();
    }

    /** Rows in the batch that was taken last. */
    public int getCount() {
        return count;
    }

    /** Rows read so far. */
    public int getTotal() {
        return batch.number();
    }

    /** SHA-256 of the body, once all of it is read, and of how it is to be taken; in hex digits. */
    public String getDigest() {
        return HexFormat.of().formatHex(body.getMessageDigest().digest());
    }

    /** Spreadsheets begin a file with a mark that is no part of its first name. */
    private InputStream withoutMark() throws IOException {
        PushbackInputStream start = new PushbackInputStream(body, 3) {
            @Override
            public void close() {
                // What comes after the last row is still to be read.
            }
        };
        byte[] first = start.readNBytes(3);
        boolean mark = first.length == 3 && (first[0] & 0xFF) == BYTE_ORDER_MARK && (first[1] & 0xFF) == 0xBB && (first[2] & 0xFF) == 0xBF;
        if (!mark) {
            start.unread(first);
        }
        return start;
    }
}
