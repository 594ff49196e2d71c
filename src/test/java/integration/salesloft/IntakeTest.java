package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What reaches the port before a route does: bodies that come late, in part or never, and requests that are none. */
class IntakeTest extends IntegrationTest {

    private static final String ALLOWED = "Authorization: Bearer " + Installation.OPS_TOKEN;

    /** A body that is not there when its head is, is waited for without a thread, and arrives whole. */
    @Test
    void handsOnABodyThatComesInPieces() {
        String body = quoted("{'id':1,'updated_at':'2026-03-01T12:00:00Z'}");
        String signature = Delivery.signature("HmacSHA1", Delivery.TOKEN, body.getBytes());
        try (Stranger sender = new Stranger(webhooks().getPort())) {
            sender.announce("POST", "/webhooks/salesloft", body.length(), "x-salesloft-event: person_updated", "x-salesloft-signature: " + signature, "Connection: close")
                    .send(body.substring(0, 10)).send(body.substring(10));
            assertThat(sender.status()).isEqualTo(202);
        }
        try (Stranger sender = new Stranger(webhooks().getPort())) {
            sender.send("POST /webhooks/salesloft HTTP/1.1\r\nHost: x\r\nx-salesloft-event: person_updated\r\nx-salesloft-signature: " + signature
                    + "\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
            for (char each : body.toCharArray()) {
                sender.send("1\r\n" + each + "\r\n");
            }
            assertThat(sender.send("0\r\n\r\n").status()).isEqualTo(202);
        }
        assertThat(count("select count(*) from webhook_event")).isEqualTo(1);
    }

    /** Whoever drips is told to go: with a status of his own where nobody knows him, and before he holds anything up. */
    @Test
    void cutsOffWhoeverDrips() {
        await().until(() -> get("/health").statusCode() == 200);
        Map<String, Integer> statuses = Map.of("POST /webhooks/salesloft", 408, "POST /ops/pause", 408, "POST /no/such/path", 408, "POST /health", 408,
                "POST /sync/people", 401, "GET /health", 200, "GET /ops/pause", 401, "OPTIONS /ops/pause", 408);
        Map<String, Stranger> senders = new HashMap<>();
        try {
            statuses.keySet().forEach(call -> senders.put(call, new Stranger(webhooks().getPort()).announce(call.split(" ")[0], call.split(" ")[1], 1000).send("{")));
            statuses.forEach((call, status) -> assertThat(senders.get(call).status()).as(call).isEqualTo(status));
        } finally {
            senders.values().forEach(Stranger::close);
        }
    }

    @Test
    void refusesABodyThatIsCutOff() {
        for (String path : List.of("/webhooks/salesloft", "/ops/pause")) {
            try (Stranger sender = new Stranger(webhooks().getPort())) {
                assertThat(sender.announce("POST", path, 1000, ALLOWED).send("{").cutOff().status()).isEqualTo(400);
            }
        }
        assertThat(get("/ops/pause", AS_OPS).body()).contains(quoted("'paused':false"));
    }

    /** The port of metrics and probes takes no bodies at all, not even of a GET. */
    @Test
    void takesNoBodyForAProbe() {
        for (String method : List.of("GET", "POST")) {
            try (Stranger sender = new Stranger(management("/actuator/health").uri().getPort())) {
                assertThat(sender.announce(method, "/actuator/health", 1000, "Content-Type: application/json").send("{").status()).isEqualTo(413);
            }
        }
        assertThat(management("/actuator/health").statusCode()).isEqualTo(200);
    }

    /** What Tomcat refuses by itself is no page. */
    @ParameterizedTest
    @CsvSource({"GET /health HTP/1.1,505", "GET /hea|lth HTTP/1.1,400", "GET /%00 HTTP/1.1,400", "GET /health HTTP/2.5,505"})
    void answersWhatIsNoRequest(String line, int status) {
        for (int port : List.of(webhooks().getPort(), management("/actuator/health").uri().getPort())) {
            try (Stranger sender = new Stranger(port)) {
                String answer = sender.send(line + "\r\nHost: localhost\r\nConnection: close\r\n\r\n").answer();
                assertThat(answer).startsWith("HTTP/1.1 " + status).doesNotContain("<");
                assertThat(answer).contains("application/problem+json").contains(quoted("'status':%s", status));
            }
        }
    }

    /** SalesLoft's deliveries and tokens are in headers; an address is in every log on the way. */
    @Test
    void takesNoCredentialsFromTheAddress() throws Exception {
        byte[] body = quoted("{'id':1}").getBytes();
        String signature = Delivery.signature("HmacSHA1", Delivery.TOKEN, body);
        assertThat(Delivery.of("person_updated", body).signed(null).to(URI.create(webhooks() + "?x-salesloft-signature=" + signature)).statusCode()).isEqualTo(401);
        Delivery.of(null, body).takenBy(URI.create(webhooks() + "?x-salesloft-event=person_updated"));
        assertThat(sql.queryForObject("select event from webhook_event", String.class)).isEqualTo("unknown");
        for (String name : List.of("Authorization", "authorization", "AUTHORIZATION")) {
            assertThat(get("/ops/pause?" + name + "=Bearer%20" + Installation.OPS_TOKEN).statusCode()).isEqualTo(401);
        }
        assertThat(send("POST", "/sync/people?Idempotency-Key=a%20b&Content-Type=text/csv", quoted("{'email_address':'a@example.com'}"), AS_SYNC).statusCode()).isEqualTo(202);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/ops/audit?resource=%00", "/ops/audit?actor=a&actor=b", "/ops/audit?job=%07", "/ops/dead-letters?limit=1&limit=2", "/ops/dead-letters?state=%00"})
    void refusesParametersThatAreNone(String path) {
        HttpResponse<String> answer = get(path, AS_OPS);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(send("POST", "/sync/people?dryRun=true&dryRun=false", "{}", AS_SYNC).statusCode()).isEqualTo(400);
    }

    /** What may be asked here is told to those who may ask. */
    @Test
    void answersOptionsLikeAnyMethodThatIsNotAllowed() {
        assertThat(send("OPTIONS", "/ops/pause", null).statusCode()).isEqualTo(401);
        assertThat(send("PUT", "/ops/pause", "{}").statusCode()).isEqualTo(405);
        assertThat(send("OPTIONS", "/ops/pause", null, AS_OPS).statusCode()).isEqualTo(405);
        assertThat(send("OPTIONS", "/no/such/path", null).statusCode()).isEqualTo(404);
        assertThat(send("OPTIONS", "/health", null).statusCode()).isEqualTo(405);
    }
}
