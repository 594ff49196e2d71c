package integration.salesloft.token;

import integration.salesloft.start.InvalidSettingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import javax.crypto.spec.SecretKeySpec;
import org.springframework.security.crypto.encrypt.AesBytesEncryptor.CipherAlgorithm;
import org.springframework.security.crypto.encrypt.AesBytesEncryptor;
import org.springframework.security.crypto.keygen.KeyGenerators;

/** AES-GCM for the token pair: encrypts under {@code TOKEN_KEY}, decrypts under it or {@code TOKEN_KEY_PREVIOUS}. */
public class TokenCipher {

    private final AesBytesEncryptor current;
    private final AesBytesEncryptor previous;

    /**
     * Both keys: 32 bytes in base64.
     *
     * @param key         may be empty where no pair is kept, with an API key
     * @param previousKey may be empty
     */
    public TokenCipher(String key, String previousKey) {
        current = key.isEmpty() ? null : encryptor(key);
        previous = previousKey.isEmpty() ? current : encryptor(previousKey);
    }

    public byte[] encrypt(String pair) {
        return current.encrypt(pair.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * @param pair what {@link #encrypt} gave, or null when nothing was stored yet (answers null)
     * @throws InvalidSettingException naming {@code TOKEN_KEY} when neither key fits: the pair was stored under another one
     */
    public String decrypt(byte[] pair) {
        if (pair == null) {
            return null;
        }
        try {
            return new String(decryptUnderEither(pair), StandardCharsets.UTF_8);
        } catch (RuntimeException e) {
            throw new InvalidSettingException("TOKEN_KEY", "cannot read the stored token pair; set the key it was stored under, or TOKEN_KEY_PREVIOUS");
        }
    }

    private byte[] decryptUnderEither(byte[] pair) {
        try {
            return current.decrypt(pair);
        } catch (RuntimeException e) {
            return previous.decrypt(pair);
        }
    }

    private static AesBytesEncryptor encryptor(String key) {
        return new AesBytesEncryptor(new SecretKeySpec(Base64.getDecoder().decode(key), "AES"),
                KeyGenerators.secureRandom(16), CipherAlgorithm.GCM);
    }
}
