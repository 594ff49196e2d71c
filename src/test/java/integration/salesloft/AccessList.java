package integration.salesloft;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The file that ACCESS_TOKENS names, with a token of each role, and one that has ended. */
record AccessList(Path file) {

    static final String READER = "reader-of-the-tests";
    static final String WRITER = "writer-of-the-tests";
    static final String OPERATOR = "operator-of-the-tests";
    static final String ENDED = "ended-before-the-tests";

    static AccessList of(Path folder) {
        AccessList list = new AccessList(folder.resolve("tokens.yaml").toAbsolutePath());
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        list.write("");
        return list;
    }

    /** Those and further entries, exchanged at once as a mounted Secret is. */
    void write(String more) {
        replace(entry("dashboard", "reader", READER) + entry("crm", "writer", WRITER) + entry("ada", "operator", OPERATOR)
                + entry("bob", "operator", ENDED).replace("}", ", until: 2020-01-31}") + more);
    }

    void replace(String text) {
        try {
            Path next = Files.writeString(file.resolveSibling("next"), text);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String entry(String name, String role, String token) {
        try {
            return "- {name: %s, role: %s, sha256: %s}%n".formatted(name, role,
                    HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8))));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
