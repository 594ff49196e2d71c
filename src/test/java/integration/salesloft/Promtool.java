package integration.salesloft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The programs of Prometheus, where they are installed (Debian's packages prometheus and prometheus-alertmanager). Where they are not,
 * whoever wants one is told, and says so: the rest of his test goes on.
 */
public final class Promtool {

    private Promtool() {
    }

    /** Whether the program is there; if not, the build says what was not checked. */
    public static boolean isThere(String program, String whatFor) {
        boolean there = Stream.of(System.getenv("PATH").split(":")).anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
        if (!there) {
            System.err.println("\n*** NOT CHECKED: " + whatFor + ", because " + program + " is not installed (Debian: apt-get install prometheus prometheus-alertmanager) ***\n");
        }
        return there;
    }

    /** What a program answered: its exit status and its output. */
    public record Answer(int status, String output) {
    }

    /** Runs a program to its end, with this input. */
    public static Answer run(String input, String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("promtool", ".txt");
        Path given = Files.writeString(Files.createTempFile("promtool", ".in"), input);
        try {
            ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(List.of(command))).redirectErrorStream(true).redirectInput(given.toFile()).redirectOutput(output.toFile());
            builder.environment().putIfAbsent("GOGC", "400"); // a fifth of its time is the collection of what is soon gone
            Process process = builder.start();
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(String.join(" ", command) + " does not end");
            }
            return new Answer(process.exitValue(), Files.readString(output));
        } finally {
            Files.delete(output);
            Files.delete(given);
        }
    }
}
