package integration.salesloft.push;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** A JSON object a line. A line that is none fails alone. */
class NdjsonSource implements Upload.Source {

    private final BufferedReader lines;

    NdjsonSource(InputStream body) {
        lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8.newDecoder()));
    }

    @Override
    public Row next() throws IOException {
        for (String line = line(); line != null; line = line()) {
            if (line.length() > Row.LONGEST) {
                return Row.bad("longer than " + Row.LONGEST + " characters", line.substring(0, 100) + "…");
            }
            if (!line.isBlank()) {
                return Row.json(line);
            }
        }
        return null;
    }

    /** The next line, of which no more is kept than it takes to see that it is too long. */
    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        int c = lines.read();
        if (c < 0) {
            return null;
        }
        for (; c >= 0 && c != '\n'; c = lines.read()) {
            if (line.length() <= Row.LONGEST) {
                line.append((char) c);
            }
        }
        return line.toString();
    }
}
