package integration.salesloft.http;

import java.util.List;
import java.util.Map;
import org.springframework.web.util.HtmlUtils;

/** A page for somebody with a browser: a title, and paragraphs. Whatever they hold is shown as text. */
public class HtmlPage {

    /** @param page {@code title}, and {@code text}, one paragraph or a list of them */
    public String of(Map<String, ?> page) {
        StringBuilder html = new StringBuilder("<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>");
        html.append(escaped(page.get("title"))).append("</title></head>\n<body>\n<h1>").append(escaped(page.get("title"))).append("</h1>\n");
        List<?> paragraphs = page.get("text") instanceof List<?> several ? several : List.of(String.valueOf(page.get("text")));
        paragraphs.forEach(paragraph -> html.append("<p>").append(escaped(paragraph)).append("</p>\n"));
        return html.append("</body>\n</html>\n").toString();
    }

    private static String escaped(Object text) {
        return HtmlUtils.htmlEscape(String.valueOf(text), "UTF-8");
    }
}
