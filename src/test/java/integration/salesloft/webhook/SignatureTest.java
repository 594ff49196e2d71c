package integration.salesloft.webhook;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;

import integration.salesloft.Delivery;
import java.util.Locale;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.springframework.mock.env.MockEnvironment;

/** Which token signed a body, for all bodies and tokens. */
class SignatureTest {

    @Property
    void knowsBothTokensAndNoOther(@ForAll byte[] body, @ForAll("tokens") String current, @ForAll("tokens") String previous, @ForAll("tokens") String other)
            throws Exception {
        Assume.that(!current.equals(previous) && !other.equals(current) && !other.equals(previous));
        Signature signature = signature("sha1", current, previous);
        assertThat(signature.signedWith(body, sha1(current, body))).isEqualTo("current");
        assertThat(signature.signedWith(body, sha1(previous, body))).isEqualTo("previous");
        assertThat(signature.signedWith(body, sha1(other, body))).isEqualTo("none");
        assertThat(signature("sha1", current, "").signedWith(body, sha1(previous, body))).isEqualTo("none");
    }

    @Property
    void isSpoiltByAnyChange(@ForAll byte[] body, @ForAll("tokens") String token, @ForAll int where, @ForAll byte change) throws Exception {
        Signature signature = signature("sha1", token, "");
        String right = sha1(token, body);
        if (body.length > 0 && change != 0) {
            byte[] changed = body.clone();
            changed[Math.floorMod(where, body.length)] ^= change;
            assertThat(signature.signedWith(changed, right)).isEqualTo("none");
        }
        StringBuilder wrong = new StringBuilder(right);
        int at = Math.floorMod(where, wrong.length());
        wrong.setCharAt(at, wrong.charAt(at) == '0' ? '1' : '0');
        assertThat(signature.signedWith(body, wrong.toString())).isEqualTo("none");
        assertThat(signature.signedWith(body, right.substring(1))).isEqualTo("none");
        assertThat(signature.signedWith(body, right + " ")).isEqualTo("none");
        Assume.that(!right.toUpperCase(Locale.ROOT).equals(right));
        assertThat(signature.signedWith(body, right.toUpperCase(Locale.ROOT))).isEqualTo("none");
    }

    @Property
    void takesTheHashThatIsSet(@ForAll byte[] body, @ForAll("tokens") String token) throws Exception {
        String sha256 = Delivery.signature("HmacSHA256", token, body);
        assertThat(signature("sha256", token, "").signedWith(body, sha256)).isEqualTo("current");
        assertThat(signature("sha1", token, "").signedWith(body, sha256)).isEqualTo("none");
    }

    @Property
    void nobodySignsWithoutATokenAndNobodyIsLetInWithoutASignature(@ForAll byte[] body, @ForAll("tokens") String token) throws Exception {
        assertThat(signature("sha1", "", "").signedWith(body, sha1(token, body))).isEqualTo("none");
        assertThat(signature("sha1", token, "").signedWith(body, null)).isEqualTo("none");
        assertThat(signature("sha1", token, "").signedWith(body, "")).isEqualTo("none");
    }

    /** What `printf %s '{"id":1}' | openssl dgst -sha1 -hmac s3cret` says. */
    @Example
    void signsAsSalesLoftDoes() throws Exception {
        assertThat(signature("sha1", "s3cret", "").signedWith(quoted("{'id':1}").getBytes(), "2f0ee5192ed120c9fc4d16555636ddb35811f47e")).isEqualTo("current");
    }

    /** As the settings may be: without what a placeholder is made of. */
    @Provide
    Arbitrary<String> tokens() {
        return Arbitraries.strings().withCharRange('!', '~').excludeChars('$', '{', '}', '\\').ofMinLength(1).ofMaxLength(80);
    }

    private static Signature signature(String hash, String current, String previous) throws Exception {
        return new Signature(new MockEnvironment().withProperty("salesloft.callback-hash", hash).withProperty("salesloft.callback-token", current)
                .withProperty("salesloft.callback-token-previous", previous));
    }

    private static String sha1(String token, byte[] body) {
        return Delivery.signature("HmacSHA1", token, body);
    }
}
