package integration.salesloft.digest;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of what is there as a whole. */
public final class Sha256 {

    private Sha256() {
    }

    /** Of the text in UTF-8, 32 bytes. */
    public static byte[] bytes(String text) {
        return bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Of the text in UTF-8, 64 hexadecimal digits. */
    public static String hex(String text) {
        return HexFormat.of().formatHex(bytes(text));
    }

    /** 64 hexadecimal digits. */
    public static String hex(byte[] data) {
        return HexFormat.of().formatHex(bytes(data));
    }

    private static byte[] bytes(byte[] data) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(data);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }
}
