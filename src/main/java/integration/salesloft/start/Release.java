package integration.salesloft.start;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.logging.LogFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.env.EnvironmentPostProcessor;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Sets {@code salesloft.digest}: of the routes, their SQL and {@code application.yaml} together. With version and commit it makes up
 * {@code salesloft.release}, which is the first line of the log. So a container with one changed policy is another release than the one
 * before, and a rollback of that change can be verified.
 */
class Release implements EnvironmentPostProcessor, ApplicationContextInitializer<ConfigurableApplicationContext>, Ordered {

    /** Eight digits of hexadecimal tell the releases of one installation apart, and people can read them to each other. */
    private static final int DIGITS = 8;

    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE; // after both application.yaml were read
    }

    /** @throws InvalidSettingException when a file of the routes cannot be read */
    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        String routes = environment.getProperty("salesloft.routes-dir");
        if (routes != null) { // without application.yaml SettingsCheck says what is wrong
            environment.getPropertySources().addLast(
                    new MapPropertySource("release", Map.of("salesloft.digest", digest(Path.of(routes), Path.of("application.yaml")))));
        }
    }

    @Override
    public void initialize(ConfigurableApplicationContext context) {
        LogFactory.getLog(Release.class).info("release " + context.getEnvironment().getProperty("salesloft.release"));
    }

    /** Of names and contents, in the order of the names: wherever the folder lies, and however it was mounted. */
    static String digest(Path routes, Path applicationYaml) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Map.Entry<String, Path> file : files(routes, applicationYaml).entrySet()) {
                byte[] content = Files.readAllBytes(file.getValue());
                digest.update((file.getKey() + "\0" + content.length + "\0").getBytes());
                digest.update(content);
            }
            return HexFormat.of().formatHex(digest.digest()).substring(0, DIGITS);
        } catch (IOException e) {
            throw new InvalidSettingException("ROUTES_DIR", "cannot be read: " + e.getMessage());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    private static Map<String, Path> files(Path routes, Path applicationYaml) throws IOException {
        Map<String, Path> files = new TreeMap<>();
        if (Files.isRegularFile(applicationYaml)) {
            files.put("application.yaml", applicationYaml);
        }
        if (Files.isDirectory(routes)) { // else SettingsCheck says what is wrong
            // A mounted ConfigMap is links into a hidden folder.
            try (Stream<Path> found = Files.walk(routes, FileVisitOption.FOLLOW_LINKS)) {
                found.forEach(file -> {
                    String name = "routes/" + routes.relativize(file).toString().replace('\\', '/');
                    if (name.matches(".*\\.(camel\\.yaml|sql)") && !name.contains("/.")) {
                        files.put(name, file);
                    }
                });
            }
        }
        return files;
    }
}
