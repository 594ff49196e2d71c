package integration.salesloft.webhook;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import integration.salesloft.digest.Sha256;
import integration.salesloft.http.BadRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Derives what makes a delivery the same as another, because SalesLoft sends no event id. The property {@code key} becomes, in
 * this order: the configured id, if the delivery carries it; event, resource id and {@code updated_at} as a UTC instant; event
 * and the SHA-256 of the body. The property {@code event} becomes the event's name as the header {@code x-salesloft-event} has it,
 * {@code unknown} without one or when that is no name: it is not signed, and is indexed. The property {@code document} becomes the
 * body as a string. The body itself is empty from then on: sql: would try, for each parameter, to read it as a map.
 */
public class Identity implements Processor {

    private static final String HEADER = "x-salesloft-event";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.:-]{1,100}");
    private static final Pattern NUMBER = Pattern.compile("-?[0-9]+");
    private static final int LONGEST = 200;
    private static final String NO_OBJECT = "not a JSON object";
    /** Bodies are bounded where they are read, and nothing of them is built here: no number or nesting is too large. */
    private static final JsonFactory JSON = JsonFactory.builder().streamReadConstraints(StreamReadConstraints.builder()
            .maxNumberLength(Integer.MAX_VALUE).maxNestingDepth(Integer.MAX_VALUE).maxNameLength(Integer.MAX_VALUE)
            .maxStringLength(Integer.MAX_VALUE).build()).disable(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES).build();

    private final String idName;

    /** @param idName name of the header or, without one, of the field that carries an event id; empty: there is none */
    public Identity(String idName) {
        this.idName = idName;
    }

    /** @throws BadRequest when the body is not a JSON object in UTF-8 */
    @Override
    public void process(Exchange exchange) {
        byte[] given = exchange.getMessage().getBody(byte[].class);
        byte[] body = given == null ? new byte[0] : given;
        String header = exchange.getMessage().getHeader(HEADER, String.class);
        String event = header != null && NAME.matcher(header.strip()).matches() ? header.strip() : "unknown";
        String text = text(body);
        String id = idName.isEmpty() ? null : exchange.getMessage().getHeader(idName, String.class);
        exchange.setProperty("event", event);
        exchange.setProperty("key", key(event, id, body));
        exchange.setProperty("document", text);
        exchange.getMessage().setBody(null);
    }

    private static String text(byte[] body) {
        String text = new String(body, StandardCharsets.UTF_8);
        // What is no UTF-8 becomes this character, which may also stand there by right.
        boolean utf8 = text.indexOf('\ufffd') < 0 || Arrays.equals(text.getBytes(StandardCharsets.UTF_8), body);
        // By these Jackson would know another encoding.
        if (!utf8 || text.startsWith("\ufeff") || text.indexOf('\0') >= 0) {
            throw new BadRequest(NO_OBJECT);
        }
        return text;
    }

    /**
     * @param idHeader value of the configured header, or null
     * @param body     in UTF-8: of bytes Jackson reads nearly twice as many as of characters
     */
    String key(String event, String idHeader, byte[] body) {
        String id = null;
        String updatedAt = null;
        String given = idHeader;
        try (JsonParser json = JSON.createParser(body)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new BadRequest(NO_OBJECT);
            }
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String name = json.currentName();
                JsonToken value = json.nextToken();
                // Of a name that is given twice the last one counts, as in PostgreSQL.
                if (name.equals("id")) {
                    id = value == JsonToken.VALUE_NUMBER_INT || value == JsonToken.VALUE_STRING ? json.getText() : null;
                } else if (name.equals("updated_at")) {
                    updatedAt = value == JsonToken.VALUE_STRING ? json.getText() : null;
                } else if (name.equals(idName) && idHeader == null) {
                    given = value.isScalarValue() && value != JsonToken.VALUE_NULL ? json.getText() : null;
                }
                json.skipChildren();
            }
            if (json.nextToken() != null) {
                throw new BadRequest(NO_OBJECT);
            }
        } catch (IOException e) {
            throw new BadRequest(NO_OBJECT);
        }
        if (given != null && !given.isBlank()) {
            return bounded("id:" + given.strip());
        }
        String instant = instant(updatedAt);
        boolean versioned = id != null && NUMBER.matcher(id).matches() && instant != null;
        return bounded(event + ":" + (versioned ? id + ":" + instant : Sha256.hex(body)));
    }

    /** One text for one instant, however SalesLoft writes it; null when it is none. */
    private static String instant(String updatedAt) {
        try {
            return updatedAt == null ? null : OffsetDateTime.parse(updatedAt).toInstant().toString();
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** A key is indexed, and no text from outside may be too long for that. */
    private static String bounded(String key) {
        return key.length() <= LONGEST ? key : "sha256:" + Sha256.hex(key);
    }

}
