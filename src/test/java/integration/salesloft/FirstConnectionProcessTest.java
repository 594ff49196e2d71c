package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import integration.salesloft.Authority.Identity;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A new installation as a company runs it: its secrets are files, all that is called and all that calls speaks TLS with certificates of the
 * company's own authority, and nobody has a refresh token: somebody authorises it in the browser. It is killed in the middle of that, and
 * secrets and certificates change while it runs.
 */
@Execution(ExecutionMode.CONCURRENT)
class FirstConnectionProcessTest {

    private static final Authority COMPANY = new Authority("Company");
    private static final String OPS_TOKEN = Installation.OPS_TOKEN;

    @TempDir
    private Path directory;

    @Test
    void connectsInTheBrowserWithSecretsAsFilesAndTlsAllAround() throws Exception {
        Map<String, String> secrets = new HashMap<>(Map.of("SALESLOFT_CLIENT_SECRET", "sandbox-secret\n", "TOKEN_KEY", Installation.TOKEN_KEY + "\n", "OPS_TOKEN", OPS_TOKEN + "\n",
                "DATABASE_PASSWORD", "postgres\n", "SALESLOFT_CALLBACK_TOKEN", Delivery.PREVIOUS_TOKEN + "\n"));
        MountedSecret mounted = new MountedSecret(directory.resolve("secrets"), secrets);
        MountedSecret certificate = new MountedSecret(directory.resolve("tls"), COMPANY.certify("localhost").pem());
        try (Installation here = new Installation(Postgres.shared(), "first_connection", Map.of("pkce", "required"));
             TlsFront front = new TlsFront(here.salesloft.port(), new Authority("Stranger").certify("localhost"))) {
            Map<String, String> settings = new HashMap<>(Map.of("SPRING_CONFIG_IMPORT", "configtree:" + mounted.folder() + "/", "EXTRA_CA_CERTS", COMPANY.write(directory.resolve("ca.crt")).toString(),
                    "SALESLOFT_API_URL", front.url(), "SALESLOFT_ACCOUNTS_URL", front.url(), "SYNC_RESOURCES", "people",
                    "OAUTH_REDIRECT_URL", "http://localhost:8080/oauth/callback", "OAUTH_PKCE", "S256"));
            settings.putAll(Map.of("SERVER_SSL_BUNDLE", "listener", "SPRING_SSL_BUNDLE_PEM_LISTENER_KEYSTORE_CERTIFICATE", certificate.folder().resolve("tls.crt").toString(),
                    "SPRING_SSL_BUNDLE_PEM_LISTENER_KEYSTORE_PRIVATEKEY", certificate.folder().resolve("tls.key").toString(), "SPRING_SSL_BUNDLE_WATCH_FILE_QUIETPERIOD", "200ms"));
            settings.put("SALESLOFT_REFRESH_TOKEN", "");

            Container first = here.launchWithout(secrets.keySet(), settings).awaitStarted();
            Door door = new Door(first);
            await().until(() -> first.log().contains("P1 auth: not connected to SalesLoft yet: authorise it in the browser (GET /ops/oauth/start"));
            assertThat(door.get("/health").statusCode()).isEqualTo(503);
            assertThat(door.get("/health").body()).contains(quoted("'connected':false"));

            // SalesLoft shows what only a stranger has signed, then what is another host's.
            assertThat(door.get(door.allow(here)).body()).contains("no authority that is trusted here has signed the certificate (EXTRA_CA_CERTS)");
            await().until(() -> first.log().contains("the token endpoint gave no answer, SSLHandshakeException: no authority that is trusted here has signed the certificate (EXTRA_CA_CERTS)"));
            front.show(COMPANY.certify("other.example.com"));
            assertThat(door.get(door.allow(here)).statusCode()).isEqualTo(503);
            await().until(() -> first.log().contains("the token endpoint gave no answer, SSLPeerUnverifiedException: the certificate is for another host"));
            assertThat(here.calls("POST /oauth/token")).isZero();

            // It is killed when SalesLoft has issued the pair and nobody has it.
            front.show(COMPANY.certify("localhost"));
            here.salesloft.faults(on("POST", "/oauth/token").afterWork().hangs());
            String callback = door.allow(here);
            CompletableFuture<Void> lost = CompletableFuture.runAsync(() -> door.get(callback), task -> new Thread(task).start());
            await().until(() -> here.statuses("POST /oauth/token").containsKey("hang"));
            first.kill();
            assertThat(lost).failsWithin(Duration.ofSeconds(20));
            here.salesloft.faults();

            Container second = here.launchWithout(secrets.keySet(), settings).awaitStarted();
            Door again = new Door(second);
            HttpResponse<String> replayed = again.get(callback);
            assertThat(replayed.statusCode()).isEqualTo(400);
            assertThat(replayed.body()).contains("This address was used before.");
            assertThat(again.get(again.allow(here)).body()).contains("<h1>Connected</h1>");
            here.awaitRow(60, "sync_cursor where finished_at is not null");
            assertThat(here.count("select count(*) from people")).isEqualTo(120);
            await().until(() -> again.get("/health").statusCode() == 200);
            assertThat(here.seen("revokedTokensUsed")).isZero();

            speaksNoOldTls(second);
            takesAChangedCallbackToken(here, again, mounted, secrets);
            takesAChangedCertificate(again, certificate);
        }
    }

