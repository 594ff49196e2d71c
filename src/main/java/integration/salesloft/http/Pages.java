package integration.salesloft.http;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;

/**
 * An answer of any length that a route reads page by page, while it is being sent. The route finds the properties and headers of the request
 * and the property {@code after}, where the page before ended; its body is the next page: a map of its {@code lines}, empty
 * at the end, and {@code last}, where it ends.
 */
public class Pages {

    private final ProducerTemplate template;

    public Pages(ProducerTemplate template) {
        this.template = template;
    }

    /**
     * Nothing is read before somebody reads the stream. A page that fails ends the stream with an exception, so that nobody takes a
     * part for the whole.
     *
     * @param uri of the route that reads a page, such as {@code direct:ops-audit-show-page}
     */
    public InputStream open(Exchange request, String uri) {
        Exchange pages = request.getContext().getEndpoint(uri).createExchange();
        request.getProperties().forEach(pages::setProperty);
        pages.getMessage().setHeaders(new HashMap<>(request.getMessage().getHeaders()));
        pages.setProperty("after", 0L);
        return new SequenceInputStream(new Enumeration<>() {

            private String next;

            @Override
            public boolean hasMoreElements() {
                if (next == null) {
                    pages.getMessage().setBody(null);
                    template.send(uri, pages);
                    if (pages.getException() != null) {
                        throw new IllegalStateException(pages.getException());
                    }
                    Map<?, ?> page = pages.getMessage().getBody(Map.class);
                    next = (String) page.get("lines");
                    pages.setProperty("after", page.get("last"));
                }
                return next != null && !next.isEmpty();
            }

            @Override
            public InputStream nextElement() {
                if (!hasMoreElements()) {
                    throw new NoSuchElementException();
                }
                InputStream page = new ByteArrayInputStream(next.getBytes(StandardCharsets.UTF_8));
                next = null;
                return page;
            }
        });
    }
}
