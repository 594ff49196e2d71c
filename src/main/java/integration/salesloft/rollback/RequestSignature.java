package integration.salesloft.rollback;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.springframework.core.env.Environment;

/** Signs what is sent to a pipeline, so that it knows who asks. */
public class RequestSignature {

    private static final String ALGORITHM = "HmacSHA256";

    private final Environment settings;
    private final String key;

    /** @param key name of the setting that holds the key */
    public RequestSignature(Environment settings, String key) {
        this.settings = settings;
        this.key = key;
    }

    /** The HMAC-SHA256 of the body, in lower-case hexadecimal digits. */
    public String of(byte[] body) throws GeneralSecurityException {
        Mac mac = Mac.getInstance(ALGORITHM);
        mac.init(new SecretKeySpec(settings.getRequiredProperty(key).getBytes(StandardCharsets.UTF_8), ALGORITHM));
        return HexFormat.of().formatHex(mac.doFinal(body));
    }
}
