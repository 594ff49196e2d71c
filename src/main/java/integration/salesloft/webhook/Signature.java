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

/**
 * Says which callback token a delivery was signed with: the property {@code signedWith} becomes {@code current},
 * {@code previous}, or {@code none}. SalesLoft sends the HMAC of the raw bytes in lower-case hex digits as
 * {@code x-salesloft-signature}.
 */
public class Signature implements Processor {

    private static final String HEADER = "x-salesloft-signature";

    private final Mac current;
    private final Mac previous;

    /**
     * @param hash     {@code sha1} or {@code sha256}
     * @param current  SALESLOFT_CALLBACK_TOKEN; empty: nothing is signed with it
     * @param previous SALESLOFT_CALLBACK_TOKEN_PREVIOUS, likewise
     */
    public Signature(String hash, String current, String previous) throws GeneralSecurityException {
        String algorithm = "Hmac" + hash.toUpperCase(Locale.ROOT);
        this.current = keyed(algorithm, current);
        this.previous = keyed(algorithm, previous);
    }

    private static Mac keyed(String algorithm, String token) throws GeneralSecurityException {
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
        boolean byCurrent = matches(current, bytes, given);
        boolean byPrevious = matches(previous, bytes, given);
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
