package integration.salesloft.checklist;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.springframework.core.env.Environment;

/** What a secret may be recognised by without being shown. */
public class Fingerprints {

    /** Bytes of the digest: enough to tell any two secrets apart, and of no use to whoever wants to guess one. */
    private static final int LENGTH = 8;

    private final Environment settings;

    public Fingerprints(Environment settings) {
        this.settings = settings;
    }

    /**
     * @param property the name of a setting
     * @return the first 16 hexadecimal digits of its SHA-256, as {@code printf %s "$VALUE" | sha256sum} begins; empty for one that is empty
     */
    public String of(String property) throws NoSuchAlgorithmException {
        String value = settings.getProperty(property, "");
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(value.getBytes(StandardCharsets.UTF_8));
        return value.isEmpty() ? "" : HexFormat.of().formatHex(digest, 0, LENGTH);
    }
}
