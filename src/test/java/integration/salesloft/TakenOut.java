package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An EIP that was taken out of a copy of a route: its steps are left, and the exchange goes through them each time. */
final class TakenOut {

    private TakenOut() {
    }

    /** Takes out the first of this kind, such as {@code idempotentConsumer}. */
    static void from(Path file, String kind) throws IOException {
        Matcher eip = Pattern.compile("- " + kind + ":\\n(\\s+)id: (\\S+)\\n(?s:.*?)\\n\\1steps:").matcher(Files.readString(file));
        assertThat(eip.find()).as(kind + " in " + file).isTrue();
        Files.writeString(file, eip.replaceFirst("- step:\n$1id: $2\n$1steps:"));
    }
}
