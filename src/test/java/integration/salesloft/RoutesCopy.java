package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.util.FileSystemUtils;

/** A copy of the routes, with their real waits, that a test changes. */
final class RoutesCopy {

    private final Path folder;

    /** @param folder where the copy is made */
    RoutesCopy(Path folder) throws IOException {
        this.folder = folder;
        FileSystemUtils.copyRecursively(Path.of("routes"), folder);
    }

    /** Replaces the one place of a file that has this text. */
    void change(String file, String before, String after) throws IOException {
        String text = Files.readString(folder.resolve(file));
        assertThat(text).as(file).containsOnlyOnce(before);
        Files.writeString(folder.resolve(file), text.replace(before, after));
    }

    /** Adds a file. */
    void write(String file, String text) throws IOException {
        Files.writeString(folder.resolve(file), text);
    }

    /** Takes out the first EIP of this kind, such as {@code idempotentConsumer}: its steps are left, and the exchange goes through them each time. */
    void takeOut(String file, String kind) throws IOException {
        Matcher eip = Pattern.compile("- " + kind + ":\\n(\\s+)id: (\\S+)\\n(?s:.*?)\\n\\1steps:").matcher(Files.readString(folder.resolve(file)));
        assertThat(eip.find()).as(kind + " in " + file).isTrue();
        Files.writeString(folder.resolve(file), eip.replaceFirst("- step:\n$1id: $2\n$1steps:"));
    }
}
