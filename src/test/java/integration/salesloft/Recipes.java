package integration.salesloft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What {@code docs/editing-routes.md} tells to change, and the tests it has for that. */
final class Recipes {

    private static final Path PAGE = Path.of("docs", "editing-routes.md");
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(diff|yaml)\\n(.*?)^```$");
    private static final Pattern FILE = Pattern.compile("\\+\\+\\+ routes/(\\S+)");

    private Recipes() {
    }

    /** Makes all of the changes. */
    static void applyTo(RoutesCopy routes) throws IOException {
        for (String change : blocks("diff")) {
            List<String> lines = change.lines().toList();
            String file = FILE.matcher(lines.get(0)).replaceFirst("$1");
            routes.change(file, text(lines, '-'), text(lines, '+'));
        }
    }

    /** Writes the tests into a folder, each named by its place on the page, such as {@code recipe-1.yaml}. */
    static void writeTests(Path folder) throws IOException {
        int number = 0;
        for (String test : blocks("yaml")) {
            number++;
            Files.writeString(folder.resolve("recipe-" + number + ".yaml"), test);
        }
    }

    private static List<String> blocks(String kind) throws IOException {
        return BLOCK.matcher(Files.readString(PAGE)).results().filter(block -> block.group(1).equals(kind)).map((MatchResult block) -> block.group(2)).toList();
    }

    /** What stands there before the change ({@code -}), or after it ({@code +}): these lines, and those that stay. */
    private static String text(List<String> change, char side) {
        return change.stream().skip(1).filter(line -> line.charAt(0) == side || line.charAt(0) == ' ').map(line -> line.substring(1)).collect(Collectors.joining("\n"));
    }
}
