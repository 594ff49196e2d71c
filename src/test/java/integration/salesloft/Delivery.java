package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import integration.salesloft.sandbox.Hmac;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** An event as SalesLoft delivers it, or nearly so. */
public record Delivery(String event, byte[] body, String signature, String method, String contentType) {

    public static final String TOKEN = "callback-secret";
    static final String PREVIOUS_TOKEN = "callback-secret-before";

    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    public static Delivery of(String event, String body) {
        return of(event, body.getBytes(StandardCharsets.UTF_8));
    }

    static Delivery of(String event, byte[] body) {
        return new Delivery(event, body, signature("HmacSHA1", TOKEN, body), "POST", "application/json");
    }

    /** A person of this version; what else it holds is not the webhook's business. */
    static Delivery person(String event, long id, String updatedAt, String title) {
        return of(event, quoted("{'id':%d,'updated_at':'%s','title':'%s','email_address':'p%d@example.com'}", id, updatedAt, title, id));
    }

    Delivery signed(String other) {
        return new Delivery(event, body, other, method, contentType);
    }

    Delivery as(String otherMethod, String otherType) {
        return new Delivery(event, body, signature, otherMethod, otherType);
    }

    public static String signature(String algorithm, String token, byte[] body) {
        return Hmac.hex(algorithm, token, body);
    }

    /** Delivers it until it is taken, as SalesLoft does: for a container that is too slow for a moment answers 503, and hears of it again. */
    void takenBy(URI webhooks, String... headers) {
        HttpResponse<String> answer = await().pollInterval(Duration.ofMillis(200)).until(() -> to(webhooks, headers), each -> each.statusCode() != 503);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    }

    /** Sends it with these further headers; the answer, or an exception when the connection ends without one. */
    HttpResponse<String> to(URI webhooks, String... headers) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(webhooks).timeout(Duration.ofSeconds(10))
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
        if (event != null) {
            request.header("x-salesloft-event", event);
        }
        if (signature != null) {
            request.header("x-salesloft-signature", signature);
        }
        if (contentType != null) {
            request.header("Content-Type", contentType);
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return HTTP.send(request.build(), BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
