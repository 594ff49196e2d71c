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

    private final String algorithm;
    private final SecretKeySpec current;
    private final SecretKeySpec previous;

    /**
     * @param hash     {@code sha1} or {@code sha256}
     * @param current  SALESLOFT_CALLBACK_TOKEN; empty: nothing is signed with it
     * @param previous SALESLOFT_CALLBACK_TOKEN_PREVIOUS, likewise
     */
    public Signature(String hash, String current, String previous) {
        algorithm = "Hmac" + hash.toUpperCase(Locale.ROOT);
        this.current = key(current);
        this.previous = key(previous);
    }

    private SecretKeySpec key(String token) {
        return token.isEmpty() ? null : new SecretKeySpec(token.getBytes(StandardCharsets.UTF_8), algorithm);
    }

    @Override
    public void process(Exchange exchange) throws GeneralSecurityException {
        exchange.setProperty("signedWith", signedWith(exchange.getMessage().getBody(byte[].class), exchange.getMessage().getHeader(HEADER, String.class)));
    }

    /** Takes as long for a signature that is nearly right as for one that is not; both tokens are always tried. */
    String signedWith(byte[] body, String signature) throws GeneralSecurityException {
        byte[] given = signature == null ? new byte[0] : signature.getBytes(StandardCharsets.UTF_8);
        byte[] bytes = body == null ? new byte[0] : body;
        boolean byCurrent = matches(current, bytes, given);
        boolean byPrevious = matches(previous, bytes, given);
        return byCurrent ? "current" : byPrevious ? "previous" : "none";
    }

    private boolean matches(SecretKeySpec key, byte[] body, byte[] given) throws GeneralSecurityException {
        if (key == null) {
            return false;
        }
        Mac mac = Mac.getInstance(algorithm);
        mac.init(key);
        return MessageDigest.isEqual(HexFormat.of().formatHex(mac.doFinal(body)).getBytes(StandardCharsets.UTF_8), given);
    }
}
