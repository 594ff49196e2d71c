package integration.salesloft.access;

import integration.salesloft.role.Role;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Reads the list of tokens, YAML: entries with {@code name}, {@code role}, {@code sha256} and perhaps {@code until}, a day to whose end
 * (UTC) the token counts, or an instant. Scalars are read as they are written, because to YAML some hashes are numbers.
 */
final class TokenList {

    private static final Set<String> KEYS = Set.of("name", "role", "sha256", "until");
    /** It stands in logs, in which no e-mail address may stand; two names are those of the tokens that are settings. */
    private static final String NAME = "(?!(ops|sync)$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

    private final List<NamedToken> tokens = new ArrayList<>();
    private final Map<String, Role> roles = new HashMap<>();

    private TokenList() {
    }

    /** What is wrong with the list, and in which line; never what stands there. */
    static final class Broken extends Exception {

        Broken(int line, String problem) {
            super("line " + line + ": " + problem);
        }

        private Broken(Node node, String problem) {
            this(node.getStartMark().getLine() + 1, problem);
        }
    }

    /** @throws Broken when any of it is not as it must be: then none of it counts */
    static List<NamedToken> read(byte[] file) throws Broken {
        TokenList list = new TokenList();
        list.add(document(file));
        return List.copyOf(list.tokens);
    }

    private static Node document(byte[] file) throws Broken {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(file)).toString();
            Node document = new Yaml(new LoaderOptions()).compose(new StringReader(text));
            if (document == null) {
                throw new Broken(1, "is empty; a list without tokens is []");
            }
            return document;
        } catch (CharacterCodingException e) {
            throw new Broken(1, "no text in UTF-8");
        } catch (MarkedYAMLException e) {
            // Its message shows the line.
            throw new Broken(e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1, "no YAML");
        } catch (YAMLException e) {
            throw new Broken(1, "no YAML");
        }
    }

    private void add(Node document) throws Broken {
        if (!(document instanceof SequenceNode entries)) {
            throw new Broken(document, "must be a list of tokens, each with name, role and sha256");
        }
        for (Node entry : entries.getValue()) {
            if (!(entry instanceof MappingNode token)) {
                throw new Broken(entry, "must be an entry with name, role and sha256");
            }
            add(token);
        }
    }

    private void add(MappingNode entry) throws Broken {
        Map<String, ScalarNode> values = new HashMap<>();
        for (NodeTuple tuple : entry.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key) || !KEYS.contains(key.getValue())) {
                throw new Broken(tuple.getKeyNode(), "an entry has name, role, sha256 and perhaps until, nothing else");
            }
            if (!(tuple.getValueNode() instanceof ScalarNode value) || values.put(key.getValue(), value) != null) {
                throw new Broken(key, key.getValue() + " must stand there once, with one value");
            }
        }
        String name = value(entry, values, "name", NAME, "must be 1 to 64 letters, digits, dots, hyphens and underscores, and neither ops nor sync");
        Role role = Role.of(value(entry, values, "role", "reader|writer|operator", "must be reader, writer or operator")).orElseThrow();
        byte[] hash = HexFormat.of().parseHex(value(entry, values, "sha256", "[0-9a-fA-F]{64}", "must be the 64 hexadecimal digits of a SHA-256"));
        if (tokens.stream().anyMatch(token -> Arrays.equals(token.sha256(), hash))) {
            throw new Broken(values.get("sha256"), "sha256 stands there twice");
        }
        if (roles.putIfAbsent(name, role) != null && roles.get(name) != role) {
            throw new Broken(values.get("role"), "role is another one than before under this name");
        }
        tokens.add(new NamedToken(new Caller(name, Set.of(role)), hash, until(values.get("until"))));
    }

    private static String value(MappingNode entry, Map<String, ScalarNode> values, String key, String pattern, String otherwise) throws Broken {
        ScalarNode value = values.get(key);
        if (value == null) {
            throw new Broken(entry, key + " is missing");
        }
        if (!value.getValue().matches(pattern)) {
            throw new Broken(value, key + " " + otherwise);
        }
        return value.getValue();
    }

    private static Instant until(ScalarNode value) throws Broken {
        if (value == null) {
            return null;
        }
        try {
            String text = value.getValue();
            return text.length() == 10 ? LocalDate.parse(text).plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant() : OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            throw new Broken(value, "until must be a day such as 2027-01-31, or an instant such as 2027-01-31T12:00:00Z");
        }
    }
}
