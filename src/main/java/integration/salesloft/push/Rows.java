package integration.salesloft.push;

import integration.salesloft.trace.Traceparent;
import integration.salesloft.trace.Traces;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import org.apache.camel.Exchange;
import org.apache.camel.component.kafka.KafkaConstants;

/**
 * Reads people to write, in batches for {@code routes/sync/store-rows.sql}: JSON arrays of
 * {@code {"number":1,"row":{…}}}, or, where there is no row to be read, {@code {"number":2,"error":"…","text":"…"}}.
 */
public class Rows {

    private final int mostRows;

    /** @param mostRows that one upload may have */
    public Rows(int mostRows) {
        this.mostRows = mostRows;
    }

    /**
     * Begins to read an upload, as JSON (an object, or an array of them), NDJSON or CSV by its content type.
     *
     * @param contentType of the body, or null: JSON
     * @param how         what else makes two uploads different: it goes into the digest
     */
    public Upload open(InputStream body, String contentType, String how) {
        String type = contentType == null ? "" : contentType.replaceAll(";.*", "").strip().toLowerCase(Locale.ROOT);
        return new Upload(body, how, mostRows, switch (type) {
            case "application/x-ndjson", "application/ndjson", "application/jsonl" -> NdjsonSource::new;
            case "text/csv", "application/csv" -> CsvSource::new;
            default -> JsonSource::new;
        });
    }

    /** The records of one poll of a topic as one batch, keyed by topic, partition and offset, each in the trace that its sender names. */
    public String commands(List<Exchange> records) {
        Batch batch = new Batch();
        for (Exchange command : records) {
            batch.add(Row.json(command.getMessage().getBody(String.class)).keyed(command.getMessage().getHeader(KafkaConstants.TOPIC) + ":"
                    + command.getMessage().getHeader(KafkaConstants.PARTITION) + ":" + command.getMessage().getHeader(KafkaConstants.OFFSET))
                    .traced(Traceparent.read(command.getMessage().getHeader(Traces.TRACEPARENT, String.class))));
        }
        return batch.take();
    }
}
