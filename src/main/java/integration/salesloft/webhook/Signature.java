package integration.salesloft.webhook;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.springframework.core.env.Environment;

/**
 * Says which callback token a delivery was signed with: the property {@code signedWith} becomes {@code current},
 * {@code previous}, or {@code none}. SalesLoft sends the HMAC of the raw bytes in lower-case hex digits as
 * {@code x-salesloft-signature}.
 */
public class Signature implements Processor {

    private static final String HEADER = "x-salesloft-signature";

    /** The tokens in use, and what is keyed with them; null where there is none. */
    private record Keys(String current, String previous, Mac byCurrent, Mac byPrevious, long sinceNanos) {
    }

    private final Environment settings;
    private final String algorithm;
    private volatile Keys keys;

    /**
     * @param settings SALESLOFT_CALLBACK_HASH, {@code sha1} or {@code sha256}; SALESLOFT_CALLBACK_TOKEN, empty: nothing is signed with it;
     *                 SALESLOFT_CALLBACK_TOKEN_PREVIOUS, likewise
     */
    public Signature(Environment settings) throws GeneralSecurityException {
        this.settings = settings;
        this.algorithm = "Hmac" + settings.getRequiredProperty("salesloft.callback-hash").toUpperCase(Locale.ROOT);
        take();
    }

    /** Goes over to the tokens that are set by now. Whether they are others than before. */
    public boolean rekey() throws GeneralSecurityException {
        Keys before = keys;
        if (before.current().equals(current()) && before.previous().equals(previous())) {
            return false;
        }
        take();
        return true;
    }

    /** For how long the tokens have been the same, in milliseconds: since the start, or since they were changed. */
    public long unchangedMillis() {
        return (System.nanoTime() - keys.sinceNanos()) / 1_000_000;
    }

    private void take() throws GeneralSecurityException {
        String current = current();
        String previous = previous();
        keys = new Keys(current, previous, keyed(current), keyed(previous), System.nanoTime());
    }

    private String current() {
        return settings.getRequiredProperty("salesloft.callback-token");
    }

    private String previous() {
        return settings.getRequiredProperty("salesloft.callback-token-previous");
    }

    private Mac keyed(String token) throws GeneralSecurityException {
        if (token.isEmpty()) {
            return null;
        }
        Mac mac = Mac.getInstance(algorithm);
        mac.init(new SecretKeySpec(token.getBytes(StandardCharsets.UTF_8), algorithm));
        return mac;
    }

    @Override
    public void process(Exchange exchange) throws CloneNotSupportedException {
        exchange.setProperty("signedWith", signedWith(exchange.getMessage().getBody(byte[].class), exchange.getMessage().getHeader(HEADER, String.class)));
    }

    /** Takes as long for a signature that is nearly right as for one that is not; both tokens are always tried. */
    String signedWith(byte[] body, String signature) throws CloneNotSupportedException {
        byte[] given = signature == null ? new byte[0] : signature.getBytes(StandardCharsets.UTF_8);
        byte[] bytes = body == null ? new byte[0] : body;
        Keys now = keys;
        boolean byCurrent = matches(now.byCurrent(), bytes, given);
        boolean byPrevious = matches(now.byPrevious(), bytes, given);
        return byCurrent ? "current" : byPrevious ? "previous" : "none";
    }

    /** @param keyed is copied, because to find the algorithm and prepare the key takes as long as to sign a small body */
    private static boolean matches(Mac keyed, byte[] body, byte[] given) throws CloneNotSupportedException {
        if (keyed == null) {
            return false;
        }
        byte[] signature = ((Mac) keyed.clone()).doFinal(body);
        return MessageDigest.isEqual(HexFormat.of().formatHex(signature).getBytes(StandardCharsets.UTF_8), given);
    }
}
