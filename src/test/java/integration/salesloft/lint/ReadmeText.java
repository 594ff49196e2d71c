package integration.salesloft.lint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** The README's parts that are made from, or checked against, the routes. */
record ReadmeText(Path file, String text) {

    static ReadmeText read(Path file) {
        try {
            assertThat(file).exists();
            return new ReadmeText(file, Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What stands between {@code <!-- name -->} and {@code <!-- /name -->}, without the line breaks around it. */
    String part(String name) {
        assertThat(text).as("README.md").containsOnlyOnce(open(name)).containsOnlyOnce(close(name));
        return text.substring(text.indexOf(open(name)) + open(name).length(), text.indexOf(close(name))).strip();
    }

    void write(String name, String content) {
        part(name);
        String before = text.substring(0, text.indexOf(open(name)) + open(name).length());
        try {
            Files.writeString(file, before + "\n" + content + "\n" + text.substring(text.indexOf(close(name))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The cells of all tables under a heading that begins with a text, down to the next heading. */
    List<String> cells(String heading) {
        List<String> lines = text.lines().dropWhile(line -> !line.matches("#+ " + Pattern.quote(heading) + ".*")).toList();
        assertThat(lines).as("README.md, from the heading \"" + heading + "\" on").isNotEmpty();
        List<String> cells = lines.stream().skip(1).takeWhile(line -> !line.matches("#+ .*")).filter(line -> line.startsWith("|"))
                .flatMap(line -> Arrays.stream(line.split("(?<!\\\\)\\|"))).map(String::strip).toList();
        assertThat(cells).as("cells of the table under \"" + heading + "\"").isNotEmpty();
        return cells;
    }

    private static String open(String name) {
        return "<!-- " + name + " -->";
    }

    private static String close(String name) {
        return "<!-- /" + name + " -->";
    }
}
