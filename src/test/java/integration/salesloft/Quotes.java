package integration.salesloft;

/**
 * JSON of one line as tests write it, with apostrophes for quotation marks: {@code quoted("{'title':'CEO'}")}. In Java each quotation
 * mark would need a backslash. JSON of several lines, or with an apostrophe in it, is a text block.
 */
public final class Quotes {

    private Quotes() {
    }

    /** The text with quotation marks in place of its apostrophes; then the values, as they are, for its {@code %s} and {@code %d}. */
    public static String quoted(String text, Object... values) {
        String json = text.replace('\'', '"');
        return values.length == 0 ? json : json.formatted(values);
    }
}
