package integration.salesloft.lint;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is made from a template gives it what it asks for and nothing else; and what describes a list of SalesLoft's, which has a name and columns,
 * says so in words that its view can be made of: a wrong one would only be seen when the list is first pulled.
 */
class TemplateCheck implements Check {

    /** As view_query of the migrations takes them. */
    static final List<String> TYPES = List.of("text", "email", "number", "integer", "boolean", "instant", "date", "uuid", "json");

    private static final Pattern COLUMN = Pattern.compile("([a-z_][a-z0-9_]{0,62})(?: ([a-z]+))?(?: [A-Za-z_][A-Za-z0-9_]*(?:\\.[A-Za-z_][A-Za-z0-9_]*)*)?");
    /** Which every view has. */
    private static final Set<String> OWN = Set.of("id", "updated_at", "created_at", "document");
    /** Of a list: the words a parameter may be. */
    private static final Map<String, Set<String>> WORDS = Map.of("mode", Set.of("from", "full"), "ids", Set.of("number", "text"), "dated", Set.of("true", "false"),
            "paging", Set.of("page", "none"), "vanished", Set.of("ids", "read"), "about", Set.of("person", "other"));

    @Override
    public void check(RouteModel model, Consumer<Finding> report) {
        Map<String, TemplatedRoute> named = new LinkedHashMap<>();
        for (TemplatedRoute made : model.templated()) {
            YamlNode template = model.files().stream().flatMap(file -> file.yaml().root().items().stream())
                    .map(item -> item.get("routeTemplate")).filter(node -> Objects.equals(made.template(), node.get("id").text())).findFirst().orElse(YamlNode.MISSING);
            if (!template.exists()) {
                report.accept(made.file().finding(made.node().lineOf("routeTemplateRef"), "there is no template " + made.template()));
                continue;
            }
            List<YamlNode> asked = template.get("parameters").items();
            given(made).stream().filter(name -> asked.stream().noneMatch(parameter -> name.equals(parameter.get("name").text())))
                    .forEach(name -> report.accept(finding(made, name, "its template has no parameter " + name)));
            asked.stream().filter(parameter -> !parameter.has("defaultValue") && !given(made).contains(parameter.get("name").text()))
                    .forEach(parameter -> report.accept(made.file().finding(made.node().line(), made.id() + ": the parameter " + parameter.get("name").text() + " is missing")));
            if (asked.stream().anyMatch(parameter -> "columns".equals(parameter.get("name").text()))) {
                list(made, named, report);
            }
        }
    }

    private static void list(TemplatedRoute made, Map<String, TemplatedRoute> named, Consumer<Finding> report) {
        String resource = made.parameters().get("resource");
        TemplatedRoute other = named.putIfAbsent(resource, made);
        if (resource != null && other != null) {
            report.accept(finding(made, "resource", "resource " + resource + " is taken by " + other.file().name() + ":" + other.node().line()));
        }
        WORDS.forEach((name, words) -> {
            String word = made.parameters().get(name);
            if (word != null && !words.contains(word)) {
                report.accept(finding(made, name, name + " must be " + String.join(" or ", words.stream().sorted().toList()) + ", not " + word));
            }
        });
        String columns = made.parameters().getOrDefault("columns", "");
        Set<String> before = new HashSet<>(OWN);
        for (String column : columns.isBlank() ? new String[0] : columns.strip().split("\\s*,\\s*", -1)) {
            Matcher parts = COLUMN.matcher(column);
            if (!parts.matches()) {
                report.accept(finding(made, "columns", "\"" + column + "\" is no column: name, name type, or name type path, comma between"));
            } else if (parts.group(2) != null && !TYPES.contains(parts.group(2))) {
                report.accept(finding(made, "columns", "column " + parts.group(1) + ": there is no type " + parts.group(2) + "; there are " + String.join(", ", TYPES)));
            } else if (!before.add(parts.group(1))) {
                report.accept(finding(made, "columns", "column " + parts.group(1) + " is there already"));
            }
        }
    }

    private static List<String> given(TemplatedRoute made) {
        return made.node().get("parameters").items().stream().map(parameter -> parameter.get("name").text()).filter(Objects::nonNull).toList();
    }

    /** At the line of the parameter, which may be another than that of its block. */
    private static Finding finding(TemplatedRoute made, String parameter, String problem) {
        int line = made.node().get("parameters").items().stream().filter(node -> parameter.equals(node.get("name").text())).findFirst().map(YamlNode::line).orElse(made.node().line());
        return made.file().finding(line, problem);
    }
}
