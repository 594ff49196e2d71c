package integration.salesloft.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import integration.salesloft.start.InvalidSettingException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

/** The list of tokens: what counts in it, what is wrong with it, and what happens when it changes. */
@ExtendWith(OutputCaptureExtension.class)
class AccessTokensTest {

    /** Of the texts a, b and c, as {@code printf %s a | sha256sum} prints them. */
    private static final String A = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    private static final String B = "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d";
    private static final String C = "2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6";

    @TempDir
    private Path folder;

    private AccessTokens tokens(String list) throws IOException {
        Path file = Files.writeString(folder.resolve("tokens.yaml"), list);
        AccessTokens tokens = new AccessTokens(settings(Map.of("salesloft.access-tokens", file.toString(), "salesloft.ops-token", "ops-token", "salesloft.sync-token", "")));
        DefaultCamelContext camel = new DefaultCamelContext();
        camel.getRegistry().bind("metrics", new SimpleMeterRegistry());
        tokens.setCamelContext(camel);
        return tokens;
    }

    private static StandardEnvironment settings(Map<String, Object> values) {
        StandardEnvironment settings = new StandardEnvironment();
        settings.getPropertySources().addFirst(new MapPropertySource("settings", values));
        return settings;
    }

    private static String who(AccessTokens tokens, String token) {
        try {
            Caller caller = tokens.find(token);
            return caller == null ? "nobody" : caller.name() + " " + caller.roles();
        } catch (Refused e) {
            return e.reason().toString();
        }
    }

    @Test
    void knowsNamesAndRoles() throws IOException {
        AccessTokens tokens = tokens("""
                # Two of one name, while it is changed.
                - {name: crm, role: writer, sha256: %s, until: 2020-01-31}
                - name: crm
                  role: writer
                  sha256: "%s"
                  until: 2126-01-31T12:00:00+01:00
                - {name: grafana, role: reader, sha256: %s, until: 2126-01-31}
                """.formatted(A, B.toUpperCase(), C));
        assertThat(who(tokens, "a")).isEqualTo("expired");
        assertThat(who(tokens, "b")).isEqualTo("crm [writer]");
        assertThat(who(tokens, "c")).isEqualTo("grafana [reader]");
        assertThat(who(tokens, "ops-token")).isEqualTo("ops [operator]");
        assertThat(List.of("", "d", A, "ops-token ", "OPS-TOKEN")).allSatisfy(token -> assertThat(who(tokens, token)).isEqualTo("nobody"));
        assertThat(who(tokens("[]"), "a")).isEqualTo("nobody");
    }

    /** To YAML this is a number, as a hash of digits may be. */
    @Test
    void readsAHashAsItIsWritten() throws Exception {
        String digits = "0".repeat(62) + "17";
        assertThat(TokenList.read("- {name: a, role: reader, sha256: %s}".formatted(digits).getBytes()).get(0).sha256()[31]).isEqualTo((byte) 0x17);
        assertThat(TokenList.read("- {name: on, role: reader, sha256: %s}".formatted("1e".repeat(32)).getBytes()).get(0).caller().name()).isEqualTo("on");
    }

