package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.springframework.web.util.HtmlUtils;

/** Somebody with a browser before SalesLoft's page of consent: reads the form, and presses a button. */
final class Browser {

    private static final Pattern INPUT = Pattern.compile("<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\">");
    private static final Pattern ACTION = Pattern.compile("<form method=\"post\" action=\"([^\"]*)\">");

    private Browser() {
    }

    /** Path and query to which the browser is sent back. */
    static String allow(URI page) {
        return press("allow", page);
    }

    /** Likewise. */
    static String deny(URI page) {
        return press("deny", page);
    }

    private static String press(String button, URI page) {
        HttpResponse<String> shown = Container.send(HttpRequest.newBuilder(page));
        assertThat(shown.statusCode()).as(shown.body()).isEqualTo(200);
        MatchResult form = ACTION.matcher(shown.body()).results().findFirst().orElseThrow();
        String fields = INPUT.matcher(shown.body()).results().map(input -> field(input.group(1)) + "=" + field(input.group(2))).collect(Collectors.joining("&"));
        HttpResponse<String> sent = Container.send(HttpRequest.newBuilder(page.resolve(form.group(1))).header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(fields + "&answer=" + button)));
        assertThat(sent.statusCode()).isEqualTo(302);
        URI back = URI.create(sent.headers().firstValue("Location").orElseThrow());
        return back.getRawPath() + "?" + back.getRawQuery();
    }

    private static String field(String html) {
        return URLEncoder.encode(HtmlUtils.htmlUnescape(html), StandardCharsets.UTF_8);
    }
}
