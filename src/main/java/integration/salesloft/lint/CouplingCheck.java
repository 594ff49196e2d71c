package integration.salesloft.lint;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/** Numbers that stand in two places, because they cannot be one, fit each other: {@code couplings.yaml} says which. */
record CouplingCheck(DefinedSettings settings, List<Coupling> couplings) implements Check {

    CouplingCheck(DefinedSettings settings) throws UnreadableFileException {
        this(settings, inJar());
    }

    /**
     * Two numbers, of which the first must be no more than the second.
     *
     * @param otherwise what happens if it is
     */
    record Coupling(Place less, Place more, String otherwise) {

        private void check(RouteModel model, DefinedSettings settings, Consumer<Finding> report) {
            less.in(model, settings).ifPresent(first -> more.in(model, settings).filter(second -> first.number() * less.factor() > second.number() * more.factor())
                    .ifPresent(second -> report.accept(first.file().finding(first.line(), less + " (here " + first.number() + ") must be no more than "
                            + more + " (" + second.number() + (second.file() == null ? "" : " in " + second.file() + ":" + second.line()) + "), or " + otherwise))));
        }
    }

    private static List<Coupling> inJar() throws UnreadableFileException {
        try (InputStream couplings = CouplingCheck.class.getResourceAsStream("couplings.yaml")) {
            return YamlFile.of(new String(couplings.readAllBytes(), StandardCharsets.UTF_8)).root().items().stream()
                    .map(item -> new Coupling(Place.of(item.get("less").text()), Place.of(item.get("more").text()), item.get("otherwise").text())).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void check(RouteModel model, Consumer<Finding> report) {
        couplings.forEach(coupling -> coupling.check(model, settings, report));
    }
}
