package integration.salesloft.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the image is built from, and what it says of that. */
class SupplyChainTest {

    private static final Path DOCKERFILE = Path.of("Dockerfile");

    @Test
    void startsFromImagesThatCannotChange() throws IOException {
        List<String> bases = Pattern.compile("(?m)^FROM (\\S+)").matcher(Files.readString(DOCKERFILE)).results().map(MatchResult::group).toList();
        assertThat(bases).hasSize(2).allSatisfy(base -> assertThat(base).matches("FROM [a-z0-9./-]+:[\\w.-]+@sha256:[0-9a-f]{64}"));
    }

    @Test
    void saysWhatItIsMadeOf() throws IOException {
        assertThat(Files.readString(DOCKERFILE)).containsSubsequence("package -Psbom ", "COPY --from=build /build/target/classes/META-INF/sbom/application.cdx.json ./");
        assertThat(Files.readString(Path.of("pom.xml"))).contains("<id>sbom</id>", "<artifactId>cyclonedx-maven-plugin</artifactId>");
    }

    /** They would come with camel-spring-boot-starter and others, and a scanner would report what is found in them. */
    @Test
    void carriesNothingThatNoRouteUses() throws IOException {
        try (Stream<String> jars = Stream.of(Files.readString(Path.of("target/runtime-classpath")).trim().split(":")).map(jar -> Path.of(jar).getFileName().toString())) {
            assertThat(jars).noneMatch(jar -> jar.matches("(kotlin|camel-(browse|controlbus|dataset|mock|rest|saga|scheduler|stub|validator|xpath|xslt)|tomcat-embed-(el|websocket)|checker-qual|h2|junit|mockito|assertj)-.*"));
        }
    }
}
