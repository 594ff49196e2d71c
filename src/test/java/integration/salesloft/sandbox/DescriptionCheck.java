package integration.salesloft.sandbox;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/**
 * Compares the operations that the sandbox knows ({@code operations.yaml}) with SalesLoft's published description, and prints
 * each difference. A program rather than a test, because the description is SalesLoft's and not kept here.
 */
final class DescriptionCheck {

    private final Map<String, Object> description;
    private final List<String> differences = new ArrayList<>();

    private DescriptionCheck(Map<String, Object> description) {
        this.description = description;
    }

    /**
     * Runs the comparison; exits with 1 when there is a difference.
     *
     * @param args path of the description, an OpenAPI 3 file in YAML
     */
    public static void main(String[] args) throws Exception {
        LoaderOptions large = new LoaderOptions();
        large.setCodePointLimit(Integer.MAX_VALUE);
        try (Reader file = Files.newBufferedReader(Path.of(args[0]))) {
            DescriptionCheck check = new DescriptionCheck(new Yaml(large).load(file));
            Operations.all().forEach(check::operation);
            check.lists();
            check.differences.forEach(System.out::println);
            System.out.println(Operations.all().size() + " operations, " + check.differences.size() + " differences");
            System.exit(check.differences.isEmpty() ? 0 : 1);
        }
    }

    private void operation(String name, Map<String, Map<String, Object>> known) {
        String[] words = name.split(" ");
        Object beyondOfList = PlainLists.beyond(words[1].substring("/v2/".length()));
        if ("all".equals(beyondOfList)) {
            return;
        }
        Map<String, Object> path = at(description, "paths").entrySet().stream()
                .filter(described -> described.getKey().replaceAll("[{][^}]*}", "{id}").replaceFirst("[.]json$", "").equals(words[1]))
                .findFirst().map(described -> resolved(described.getValue())).orElse(Map.of());
        Map<String, Object> operation = at(path, words[0].toLowerCase(Locale.ROOT));
        if (operation.isEmpty()) {
            differences.add(name + ": not described");
            return;
        }
        List<?> beyond = (List<?>) Objects.requireNonNullElse(beyondOfList == null ? (Object) known.get("beyond") : beyondOfList, List.of());
        known.getOrDefault("query", Map.of()).forEach((parameter, type) -> {
            if (!beyond.contains(parameter)) {
                same(name + " " + parameter, type.toString(), parameter(operation, parameter));
            }
        });
        known.getOrDefault("body", Map.of()).forEach((field, type) -> {
            if (beyond.contains(field)) {
                return;
            }
            Map<String, Object> schema = at(content(at(operation, "requestBody", "content")), "schema");
            Map<String, Object> property = at(schema, "properties", field);
            boolean required = schema.get("required") instanceof List<?> names && names.contains(field);
            same(name + " " + field, type.toString(), property.isEmpty() ? null : type(property) + (required ? "!" : ""));
        });
    }

    /** Paths without a record's id; me and team are one record each. */
    private void lists() throws IOException {
        Set<String> known = new TreeSet<>(Files.readAllLines(Path.of("src/test/resources/sandbox/described-lists.txt")).stream().takeWhile(line -> !line.equals("# newer")).filter(line -> !line.startsWith("#")).toList());
        Set<String> described = new TreeSet<>();
        at(description, "paths").forEach((path, operations) -> {
            if (!path.contains("{") && !at(resolved(operations), "get").isEmpty() && !path.matches("/v2/(me|team)(\\.json)?")) {
                described.add(path.replaceFirst("^/v2/", "").replaceFirst("\\.json$", ""));
            }
        });
        if (!known.equals(described)) {
            differences.add("lists: " + known + " here, " + described + " there");
        }
    }

    private String parameter(Map<String, Object> operation, String name) {
        for (Object described : (List<?>) operation.getOrDefault("parameters", List.of())) {
            Map<String, Object> parameter = resolved(described);
            if (name.equals(parameter.get("name")) && "query".equals(parameter.get("in"))) {
                String text = String.valueOf(parameter.get("description"));
                String choices = text.replaceFirst("(?s)^.*must be one of: ([\\w, ]+)[.]?.*$", "$1");
                String type = text.contains("---CUSTOM---") ? "range" : text.contains("greater than (gt)") ? "after" : choices.equals(text) ? type(at(parameter, "schema")) : choices.replace(", ", "|");
                return type + (Boolean.TRUE.equals(parameter.get("required")) ? "!" : "");
            }
        }
        return null;
    }

    private void same(String what, String known, String described) {
        boolean some = described != null && described.contains("|") && List.of(described.split("\\|")).containsAll(List.of(known.split("\\|")));
        if (!some && !known.equals(described)) {
            differences.add(what + ": " + known + " here, " + (described == null ? "not described" : described + " there"));
        }
    }

    private String type(Map<String, Object> schema) {
        return "array".equals(schema.get("type")) ? "[" + at(schema, "items").get("type") + "]" : String.valueOf(schema.get("type"));
    }

    private Map<String, Object> content(Map<String, Object> content) {
        return content.values().stream().findFirst().map(this::resolved).orElse(Map.of());
    }

    private Map<String, Object> at(Map<String, Object> map, String... keys) {
        Map<String, Object> found = map;
        for (String key : keys) {
            found = resolved(found.get(key));
        }
        return found;
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> resolved(Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            return Map.of();
        }
        return map.get("$ref") instanceof String reference ? at(description, reference.substring(2).split("/")) : (Map<String, Object>) map;
    }
}
