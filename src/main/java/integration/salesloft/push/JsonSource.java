package integration.salesloft.push;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;

/** One JSON object, or an array of them. What comes after it is no JSON any more. */
class JsonSource implements Upload.Source {

    private final JsonParser parser;
    private final boolean array;
    private boolean begun;

    JsonSource(InputStream body) throws IOException {
        parser = Row.JSON.createParser(body);
        array = parser.nextToken() == JsonToken.START_ARRAY;
    }

    @Override
    public Row next() throws IOException {
        JsonToken token = array || begun ? parser.nextToken() : parser.currentToken();
        begun = true;
        if (token == null || array && token == JsonToken.END_ARRAY) {
            return end(token);
        }
        Row row = Row.of(Row.copy(parser));
        return array ? row : only(row);
    }

    private Row only(Row row) throws IOException {
        if (parser.nextToken() != null) {
            throw new JsonParseException(parser, "more than one JSON value; rows by the line are application/x-ndjson");
        }
        return row;
    }

    private Row end(JsonToken token) throws IOException {
        if (token != null && parser.nextToken() != null) {
            throw new JsonParseException(parser, "more than one JSON value");
        }
        return null;
    }
}
