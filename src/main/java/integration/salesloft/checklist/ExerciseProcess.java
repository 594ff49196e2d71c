package integration.salesloft.checklist;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.springframework.core.env.Environment;

/**
 * Another process of this program that exercises the policies of its routes: with this one's database, in a schema of its own, with none of
 * its credentials, and on a port of this machine alone.
 */
public class ExerciseProcess implements AutoCloseable {

    /** What the JVM was told of memory, of debuggers and of the archives it writes is for this process alone. */
    private static final Pattern FOR_THIS_ONE = Pattern.compile("-Xm.*|-XX:.*(RAM|Heap|OutOfMemory|AtExit|CacheOutput|StartFlightRecording|ErrorFile).*|-agent.*|-javaagent.*|-D(?!javax\\.net\\.ssl\\.).*");
    /** Of the operating system, the JVM and the connection; settings are passed by name, and the URL of the database is another one. */
    private static final Pattern INHERITED = Pattern.compile("PATH|HOME|LANG|LC_.*|TZ|TMPDIR|JAVA_HOME|JAVA_TOOL_OPTIONS|LD_LIBRARY_PATH|PG.*|EXTRA_CA_CERTS|SPRING_DATASOURCE_(?!URL$).*");

    private final Environment settings;
    private final String argument;
    private final String database;
    private final int seconds;
    private volatile Process process;
    private volatile boolean stopping;

    /**
     * @param argument what the program is started with
     * @param database the variable in which it is given the URL of its database
     * @param seconds  until it is ended
     */
    public ExerciseProcess(Environment settings, String argument, String database, int seconds) {
        this.settings = settings;
        this.argument = argument;
        this.database = database;
        this.seconds = seconds;
    }

    /**
     * Runs it to its end.
     *
     * @param schema where its tables are; it exists
     * @return {@code findings}, the line with a JSON array that it printed, and {@code log}, all it printed
     * @throws IllegalStateException if it found nothing, or did not end in time
     * @throws CancellationException if this process is told to stop meanwhile
     */
    public Map<String, String> run(String schema) throws IOException, InterruptedException {
        Path output = Files.createTempFile("exercises", ".log");
        // A stop waits for what is under way; it need not wait for this.
        Thread stop = new Thread(() -> {
            stopping = true;
            close();
        });
        try {
            Runtime.getRuntime().addShutdownHook(stop);
            process = start(output, schema);
            boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
            process.destroyForcibly().waitFor();
            List<String> lines = Files.readAllLines(output);
            String findings = lines.stream().filter(line -> line.startsWith("[{")).reduce("", (before, line) -> line);
            if (stopping) {
                throw new CancellationException("the container stops");
            }
            if (findings.isEmpty()) {
                throw new IllegalStateException("the exercises " + (ended ? "failed: " : "did not end within " + seconds + " s: ") + (lines.isEmpty() ? "" : lines.get(lines.size() - 1)));
            }
            return Map.of("findings", findings, "log", String.join("\n", lines));
        } finally {
            close();
            forget(stop);
            Files.delete(output);
        }
    }

    private static void forget(Thread stop) {
        try {
            Runtime.getRuntime().removeShutdownHook(stop);
        } catch (IllegalStateException e) {
            // It is just being run.
        }
    }

    private Process start(Path output, String schema) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream().filter(option -> !FOR_THIS_ONE.matcher(option).matches()).forEach(command::add);
        // It lives for half a minute, beside a container that works.
        command.addAll(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1"));
        String classes = System.getProperty("java.class.path");
        command.addAll(classes.endsWith(".jar") && !classes.contains(File.pathSeparator) ? List.of("-jar", classes) : List.of("-cp", classes, mainClass()));
        command.add(argument);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().keySet().removeIf(name -> !INHERITED.matcher(name).matches());
        builder.environment().putAll(passedOn(schema));
        return builder.start();
    }

    /** The program this is, whichever class a test has started it by. */
    private static String mainClass() {
        return ExerciseProcess.class.getPackageName().replaceFirst("\\.[^.]*$", ".Application");
    }

    /** As environment variables, which Spring takes for the settings of these names. */
    private Map<String, String> passedOn(String schema) throws IOException {
        String url = settings.getRequiredProperty("spring.datasource.url");
        return Map.of(database, url + (url.contains("?") ? "&" : "?") + "currentSchema=" + schema,
                "SPRING_DATASOURCE_USERNAME", settings.getProperty("spring.datasource.username", ""),
                "SPRING_DATASOURCE_PASSWORD", settings.getProperty("spring.datasource.password", ""),
                "SALESLOFT_ROUTESDIR", settings.getRequiredProperty("salesloft.routes-dir"),
                "SERVER_PORT", String.valueOf(freePort()));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Ends it, because this process ends. */
    @Override
    public void close() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
        }
    }
}
