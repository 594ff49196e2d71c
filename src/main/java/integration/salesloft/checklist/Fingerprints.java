package integration.salesloft.checklist;

import integration.salesloft.digest.Sha256;
import org.springframework.core.env.Environment;

/** What a secret may be recognised by without being shown. */
public class Fingerprints {

    /** Hexadecimal digits: enough to tell any two secrets apart, and of no use to whoever wants to guess one. */
    private static final int LENGTH = 16;

    private final Environment settings;

    public Fingerprints(Environment settings) {
        this.settings = settings;
    }

    /**
     * @param property the name of a setting
     * @return the first 16 hexadecimal digits of its SHA-256, as {@code printf %s "$VALUE" | sha256sum} begins; empty for one that is empty
     */
    public String of(String property) {
        String value = settings.getProperty(property, "");
        return value.isEmpty() ? "" : Sha256.hex(value).substring(0, LENGTH);
    }
}
