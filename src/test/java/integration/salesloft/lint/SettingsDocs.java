package integration.salesloft.lint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The settings as a list in Markdown, made from {@code application.yaml}: each variable once, with its default and the comment above it. */
final class SettingsDocs {

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Z][A-Z_]+)(?::((?:\\$\\{[^}]*}|[^}])*))?}");

    private SettingsDocs() {
    }

    static String list(Path applicationYaml) throws IOException {
        List<String> list = new ArrayList<>();
        Set<String> seen = new LinkedHashSet<>();
        List<String> comment = new ArrayList<>();
        boolean inComment = false;
        for (String line : Files.readAllLines(applicationYaml)) {
            if (line.strip().startsWith("#")) {
                if (!inComment) {
                    comment.clear();
                }
                comment.add(line.strip().substring(1).strip());
            }
            inComment = line.strip().startsWith("#");
            if (line.isBlank()) {
                comment.clear();
            }
            for (MatchResult variable : VARIABLE.matcher(line).results().toList()) {
                if (!inComment && seen.add(variable.group(1))) {
                    String why = comment.isEmpty() ? "" : ": " + comment.stream().collect(Collectors.joining(" "));
                    String otherwise = variable.group(2) == null || variable.group(2).isEmpty() ? "" : variable.group(2).startsWith("${") ? " [see the jar's application.yaml]" : " [" + variable.group(2) + "]";
                    list.add("- `" + variable.group(1) + "`" + otherwise + why);
                    comment.clear(); // those that follow it are said with it
                }
            }
        }
        return String.join("\n", list);
    }
}
