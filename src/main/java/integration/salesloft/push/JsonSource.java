package integration.salesloft.push;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.MappingIterator;
import java.io.IOException;
import java.io.InputStream;

/** One JSON object, or an array of them. What comes after it is no JSON any more. */
class JsonSource implements Upload.Source {

    private final JsonParser parser;
    private final boolean array;
    private final MappingIterator<Row> rows;

    JsonSource(InputStream body) throws IOException {
        parser = Row.JSON.createParser(body);
        array = parser.nextToken() == JsonToken.START_ARRAY;
        if (array) {
            parser.clearCurrentToken(); // the rows are what is in it
        }
        rows = Row.READER.readValues(parser);
    }

    @Override
    public Row next() throws IOException {
        if (!rows.hasNextValue()) {
            if (array && parser.nextToken() != null) {
                throw new JsonParseException(parser, "more than one JSON value");
            }
            return null;
        }
        Row row = rows.nextValue();
        if (!array && rows.hasNextValue()) {
            throw new JsonParseException(parser, "more than one JSON value; rows by the line are application/x-ndjson");
        }
        return row;
    }
}