    /** A day counts to its end. */
    @Test
    void countsToTheEndOfADay() throws Exception {
        NamedToken token = TokenList.read("- {name: a, role: reader, sha256: %s, until: 2026-01-31}".formatted(A).getBytes()).get(0);
        assertThat(token.until()).isEqualTo("2026-02-01T00:00:00Z");
        assertThat(token.isOver(token.until().minusMillis(1))).isFalse();
        assertThat(token.isOver(token.until())).isTrue();
        assertThat(token.toString()).doesNotContain("sha256", "[B");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '§', quoteCharacter = '~', value = {
            "secret-token§line 1: must be a list of tokens, each with name, role and sha256",
            "~~§line 1: is empty; a list without tokens is []",
            "- secret-token§line 1: must be an entry with name, role and sha256",
            "- {name: a, role: reader, sha256: HASH}|- {name: secret-token, role: boss, sha256: HASH}§line 2: role must be reader, writer or operator",
            "- {name: a, role: reader, sha256: secret-token}§line 1: sha256 must be the 64 hexadecimal digits of a SHA-256",
            "-|  name: a|  role: reader§line 2: sha256 is missing",
            "- {role: reader, sha256: HASH}§line 1: name is missing",
            "- {name: secret@token, role: reader, sha256: HASH}§line 1: name must be 1 to 64 letters, digits, dots, hyphens and underscores, and neither ops nor sync",
            "- {name: a, role: reader, sha256: HASH, token: secret-token}§line 1: an entry has name, role, sha256 and perhaps until, nothing else",
            "- {name: a, role: reader, role: operator, sha256: HASH}§line 1: role must stand there once, with one value",
            "- {name: ops, role: reader, sha256: HASH}§line 1: name must be 1 to 64 letters, digits, dots, hyphens and underscores, and neither ops nor sync",
            "- {name: a, role: [reader], sha256: HASH}§line 1: role must stand there once, with one value",
            "- {name: a, role: reader, sha256: HASH, until: secret-token}§line 1: until must be a day such as 2027-01-31, or an instant such as 2027-01-31T12:00:00Z",
            "- {name: a, role: reader, sha256: HASH}|- {name: b, role: reader, sha256: HASH}§line 2: sha256 stands there twice",
            "- {name: a, role: reader, sha256: HASH}|- {name: a, role: operator, sha256: OTHER}§line 2: role is another one than before under this name",
            "- {name: a,|  role: \"secret-token§line 2: no YAML",
            "- {name: a}|--- secret-token§line 2: no YAML"})
    void saysWhereItIsBrokenAndNotWhatStandsThere(String list, String problem) {
        String text = list.replace('|', '\n').replace("HASH", A).replace("OTHER", B);
        assertThatThrownBy(() -> tokens(text)).isInstanceOf(InvalidSettingException.class).hasMessage("ACCESS_TOKENS: " + problem);
    }

    @Test
    void namesAFileThatIsNotThereOrNoText() throws IOException {
        assertThatThrownBy(() -> new AccessTokens(settings(Map.of("salesloft.access-tokens", "/no/such/file")))).hasMessage("ACCESS_TOKENS: cannot be read: /no/such/file");
        Path file = Files.write(folder.resolve("bytes"), new byte[] {(byte) 0xff, 0});
        assertThatThrownBy(() -> new AccessTokens(settings(Map.of("salesloft.access-tokens", file.toString())))).hasMessage("ACCESS_TOKENS: line 1: no text in UTF-8");
    }

    @Test
    void readsAChangedListAgainAndKeepsTheOneBeforeABrokenOne(CapturedOutput output) throws IOException {
        AccessTokens tokens = tokens("- {name: crm, role: writer, sha256: %s}".formatted(A));
        tokens("- {name: crm, role: writer, sha256: %s}\n- {name: crm, role: writer, sha256: %s}".formatted(A, B));
        tokens.refresh();
        assertThat(who(tokens, "b")).as("perhaps somebody is writing it just now").isEqualTo("nobody");
        tokens.refresh();
        assertThat(Arrays.asList(who(tokens, "a"), who(tokens, "b"))).containsOnly("crm [writer]");
        tokens("- {name: crm, role: writer, sha256: %s}".formatted(B));
        tokens.refresh();
        tokens.refresh();
        assertThat(who(tokens, "a")).isEqualTo("nobody");

        Files.writeString(folder.resolve("tokens.yaml"), "- {name: crm, role: secret-token}");
        tokens.refresh();
        tokens.refresh();
        assertThat(who(tokens, "b")).isEqualTo("crm [writer]");
        Files.delete(folder.resolve("tokens.yaml"));
        tokens.refresh();
        tokens.refresh();
        assertThat(who(tokens, "b")).isEqualTo("crm [writer]");
        assertThat(output.getOut().lines().filter(line -> line.contains("still count"))).satisfiesExactly(
                line -> assertThat(line).endsWith("ACCESS_TOKENS: line 1: role must be reader, writer or operator; the 1 tokens that were read before still count"),
                line -> assertThat(line).endsWith("ACCESS_TOKENS: cannot be read; the 1 tokens that were read before still count"));
        assertThat(output.getAll()).doesNotContain("secret-token", B);
        tokens("[]");
        tokens.refresh();
        tokens.refresh();
        assertThat(who(tokens, "b")).isEqualTo("nobody");
    }
}
