package integration.salesloft.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import integration.salesloft.MountedSecret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.config.ConfigDataResourceNotFoundException;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** Secrets that are files in a mounted folder: read as they are, and those that may change read again. */
@ExtendWith(OutputCaptureExtension.class)
class SecretFilesTest {

    private static final String CURRENT = "SALESLOFT_CALLBACK_TOKEN";
    private static final String PREVIOUS = "SALESLOFT_CALLBACK_TOKEN_PREVIOUS";
    private static final String ODD = "-{{x}}-${y}-#{z}-'\"\\,-#bean:w ";

    @TempDir
    private Path directory;

    @Test
    void readsThemAsTheyAre() {
        MountedSecret secret = mounted(Map.of("DATABASE_PASSWORD", "database" + ODD + "\n", "OPS_TOKEN", "ops\r\n", "SYNC_TOKEN", "sync\n\n", "TOKEN_KEY", "c2FuZGJveC1zYW5kYm94LXNhbmRib3gtc2FuZGJveCE=\n", "SALESLOFT_CLIENT_SECRET", ""));
        ConfigurableEnvironment settings = started(secret);
        assertThat(settings.getProperty("spring.datasource.password")).isEqualTo("database" + ODD);
        assertThat(settings.getProperty("salesloft.ops-token")).isEqualTo("ops");
        assertThat(settings.getProperty("salesloft.sync-token")).isEqualTo("sync");
        assertThat(settings.getProperty("salesloft.token-key")).hasSize(44);
        assertThat(settings.getProperty("salesloft.client-secret")).isEmpty();
        assertThat(settings.getProperty("salesloft.scope")).isEmpty(); // there is no such file
    }

    /** A variable says more than a file. */
    @Test
    void comeAfterVariables() {
        ConfigurableEnvironment settings = started(mounted(Map.of("OPS_TOKEN", "file")));
        MutablePropertySources sources = settings.getPropertySources();
        sources.addFirst(new MapPropertySource("variables", Map.of("OPS_TOKEN", "variable")));
        assertThat(settings.getProperty("salesloft.ops-token")).isEqualTo("variable");
    }

    @Test
    void takesChangedCallbackTokensAndNothingElse() {
        MountedSecret secret = mounted(Map.of(CURRENT, "one\n", "OPS_TOKEN", "ops"));
        ConfigurableEnvironment settings = started(secret);
        ChangedSecrets changed = new ChangedSecrets(settings);
        changed.look();
        assertThat(tokens(settings)).isEqualTo("one,");

        secret.change(Map.of(CURRENT, "two\n", PREVIOUS, "one\n", "OPS_TOKEN", "others"));
        changed.look();
        assertThat(tokens(settings)).as("seen once").isEqualTo("one,");
        changed.look();
        assertThat(tokens(settings)).isEqualTo("two,one");
        assertThat(settings.getProperty("salesloft.ops-token")).as("read by others at the start alone").isEqualTo("ops");

        secret.change(Map.of(CURRENT, "two", "OPS_TOKEN", "ops"));
        changed.look();
        changed.look();
        assertThat(tokens(settings)).isEqualTo("two,");
    }

    /** Of a file that is being written only a part may be there. */
    @Test
    void waitsUntilAFileStaysTheSame() throws IOException {
        Path folder = Files.createDirectories(directory.resolve("plain"));
        Files.writeString(folder.resolve(CURRENT), "one");
        ConfigurableEnvironment settings = started(folder);
        ChangedSecrets changed = new ChangedSecrets(settings);
        for (String part : new String[] {"", "t", "tw", "two"}) {
            Files.writeString(folder.resolve(CURRENT), part);
            changed.look();
            assertThat(tokens(settings)).isEqualTo("one,");
        }
        changed.look();
        assertThat(tokens(settings)).isEqualTo("two,");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "two words", "{{token}}", "gone"})
    void keepsWhatItHasWhereAStartWouldRefuseTheChange(String token, CapturedOutput output) {
        MountedSecret secret = mounted(Map.of(CURRENT, "geheim"));
        ConfigurableEnvironment settings = started(secret);
        ChangedSecrets changed = new ChangedSecrets(settings);
        secret.change(token.equals("gone") ? Map.of() : Map.of(CURRENT, token));
        for (int look = 0; look < 4; look++) {
            changed.look();
            assertThat(tokens(settings)).isEqualTo("geheim,");
        }
        assertThat(output.getOut()).containsOnlyOnce("SALESLOFT_CALLBACK_TOKEN: what " + secret.folder() + " has now is not taken, and what it had stays in use")
                .doesNotContain("geheim", "two words", "{{token}}");
        secret.change(Map.of(CURRENT, "three"));
        changed.look();
        changed.look();
        assertThat(tokens(settings)).isEqualTo("three,");
    }

    @Test
    void namesTheFileThatIsMissing() {
        MountedSecret secret = mounted(Map.of("DATABASE_URL", "jdbc:postgresql://db/salesloft", "SALESLOFT_CLIENT_ID", "id"));
        assertThatThrownBy(() -> started(secret.folder(), Map.of())).isInstanceOf(InvalidSettingException.class)
                .hasMessage("SALESLOFT_CLIENT_SECRET: missing, also as a file: " + secret.folder().resolve("SALESLOFT_CLIENT_SECRET"));
    }

    @Test
    void namesTheFolderThatIsMissing(CapturedOutput output) {
        Path nowhere = directory.resolve("nowhere");
        assertThatThrownBy(() -> started(nowhere)).isInstanceOf(ConfigDataResourceNotFoundException.class);
        assertThat(output.getErr().strip()).isEqualTo("SPRING_CONFIG_IMPORT: no such folder or file: configtree:" + nowhere + "/");
    }

    private MountedSecret mounted(Map<String, String> files) {
        return new MountedSecret(directory.resolve("secret"), files);
    }

    private static String tokens(ConfigurableEnvironment settings) {
        return settings.getProperty("salesloft.callback-token") + "," + settings.getProperty("salesloft.callback-token-previous");
    }

    private static ConfigurableEnvironment started(MountedSecret secret) {
        return started(secret.folder());
    }

    private static ConfigurableEnvironment started(Path folder) {
        return started(folder, Map.of("DATABASE_URL", "jdbc:postgresql://db/salesloft", "SALESLOFT_API_KEY", "key"));
    }

    /** As Spring Boot reads the settings at a start, with both application.yaml, and they are checked; nothing else is started. */
    private static ConfigurableEnvironment started(Path folder, Map<String, String> more) {
        ConfigurableEnvironment[] settings = new ConfigurableEnvironment[1];
        SpringApplication application = new SpringApplication(SecretFilesTest.class) {
            @Override
            protected void bindToSpringApplication(ConfigurableEnvironment environment) {
                settings[0] = environment;
                throw new Read();
            }
        };
        application.setEnvironment(new StandardEnvironment() {
            @Override
            protected void customizePropertySources(MutablePropertySources sources) {
                // Without the properties of this JVM, where other tests have their settings.
                sources.addLast(new SystemEnvironmentPropertySource(SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, getSystemEnvironment()));
            }
        });
        Map<String, Object> properties = new HashMap<>(more);
        properties.put("spring.config.import", "configtree:" + folder + "/");
        application.setDefaultProperties(properties);
        try {
            application.run();
        } catch (Read e) {
            return settings[0];
        }
        throw new IllegalStateException("was started");
    }

    private static final class Read extends RuntimeException {

        private static final long serialVersionUID = 1L;
    }
}
