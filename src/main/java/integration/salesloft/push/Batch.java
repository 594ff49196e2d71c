package integration.salesloft.push;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;

/** Some rows as one JSON array. */
class Batch {

    private static final int MOST_ROWS = 1_000;

    private final StringWriter text = new StringWriter();
    private int number;
    private int rows;

    void add(Row row) {
        text.append(rows++ == 0 ? '[' : ',');
        try (JsonGenerator json = Row.JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeNumberField("number", ++number);
            if (row.key() != null) {
                json.writeStringField("key", row.key());
            }
            if (row.traceparent() != null) {
                json.writeStringField("traceparent", row.traceparent());
            }
            if (row.csv()) {
                json.writeBooleanField("csv", true);
            }
            if (row.error() == null) {
                json.writeFieldName("row");
                json.writeRawValue(row.json());
            } else {
                json.writeStringField("error", row.error());
                json.writeStringField("text", row.text());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isEmpty() {
        return rows == 0;
    }

    int size() {
        return rows;
    }

    boolean isFull() {
        return rows >= MOST_ROWS || text.getBuffer().length() >= Row.LONGEST;
    }

    /** How many rows there have been, over all batches. */
    int number() {
        return number;
    }

    /** What is in it, which then begins anew. */
    String take() {
        String batch = text.append(']').toString();
        text.getBuffer().setLength(0);
        rows = 0;
        return batch;
    }
}
