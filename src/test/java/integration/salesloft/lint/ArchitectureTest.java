package integration.salesloft.lint;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.asm.ClassReader;

/** The packages depend on each other one way, and no Java knows the name of a path, a route or a step: those are passed in. */
class ArchitectureTest {

    private static final String ROOT = "integration.salesloft";
    private static final JavaClasses CLASSES = new ClassFileImporter().importUrl(RouteLint.class.getProtectionDomain().getCodeSource().getLocation());

    /** Which packages each may use, beside itself. The container itself, in none of them, only starts the lint. */
    private static final Map<String, Set<String>> MAY_USE = Map.ofEntries(
            Map.entry("", Set.of("lint", "start")),
            Map.entry("access", Set.of("digest", "http", "role", "start", "trace")),
            Map.entry("batch", Set.of()),
            Map.entry("checklist", Set.of("digest")),
            Map.entry("digest", Set.of()),
            Map.entry("gateway", Set.of("trace")),
            Map.entry("idempotency", Set.of()),
            Map.entry("kubernetes", Set.of("start")),
            Map.entry("lease", Set.of()),
            Map.entry("lint", Set.of("role")),
            Map.entry("metrics", Set.of()),
            Map.entry("role", Set.of()),
            Map.entry("rollback", Set.of("kubernetes")),
            Map.entry("stream", Set.of()),
            Map.entry("trace", Set.of()),
            Map.entry("wake", Set.of("trace")),
            Map.entry("log", Set.of()),
            Map.entry("privacy", Set.of("start")),
            Map.entry("start", Set.of("lint")),
            Map.entry("http", Set.of("start", "trace")),
            Map.entry("testing", Set.of("lint", "start")),
            Map.entry("token", Set.of("digest", "kubernetes", "start")),
            Map.entry("push", Set.of("http", "trace")),
            Map.entry("webhook", Set.of("digest", "http", "idempotency", "start", "trace")));

    /** Paths that others call here, and that are called there. */
    private static final Pattern PATH = Pattern.compile("/v2/.*");
    private static final Pattern ENDPOINT = Pattern.compile("(direct|seda|kafka|platform-http):[a-z/].*");

    @Test
    void packagesDependOneWay() {
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
        assertThat(CLASSES.stream().map(ArchitectureTest::folder).collect(Collectors.toSet())).isEqualTo(MAY_USE.keySet());
        MAY_USE.forEach((folder, others) -> classes().that(DescribedPredicate.describe("are of " + folder, type -> folder(type).equals(folder)))
                .should().onlyDependOnClassesThat(DescribedPredicate.describe("are of " + folder + ", of " + others + " or not ours",
                        type -> !type.getPackageName().startsWith(ROOT) || folder(type).equals(folder) || others.contains(folder(type)))).check(CLASSES));
    }

    @Test
    void noJavaKnowsAPathARouteOrAStep() throws IOException {
        Names names = new Names(RouteModel.read(Path.of("routes")));
        List<String> known = new ArrayList<>();
        for (JavaClass type : CLASSES) {
            constants(type).filter(names::isOne).forEach(constant -> known.add(type.getSimpleName() + ": " + constant));
        }
        assertThat(known).isEmpty();
    }

    /** What the server knows of paths before their routes do is about paths that there are. */
    @Test
    void settingsNamePathsThatRoutesServe() throws UnreadableFileException {
        RouteModel model = RouteModel.read(Path.of("routes"));
        Set<String> served = model.routes().stream().flatMap(route -> model.readings(route, String.valueOf(route.from())).stream()).collect(Collectors.toSet());
        YamlNode paths = YamlFile.read(Path.of("src/main/resources/application.yaml")).root().get("salesloft").get("paths");
        assertThat(List.of("deliveries", "uploads")).flatMap(kind -> paths.get(kind).items()).isNotEmpty()
                .allSatisfy(path -> assertThat(served).anyMatch(from -> from.replaceFirst("\\?.*", "").equals("platform-http:" + path.text())));
    }

    /** What would be found. */
    @ParameterizedTest
    @ValueSource(strings = {"direct:gateway-call", "seda:stream-outbox", "/sync/people", "/webhooks", "/v2/people.json", "stream-outbox-kafka", "sync-pull-\u0001"})
    void isAName(String constant) {
        assertThat(new Names(RouteModel.read(Path.of("routes"))).isOne(constant)).isTrue();
    }

    private static String folder(JavaClass type) {
        return type.getPackageName().substring(ROOT.length()).replaceFirst("^\\.", "");
    }

    /** The texts of a class: literals, patterns of concatenations, and what stands in annotations. */
    private static Stream<String> constants(JavaClass type) throws IOException {
        try (InputStream bytes = type.getSource().orElseThrow().getUri().toURL().openStream()) {
            ClassReader reader = new ClassReader(bytes);
            char[] buffer = new char[reader.getMaxStringLength()];
            List<String> texts = new ArrayList<>();
            for (int i = 1; i < reader.getItemCount(); i++) {
                int item = reader.getItem(i);
                if (item > 0 && reader.readByte(item - 1) == 8) { // CONSTANT_String, which refers to its text
                    texts.add(reader.readUTF8(item, buffer));
                }
            }
            return texts.stream();
        }
    }

    /** Ids of routes and steps, and what they begin with; paths that are called here. */
    private record Names(Set<String> ids, Set<String> flows, Set<String> paths) {

        Names(RouteModel model) {
            this(model.files().stream().flatMap(file -> model.ids(file.name()).stream()).filter(id -> id.contains("-")).collect(Collectors.toSet()),
                    model.files().stream().map(RouteFile::flow).filter(flow -> flow.contains("-")).collect(Collectors.toSet()),
                    model.routes().stream().map(Route::from).filter(from -> from != null && from.startsWith("platform-http:"))
                            .map(from -> from.replaceFirst("platform-http:(/[a-z]+).*", "$1")).collect(Collectors.toSet()));
        }

        boolean isOne(String constant) {
            return ENDPOINT.matcher(constant).matches() || PATH.matcher(constant).matches() || ids.contains(constant)
                    || flows.stream().anyMatch(flow -> constant.startsWith(flow + "-"))
                    || paths.stream().anyMatch(path -> constant.equals(path) || constant.startsWith(path + "/"));
        }
    }
}