    private static void takesAChangedCallbackToken(Installation here, Door door, MountedSecret mounted, Map<String, String> secrets) {
        Delivery delivery = Delivery.person("person_updated", 1, "2126-01-01T00:00:00Z", "CEO");
        assertThat(door.deliver(delivery)).isEqualTo(401);
        secrets.put("SALESLOFT_CALLBACK_TOKEN_PREVIOUS", secrets.get("SALESLOFT_CALLBACK_TOKEN"));
        secrets.put("SALESLOFT_CALLBACK_TOKEN", Delivery.TOKEN);
        mounted.change(secrets);
        await().until(() -> door.deliver(delivery) == 202);
        Delivery old = Delivery.person("person_updated", 2, "2126-01-01T00:00:00Z", "CEO");
        assertThat(door.deliver(old.signed(Delivery.signature("HmacSHA1", Delivery.PREVIOUS_TOKEN, old.body())))).isEqualTo(202);
        here.awaitRow(60, "(select count(*) n from people where title = 'CEO') changed where n = 2");
    }

    private static void takesAChangedCertificate(Door door, MountedSecret certificate) throws IOException {
        Identity next = COMPANY.certify("localhost");
        assertThat(door.shown().getSerialNumber()).isNotEqualTo(next.certificate().getSerialNumber());
        certificate.change(next.pem());
        await().until(() -> door.shown().getSerialNumber().equals(next.certificate().getSerialNumber()));
        assertThat(door.get("/health").statusCode()).isEqualTo(200);
    }

    /** The beginning of a handshake as a client sends it that knows TLS 1.1 at most; clients of Java do not any more. */
    private static void speaksNoOldTls(Container container) throws IOException {
        byte[] hello = ByteBuffer.allocate(50).put((byte) 22).putShort((short) 0x0301).putShort((short) 45) // a record
                .put((byte) 1).put((byte) 0).putShort((short) 41).putShort((short) 0x0302).put(new byte[32]).put((byte) 0) // the client's hello: 1.1, no session
                .putShort((short) 2).putShort((short) 0xC009).put((byte) 1).put((byte) 0).array();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), container.port())) {
            socket.getOutputStream().write(hello);
            socket.getOutputStream().flush();
            DataInputStream answer = new DataInputStream(socket.getInputStream());
            assertThat(answer.readByte()).as("an alert").isEqualTo((byte) 21);
            answer.skipNBytes(4);
            assertThat(answer.readByte()).as("that is fatal").isEqualTo((byte) 2);
            assertThat(answer.readByte()).as("protocol_version").isEqualTo((byte) 70);
        }
    }

    /** A caller who trusts the company's authority. */
    private static final class Door {

        private final HttpClient http = HttpClient.newBuilder().sslContext(COMPANY.trusting()).version(HttpClient.Version.HTTP_1_1).build();
        private final int port;

        Door(Container container) {
            port = container.port();
        }

        HttpResponse<String> get(String path) {
            return send(HttpRequest.newBuilder(URI.create("https://localhost:" + port + path)).header("Authorization", "Bearer " + OPS_TOKEN));
        }

        int deliver(Delivery delivery) {
            return send(HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/webhooks/salesloft")).headers("x-salesloft-event", delivery.event(), "x-salesloft-signature", delivery.signature())
                    .POST(HttpRequest.BodyPublishers.ofByteArray(delivery.body()))).statusCode();
        }

        /** Begins, and allows it; whoever sits there has SalesLoft's page on a line of his own. */
        String allow(Installation here) {
            URI page = URI.create(get("/ops/oauth/start").body().replaceFirst(quoted("^\\{'url':'([^']*)'.*"), "$1"));
            return Browser.allow(URI.create(here.salesloft.url() + page.getRawPath() + "?" + page.getRawQuery()));
        }

        /** The certificate of the container. */
        X509Certificate shown() throws IOException {
            try (SSLSocket socket = (SSLSocket) COMPANY.trusting().getSocketFactory().createSocket("localhost", port)) {
                return (X509Certificate) socket.getSession().getPeerCertificates()[0];
            }
        }

        private HttpResponse<String> send(HttpRequest.Builder request) {
            try {
                return http.send(request.timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofString());
            } catch (IOException e) {
                throw new IllegalStateException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }
}
