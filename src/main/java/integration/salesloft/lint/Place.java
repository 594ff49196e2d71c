package integration.salesloft.lint;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where a number stands, as {@code couplings.yaml} says it.
 *
 * @param words  what kind of place it is, and which
 * @param factor that brings the number into the unit of the one it is compared with
 */
record Place(List<String> words, long factor) {

    /**
     * A number as it was found.
     *
     * @param file where it stands, or null for what stands in no file of routes
     */
    record Found(long number, RouteFile file, int line) {
    }

    static Place of(String text) {
        String[] parts = text.split(" \\* ");
        return new Place(List.of(parts[0].split(" ")), parts.length == 1 ? 1 : Long.parseLong(parts[1]));
    }

    /** The number; none when the routes have no such place, or something else there. */
    Optional<Found> in(RouteModel model, DefinedSettings settings) {
        return switch (words.get(0)) {
            case "bean" -> model.files().stream().flatMap(file -> file.yaml().root().items().stream().flatMap(block -> block.get("beans").items().stream())
                    .filter(bean -> word(1).equals(bean.get("name").text()))
                    .flatMap(bean -> number(file, bean.get("constructors").get(word(2))))).findFirst();
            case "step" -> model.routes().stream().flatMap(route -> route.steps().stream().filter(step -> word(1).equals(step.id()))
                    .flatMap(step -> number(route.file(), words.size() > 2 ? step.node().get("parameters").get(word(2))
                            : step.node().get("expression").get("constant").get("expression")))).findFirst();
            case "route" -> model.routes().stream().filter(route -> word(1).equals(route.id()))
                    .flatMap(route -> number(route.file(), route.node().get("from").get("parameters").get(word(2)))).findFirst();
            case "setting" -> Optional.ofNullable(settings.values().get(word(1))).filter(Place::isNumber).map(value -> new Found(Long.parseLong(value), null, 0));
            default -> Optional.of(new Found(Long.parseLong(word(0)), null, 0));
        };
    }

    private String word(int position) {
        return words.get(position);
    }

    private static Stream<Found> number(RouteFile file, YamlNode node) {
        return node.isText() && isNumber(node.text()) ? Stream.of(new Found(Long.parseLong(node.text()), file, node.line())) : Stream.empty();
    }

    private static boolean isNumber(String text) {
        return text.matches("\\d{1,18}");
    }

    @Override
    public String toString() {
        return String.join(" ", words) + (factor == 1 ? "" : " * " + factor);
    }
}
