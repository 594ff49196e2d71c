package integration.salesloft.push;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;

/**
 * A row as it came.
 *
 * @param json  its JSON, escaped to ASCII, or null
 * @param error why there is none, or null
 * @param text  what was there instead, or null
 * @param csv   whether all its values are text
 * @param key   the key it comes with, beside those it may name itself, or null
 * @param traceparent the trace it is in, where that is not the one of all rows it came with, or null
 */
record Row(String json, String error, String text, boolean csv, String key, String traceparent) {

    /** Characters. Nothing that is a person is longer. */
    static final int LONGEST = 1 << 20;
    static final JsonFactory JSON = JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    /** Reads rows as they stand there, so that no number is rounded, and none that is too long is held. */
    static final ObjectReader READER = new ObjectMapper(JSON).registerModule(new SimpleModule().addDeserializer(Row.class, new JsonDeserializer<>() {

        @Override
        public Row deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            return of(copy(parser));
        }
    })).readerFor(Row.class);

    static Row of(String json) {
        return new Row(json, null, null, false, null, null);
    }

    static Row bad(String error, String text) {
        return new Row(null, error, text, false, null, null);
    }

    /** A text that should be one JSON value. */
    static Row json(String text) {
        if (text == null) {
            return bad("empty", "");
        }
        try (JsonParser parser = JSON.createParser(text)) {
            if (parser.nextToken() == null) {
                return bad("empty", text);
            }
            String json = copy(parser);
            return parser.nextToken() == null ? of(json) : bad("more than one JSON value", text);
        } catch (JsonProcessingException e) {
            return bad("not JSON: " + e.getOriginalMessage(), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Row keyed(String given) {
        return new Row(json, error, text, csv, given, traceparent);
    }

    Row traced(String named) {
        return new Row(json, error, text, csv, key, named);
    }

    /** The value that begins at the current token, as it stands there. */
    static String copy(JsonParser parser) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator generator = JSON.createGenerator(text)) {
            int depth = 0;
            do {
                JsonToken token = parser.currentToken();
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                generator.copyCurrentEventExact(parser);
                generator.flush();
                if (text.getBuffer().length() > LONGEST) {
                    throw new JsonParseException(parser, "a row is longer than " + LONGEST + " characters");
                }
            } while (depth > 0 && parser.nextToken() != null);
        }
        return text.toString();
    }
}
