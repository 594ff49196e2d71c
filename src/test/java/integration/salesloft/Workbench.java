package integration.salesloft;

import integration.salesloft.lint.Finding;
import integration.salesloft.lint.RouteLint;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.util.FileSystemUtils;

/**
 * The container of the sandbox, which goes over to routes that were saved: they are linted, and if they are good the container is started anew in
 * this process. Of what is not good the log says file, line and reason, and the routes before it run on. A container's own classes are all it needs.
 */
public final class Workbench {

    /** What the log says of saved routes begins with this. */
    static final String SAYS = "workbench: ";

    /** Milliseconds: how often is looked, and for how long nothing must have been written, because an editor may write a file in parts. */
    private static final long LOOK = 250;
    private static final Path APPLICATION_YAML = Path.of("application.yaml");

    private final Path routes;
    /** The routes that ran last, in case that those which the lint finds good do not start. */
    private final Path before;
    private final Path next;
    private ConfigurableApplicationContext container;

    private Workbench(Path routes, Path work) {
        this.routes = routes;
        before = work.resolve("before");
        next = work.resolve("next");
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path work = Files.createDirectories(Path.of("target", "workbench", Long.toString(ProcessHandle.current().pid())));
        new Workbench(Path.of(System.getenv().getOrDefault("ROUTES_DIR", "routes")), work).run();
    }

    private void run() throws IOException, InterruptedException {
        Map<Path, Object> running = state();
        keep();
        container = start(routes);
        used();
        // Once, because the first time it reads Camel's schema, for which who saves a file later need not wait.
        RouteLint.check(routes, APPLICATION_YAML).forEach(finding -> say(finding.toString()));
        while (true) {
            Thread.sleep(LOOK);
            Map<Path, Object> now = state();
            if (!now.equals(running)) {
                running = settled(now);
                take(System.nanoTime());
            }
        }
    }

    private Map<Path, Object> settled(Map<Path, Object> changed) throws InterruptedException {
        Map<Path, Object> last = changed;
        while (true) {
            Thread.sleep(LOOK);
            Map<Path, Object> now = state();
            if (now.equals(last)) {
                return now;
            }
            last = now;
        }
    }

    private void take(long since) throws IOException {
        List<Finding> findings = RouteLint.check(routes, APPLICATION_YAML);
        if (!findings.isEmpty()) {
            findings.forEach(finding -> say(finding.toString()));
            say("not taken; the routes before run on");
            return;
        }
        keep();
        container.close();
        Spoken spoken = new Spoken(System.err);
        try {
            System.setErr(new PrintStream(spoken, true));
            container = start(routes);
            used();
            say(String.format(Locale.ROOT, "the routes that were saved are live, %.1f s after it was seen", (System.nanoTime() - since) / 1e9));
        } catch (RuntimeException e) {
            say(spoken.lastLine());
            say("they do not start; the routes before are started again");
            container = start(before);
            say("the routes before run on");
        } finally {
            System.setErr(spoken.to);
        }
    }

    private static ConfigurableApplicationContext start(Path routes) {
        SpringApplication application = new SpringApplication(Application.class);
        application.setMainApplicationClass(Application.class);
        return application.run("--ROUTES_DIR=" + routes);
    }

    /** Sets aside what is about to be started. */
    private void keep() throws IOException {
        FileSystemUtils.deleteRecursively(next);
        FileSystemUtils.copyRecursively(routes, next);
    }

    /** It has started. */
    private void used() throws IOException {
        FileSystemUtils.deleteRecursively(before);
        Files.move(next, before);
    }

    /** Size and time of each file that the container reads at its start. */
    private Map<Path, Object> state() {
        Map<Path, Object> state = new TreeMap<>();
        try (Stream<Path> files = Stream.concat(Files.walk(routes).filter(file -> file.toString().matches(".*\\.(camel\\.yaml|sql)")), Stream.of(APPLICATION_YAML))) {
            files.forEach(file -> {
                try {
                    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                    state.put(file, List.of(attributes.size(), attributes.lastModifiedTime()));
                } catch (NoSuchFileException e) {
                    // It is just being replaced.
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (IOException | UncheckedIOException e) {
            return Map.of();
        }
        return state;
    }

    private static void say(String line) {
        System.out.println(SAYS + line);
    }

    /** Hands on what is said, and remembers the last line of it. */
    private static final class Spoken extends OutputStream {

        private final PrintStream to;
        private final StringBuilder text = new StringBuilder();

        private Spoken(PrintStream to) {
            this.to = to;
        }

        @Override
        public synchronized void write(int character) {
            to.write(character);
            text.append((char) character);
        }

        private synchronized String lastLine() {
            return text.toString().strip().replaceFirst("(?s).*\\R", "");
        }
    }
}
