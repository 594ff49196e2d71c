package integration.salesloft.lint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonMetaSchema;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.NonValidationKeyword;
import com.networknt.schema.PathType;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.yaml.snakeyaml.nodes.Tag;

/** A JSON schema that YAML documents keep to. What they do not keep to is told by the line and the key. */
class DocumentSchema {

    /** Of the messages about one place the first kind in this order says it; the others follow from it. */
    private static final List<String> TELLING = List.of("additionalProperties", "enum", "maxProperties", "required", "type");

    private final JsonSchema schema;

    private DocumentSchema(JsonSchema schema) {
        this.schema = schema;
    }

    /** Reads a schema of draft 4, and closes what it reads from. */
    static DocumentSchema read(InputStream source) throws IOException {
        JsonMetaSchema dialect = JsonMetaSchema.builder(JsonMetaSchema.getV4()).keyword(new NonValidationKeyword("deprecated")).build();
        JsonSchemaFactory factory = JsonSchemaFactory.builder().metaSchema(dialect).defaultMetaSchemaIri(dialect.getIri()).build();
        // Compiled where a file needs it: the whole takes seconds.
        SchemaValidatorsConfig config = SchemaValidatorsConfig.builder().pathType(PathType.JSON_POINTER).preloadJsonSchema(false).build();
        try (InputStream json = source) {
            return new DocumentSchema(factory.getSchema(json, config));
        }
    }

    void check(Path file, YamlNode root, Consumer<Finding> report) {
        Map<String, List<ValidationMessage>> places = new LinkedHashMap<>();
        for (ValidationMessage message : schema.validate(json(root))) {
            places.computeIfAbsent(message.getInstanceLocation().toString(), place -> new ArrayList<>()).add(message);
        }
        places.forEach((place, messages) -> {
            if (places.keySet().stream().noneMatch(other -> other.startsWith(place + "/") && isAlternative(messages))) {
                report.accept(tell(file, root, messages));
            }
        });
    }

    /** Messages of alternatives that were not meant are only worth telling when nothing deeper went wrong. */
    private static boolean isAlternative(List<ValidationMessage> messages) {
        return messages.stream().allMatch(message -> message.getEvaluationPath().toString().matches(".*/(oneOf|anyOf)(/.*)?"));
    }

    private static Finding tell(Path file, YamlNode root, List<ValidationMessage> messages) {
        ValidationMessage first = messages.get(0);
        List<ValidationMessage> telling = TELLING.stream()
                .map(kind -> messages.stream().filter(message -> message.getType().equals(kind)).toList())
                .filter(same -> !same.isEmpty()).findFirst().orElse(List.of(first));
        JsonNodePath place = first.getInstanceLocation();
        YamlNode node = root;
        int line = node.line();
        String name = "the file";
        for (int i = 0; i < place.getNameCount(); i++) {
            if (node.isList()) {
                node = node.items().get((Integer) place.getElement(i));
                line = node.line();
            } else {
                name = place.getElement(i).toString();
                line = node.lineOf(name);
                node = node.get(name);
            }
        }
        ValidationMessage message = telling.get(0);
        String problem = switch (message.getType()) {
            case "additionalProperties" -> {
                line = node.lineOf(message.getProperty());
                yield name + ": unknown property " + message.getProperty();
            }
            case "enum" -> name + ": must be one of " + message.getArguments()[0];
            case "maxProperties" -> name + ": more than one key in one item";
            case "required" -> telling.size() == 1 ? name + ": " + message.getProperty() + " is missing" : name + ": names nothing known";
            case "type" -> name + ": must be " + article(telling) + ", not " + message.getArguments()[0];
            default -> name + ": " + message.getMessage().lines().findFirst().orElse("").replaceFirst("^\\S*: ", "");
        };
        return new Finding(file, line, problem);
    }

    private static String article(List<ValidationMessage> types) {
        return String.join(" or ", types.stream().map(type -> String.valueOf(type.getArguments()[1])).distinct().sorted().toList());
    }

    /** A YAML document as JSON. */
    static JsonNode json(YamlNode node) {
        JsonNodeFactory factory = JsonNodeFactory.instance;
        if (node.isMap()) {
            ObjectNode object = factory.objectNode();
            node.entries().forEach(entry -> object.set(entry.key(), json(entry.value())));
            return object;
        }
        if (node.isList()) {
            ArrayNode array = factory.arrayNode();
            node.items().forEach(item -> array.add(json(item)));
            return array;
        }
        return node.exists() ? scalar(factory, node.text(), node.node().getTag()) : factory.nullNode();
    }

    /** Types as in YAML 1.2, which Camel reads: yes, 1_000 and 1:30 are strings. */
    private static JsonNode scalar(JsonNodeFactory factory, String text, Tag tag) {
        if (tag.equals(Tag.NULL)) {
            return factory.nullNode();
        }
        if (tag.equals(Tag.BOOL) && text.matches("(?i)true|false")) {
            return factory.booleanNode(Boolean.parseBoolean(text));
        }
        if (tag.equals(Tag.INT) && text.matches("[-+]?[0-9]{1,18}")) {
            return factory.numberNode(Long.parseLong(text));
        }
        if (tag.equals(Tag.FLOAT) && text.matches("[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?")) {
            return factory.numberNode(Double.parseDouble(text));
        }
        return factory.textNode(text);
    }
}
