package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.sandbox.Sandbox;
import integration.salesloft.token.TokenCipher;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.util.FileSystemUtils;

/** The container as a command: what it says when it cannot start, in one line, and what it does instead of starting. */
@ResourceLock(SharedProcess.RUNNING)
class StartProcessTest {

    private static final DriverManagerDataSource DATABASE = new DriverManagerDataSource(Postgres.shared().url("start"));
    private static final Sandbox SALESLOFT = Sandbox.start(0);
    private static final String OTHER_KEY = "b3RoZXItLW90aGVyLS1vdGhlci0tb3RoZXItLW90aCE=";

    @TempDir
    private Path folder;

    @AfterAll
    static void stopSalesLoft() {
        SALESLOFT.close();
    }

    @BeforeAll
    static void createDatabase() {
        Postgres.shared().createDatabase("start");
    }

    @Test
    void namesAWrongSetting() {
        assertThat(refused(Map.of("SYNC_INTERVAL", "often")))
                .isEqualTo("SYNC_INTERVAL: must be a duration such as 60s or 5m, at least 0ms");
    }

    /** A line for people, also where the log is events in JSON, as in the image; and the process is gone. */
    @Test
    void saysWherePostgresqlIsMissing() {
        try (Container container = Container.launch(settings(Map.of("DATABASE_URL", "jdbc:postgresql://localhost:1/start?password=geheim",
                "LOGGING_STRUCTURED_FORMAT_CONSOLE", "ecs", "LOGGING_STRUCTURED_ECS_SERVICE_ENVIRONMENT", "production")))) {
            assertThat(container.exit()).isEqualTo(1);
            List<String> said = container.log().lines().toList();
            assertThat(said).last().isEqualTo("DATABASE_URL: cannot connect to localhost:1");
            assertThat(said.subList(0, said.size() - 1)).isNotEmpty().allSatisfy(line -> {
                JsonNode event = new ObjectMapper().readTree(line);
                assertThat(event.at("/log/level").asText()).isEqualTo("INFO");
                assertThat(event.at("/service/name").asText()).isEqualTo("salesloft-integration");
                assertThat(event.at("/service/version").asText()).isNotEmpty();
                assertThat(event.at("/service/environment").asText()).isEqualTo("production");
                assertThat(event.path("message").asText()).isNotEmpty();
            });
        }
    }

    @Test
    void namesAKeyThatDoesNotFitTheStoredPair() {
        byte[] pair = new TokenCipher(OTHER_KEY, "").encrypt("{}");
        JdbcTemplate sql = new JdbcTemplate(DATABASE);
        sql.update("insert into oauth_token (version, pair) values (1, ?)", pair);
        try {
            assertThat(refused(Map.of()))
                    .isEqualTo("TOKEN_KEY: cannot read the stored token pair; set the key it was stored under, or TOKEN_KEY_PREVIOUS");
        } finally {
            sql.update("delete from oauth_token");
        }
    }

    @Test
    void namesATakenPort() throws IOException {
        try (ServerSocket taken = new ServerSocket(0)) {
            assertThat(refused(Map.of("SERVER_PORT", String.valueOf(taken.getLocalPort()))))
                    .isEqualTo("SERVER_PORT: port " + taken.getLocalPort() + " is taken");
        }
    }

    /** Camel says what is wrong, the lint finds where. */
    @Test
    void tellsFileAndLineOfABrokenRoute() throws IOException {
        Path routes = copyOfRoutes();
        edit(routes.resolve("health/health.camel.yaml"), "{{salesloft.version}}", "{{salesloft.vers}}");
        assertThat(refused(Map.of("ROUTES_DIR", routes.toString())))
                .matches(".*/health\\.camel\\.yaml:\\d+: .*salesloft\\.vers}} does not stand in application\\.yaml");
    }

    @Test
    void checksRoutesWithoutStarting() throws IOException {
        try (Container lint = Container.launch(Map.of(), "--lint")) {
            assertThat(lint.exit()).isZero();
            assertThat(lint.log()).endsWith("route files, no findings\n").doesNotContain("INFO");
        }
        Path routes = copyOfRoutes();
        edit(routes.resolve("health/health.camel.yaml"), "direct:health-read", "direct:health-raed");
        try (Container lint = Container.launch(Map.of("ROUTES_DIR", routes.toString()), "--lint")) {
            assertThat(lint.exit()).isEqualTo(1);
            assertThat(lint.log()).containsPattern("health\\.camel\\.yaml:\\d+: .*health-raed");
        }
    }

    @Test
    void refusesAnArgumentItDoesNotKnow() {
        try (Container container = Container.launch(settings(Map.of()), "--server.port=80")) {
            assertThat(container.exit()).isEqualTo(1);
            assertThat(container.log()).startsWith("--server.port=80: unknown").hasLineCount(1);
        }
    }

    /** HTTPS_PROXY carries calls over https, with its credentials; http to this machine goes straight there. */
    @Test
    void callsSalesLoftThroughTheProxy() throws IOException {
        try (Sandbox accounts = Sandbox.start(0); RecordingProxy proxy = new RecordingProxy();
             Container container = SharedProcess.running().lend(settings(Map.of(
                     "SALESLOFT_API_URL", "https://salesloft.invalid",
                     "SALESLOFT_ACCOUNTS_URL", accounts.url(),
                     "HTTPS_PROXY", "http://user:geheim@localhost:" + proxy.port())))) {
            await().atMost(Duration.ofSeconds(60)).until(() -> proxy.authorized("user", "geheim") || !container.alive());
            assertThat(proxy.calls()).isNotEmpty().allMatch("CONNECT salesloft.invalid:443 HTTP/1.1"::equals);
            assertThat(accounts.stats().get("refreshes")).isEqualTo(Map.of("refresh_token", 1L, "client_credentials", 0L));
            assertThat(container.log()).doesNotContain("geheim");
        }
        new JdbcTemplate(DATABASE).update("delete from oauth_token");
    }

    /** What a container says that does not start: after lines of its log, one line. */
    private static String refused(Map<String, String> settings) {
        List<String> said = SharedProcess.running().refused(settings(settings));
        assertThat(said.stream().filter(line -> !line.contains(" INFO "))).containsExactly(said.get(said.size() - 1));
        return said.get(said.size() - 1);
    }

    private static Map<String, String> settings(Map<String, String> changes) {
        Map<String, String> settings = new HashMap<>(Installation.oauth(Postgres.shared().url("start"), SALESLOFT.url()));
        settings.putAll(changes);
        return settings;
    }

    private Path copyOfRoutes() throws IOException {
        Path copy = folder.resolve("routes");
        FileSystemUtils.copyRecursively(Path.of("routes"), copy);
        return copy;
    }

    private static void edit(Path file, String before, String after) throws IOException {
        Files.writeString(file, Files.readString(file).replace(before, after));
    }
}
