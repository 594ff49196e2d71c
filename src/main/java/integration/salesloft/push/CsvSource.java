package integration.salesloft.push;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import integration.salesloft.http.BadRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A CSV with names in its first line, comma between, UTF-8. An empty cell says nothing of its field; {@code custom_fields.Name} is the
 * custom field Name. A row with other than as many cells as there are names fails alone.
 */
class CsvSource implements Upload.Source {

    private static final String CUSTOM = "custom_fields.";
    private static final CsvMapper CSV = CsvMapper.builder().enable(CsvParser.Feature.WRAP_AS_ARRAY, CsvParser.Feature.SKIP_EMPTY_LINES).build();

    private final MappingIterator<String[]> lines;
    private final String[] names;

    CsvSource(InputStream body) throws IOException {
        lines = CSV.readerFor(String[].class).readValues(new InputStreamReader(body, StandardCharsets.UTF_8.newDecoder()));
        names = lines.hasNextValue() ? lines.nextValue() : new String[0];
        Set<String> once = new LinkedHashSet<>();
        for (int i = 0; i < names.length; i++) {
            names[i] = names[i].strip();
            if (names[i].isEmpty() || !once.add(names[i])) {
                throw new BadRequest("column " + (i + 1) + " has " + (names[i].isEmpty() ? "no name" : "the name of another, " + names[i]));
            }
        }
    }

    @Override
    public Row next() throws IOException {
        if (!lines.hasNextValue()) {
            return null;
        }
        String[] cells = lines.nextValue();
        if (cells.length != names.length) {
            return Row.bad("has " + cells.length + " cells, the first line " + names.length, String.join(",", cells));
        }
        StringWriter text = new StringWriter();
        try (JsonGenerator json = Row.JSON.createGenerator(text)) {
            json.writeStartObject();
            write(json, cells, false);
            if (IntStream.range(0, cells.length).anyMatch(i -> says(cells, i, true))) {
                json.writeObjectFieldStart("custom_fields");
                write(json, cells, true);
                json.writeEndObject();
            }
            json.writeEndObject();
        }
        return new Row(text.toString(), null, null, true, null, null);
    }

    private void write(JsonGenerator json, String[] cells, boolean inCustom) throws IOException {
        for (int i = 0; i < cells.length; i++) {
            if (says(cells, i, inCustom)) {
                json.writeStringField(inCustom ? names[i].substring(CUSTOM.length()) : names[i], cells[i]);
            }
        }
    }

    private boolean says(String[] cells, int i, boolean ofCustom) {
        return names[i].startsWith(CUSTOM) == ofCustom && !cells[i].isBlank();
    }
}
