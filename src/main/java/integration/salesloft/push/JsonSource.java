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

    JsonSource(InputStream body) throws IOException {
        parser = Row.JSON.createParser(body);
        parser.nextToken();
        array = parser.currentToken() == JsonToken.START_ARRAY;
        if (array) {
            parser.nextToken();
        }
    }

    @Override
    public Row next() throws IOException {
        if (array ? parser.currentToken() == JsonToken.END_ARRAY : parser.currentToken() == null) {
            if (array && parser.nextToken() != null) {
                throw new JsonParseException(parser, "more than one JSON value");
            }
            return null;
        }
        Row row = Row.of(Row.copy(parser));
        if (parser.nextToken() != null && !array) {
            throw new JsonParseException(parser, "more than one JSON value; rows by the line are application/x-ndjson");
        }
        return row;
    }
}
