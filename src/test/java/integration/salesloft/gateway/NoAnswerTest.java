package integration.salesloft.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import integration.salesloft.Authority;
import integration.salesloft.TlsFront;
import integration.salesloft.sandbox.Sandbox;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.apache.camel.RuntimeCamelException;
import org.junit.jupiter.api.Test;

/** Why there is no answer, in words that name what to look at. */
class NoAnswerTest {

    private static final Authority COMPANY = new Authority("Company");
    private final NoAnswer noAnswer = new NoAnswer();

    @Test
    void saysWhatIsTheMatterWithACertificate() {
        try (Sandbox salesloft = Sandbox.start(0); TlsFront front = new TlsFront(salesloft.port(), COMPANY.certify("localhost"))) {
            assertThat(failure(front)).isNull();
            front.show(COMPANY.certify("localhost", Duration.ofDays(-1)));
            assertThat(noAnswer.why(failure(front))).isEqualTo("SSLHandshakeException: the certificate has expired");
            front.show(new Authority("Stranger").certify("localhost"));
            assertThat(noAnswer.why(failure(front))).isEqualTo("SSLHandshakeException: no authority that is trusted here has signed the certificate (EXTRA_CA_CERTS)");
        }
        assertThat(noAnswer.why(new SSLPeerUnverifiedException("x"))).isEqualTo("SSLPeerUnverifiedException: the certificate is for another host");
        assertThat(noAnswer.why(new SSLException("Received fatal alert: protocol_version"))).isEqualTo("SSLException: Received fatal alert: protocol_version");
    }

    @Test
    void namesTheKindOfAnyOtherFailure() {
        assertThat(noAnswer.why(new RuntimeCamelException(new SocketException("a.b@example.com")))).isEqualTo("SocketException");
        assertThat(noAnswer.why(new SocketException("a.b@example.com"))).isEqualTo("SocketException");
    }

    private static Throwable failure(TlsFront front) {
        HttpClient http = HttpClient.newBuilder().sslContext(COMPANY.trusting()).build();
        return catchThrowable(() -> http.send(HttpRequest.newBuilder(URI.create(front.url() + "/sandbox")).build(), HttpResponse.BodyHandlers.discarding()));
    }
}
