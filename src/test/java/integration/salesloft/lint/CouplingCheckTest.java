package integration.salesloft.lint;

import static integration.salesloft.Quotes.quoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.util.FileSystemUtils;

/** A number that does not fit another one any more is found, with both places. In a copy of the project's routes, one change at a time. */
class CouplingCheckTest {

    @TempDir
    Path directory;

    @ParameterizedTest(name = "{1}")
    @MethodSource
    void findsANumberThatDoesNotFit(String file, String good, String bad, String findings) throws Exception {
        change(file, good, bad);
        List<Finding> found = new ArrayList<>();
        new CouplingCheck(DefinedSettings.read(directory.resolve("application.yaml"))).check(RouteModel.read(directory.resolve("routes")), found::add);
        assertThat(problems(found)).containsExactly(findings.split("\n"));
    }

    /** With all that the lint looks for. */
    @Test
    void isPartOfTheLint() throws IOException {
        change("routes/gateway/http.camel.yaml", quoted("{'0': '30000'"), quoted("{'0': '60001'"));
        assertThat(problems(RouteLint.check(directory.resolve("routes"), directory.resolve("application.yaml")))).singleElement().asString().startsWith("bean salesloft-limits 0 (here 60001)");
    }

    private void change(String file, String good, String bad) throws IOException {
        FileSystemUtils.copyRecursively(Path.of("routes"), directory.resolve("routes"));
        Files.copy(Path.of("application.yaml"), directory.resolve("application.yaml"));
        String text = Files.readString(directory.resolve(file));
        assertThat(text).as(file).containsOnlyOnce(good);
        Files.writeString(directory.resolve(file), text.replace(good, bad));
    }

    private static List<String> problems(List<Finding> findings) {
        return findings.stream().map(found -> found.problem().replaceFirst("(camel\\.yaml):\\d+", "$1")).toList();
    }

    static Stream<Arguments> findsANumberThatDoesNotFit() {
        return Stream.of(
                arguments("routes/gateway/http.camel.yaml", quoted("{'0': '30000'"), quoted("{'0': '60001'"),
                        "bean salesloft-limits 0 (here 60001) must be no more than bean token-custody 1 (60000 in shared/beans.camel.yaml), or a token ends during the call it was sent with"),
                arguments("routes/shared/leases.camel.yaml", quoted("{'0': '120000'}"), quoted("{'0': '29999'}"),
                        "bean salesloft-limits 0 (here 30000) must be no more than bean progress 0 (29999 in shared/leases.camel.yaml), or a worker that waits for a call loses its lease\n"
                                + "step stream-outbox-kafka deliveryTimeoutMs (here 30000) must be no more than bean progress 0 (29999 in shared/leases.camel.yaml), or a publisher that waits for Kafka loses its lease"),
                arguments("routes/gateway/token-store/gcp.camel.yaml", quoted("{'0': '1500'"), quoted("{'0': '2501'"),
                        "bean gcp-limits 0 * 4 (here 2501) must be no more than bean token-lock-seconds 0 * 1000 (10 in gateway/token.camel.yaml), or others give up while one waits for the store"),
                arguments("routes/shared/leases.camel.yaml", quoted("{'0': '15'}"), quoted("{'0': '14'}"),
                        "route shared-leases period * 3 (here 5000) must be no more than bean lease-seconds 0 * 1000 (14 in shared/leases.camel.yaml), or a lease ends when one renewal fails"),
                arguments("routes/sync/push-worker.camel.yaml", quoted("expression: {constant: {expression: '16'}}"), quoted("expression: {constant: {expression: '17'}}"),
                        "step sync-push-worker-at-once (here 17) must be no more than setting camel.threadpool.config.push.max-pool-size (16), or rows that may be worked on have no thread"),
                arguments("application.yaml", "\nspring:\n", "\ncamel:\n  threadpool:\n    config:\n      push-urgent:\n        max-pool-size: 3\nspring:\n",
                        "step sync-push-worker-at-once-urgent (here 4) must be no more than setting camel.threadpool.config.push-urgent.max-pool-size (3), or rows that may be worked on have no thread"),
                arguments("routes/sync/reconcile.camel.yaml", quoted("{'0': '100'}"), quoted("{'0': '200'}"),
                        "bean comparison-ids 0 (here 200) must be no more than 100 records on the largest page of SalesLoft's (100), or SalesLoft refuses it"),
                arguments("routes/sync/pull.camel.yaml", quoted("{'0': '100'}"), quoted("{'0': '101'}"),
                        "bean page-size 0 (here 101) must be no more than 100 records on the largest page of SalesLoft's (100), or SalesLoft refuses it"));
    }

    /** A step that is named anew would be compared with nothing. */
    @Test
    void everyPlaceIsThere() throws UnreadableFileException {
        RouteModel routes = RouteModel.read(Path.of("routes"));
        DefinedSettings settings = DefinedSettings.read(Path.of("application.yaml"));
        assertThat(new CouplingCheck(settings).couplings()).hasSizeGreaterThan(5).flatMap(coupling -> List.of(coupling.less(), coupling.more()))
                .allSatisfy(place -> assertThat(place.in(routes, settings)).as(place.toString()).isPresent());
    }
}
