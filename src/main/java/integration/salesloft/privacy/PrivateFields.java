package integration.salesloft.privacy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Base64;
import java.util.HexFormat;
import org.springframework.core.env.Environment;

/** What of which documents is not kept ({@code PRIVATE_FIELDS}), and under which key it is hashed ({@code PRIVATE_KEY}), as the statements of the routes take it. */
public final class PrivateFields {

    private static final ObjectMapper JSON = new ObjectMapper();
    /** Of SHA-256, in bytes. */
    private static final int BLOCK = 64;

    private PrivateFields() {
    }

    /**
     * The rules in JSON, with the two pads of HMAC in hex, so that PostgreSQL computes it without an extension, such as
     * {@code {"inner":"…","outer":"…","fields":{"people":[["drop","phone"]]}}}; without a key without the pads: then PostgreSQL has its own
     * (private_policy). The settings are known to be right.
     */
    public static String rules(Environment settings) {
        return rules(settings.getRequiredProperty("salesloft.private-fields"), settings.getRequiredProperty("salesloft.private-key"));
    }

    /**
     * @param fields such as {@code people.phone=drop,people.custom_fields.ssn=hash}; may be empty
     * @param key    32 bytes in base64, or empty
     */
    public static String rules(String fields, String key) {
        ObjectNode rules = JSON.createObjectNode();
        if (!key.isEmpty()) {
            byte[] bytes = Base64.getDecoder().decode(key);
            rules.put("inner", pad(bytes, 0x36)).put("outer", pad(bytes, 0x5c));
        }
        ObjectNode resources = rules.putObject("fields");
        for (String field : fields.isEmpty() ? new String[0] : fields.split(",")) {
            String[] rule = field.split("=");
            String[] path = rule[0].split("\\.");
            var place = resources.withArray("/" + path[0]).addArray().add(rule[1]);
            for (int i = 1; i < path.length; i++) {
                place.add(path[i]);
            }
        }
        return rules.toString();
    }

    private static String pad(byte[] key, int with) {
        byte[] pad = new byte[BLOCK];
        for (int i = 0; i < BLOCK; i++) {
            pad[i] = (byte) ((i < key.length ? key[i] : 0) ^ with);
        }
        return HexFormat.of().formatHex(pad);
    }
}
