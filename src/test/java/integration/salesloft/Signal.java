package integration.salesloft;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** What stops a process where it stands, and lets it go on. */
enum Signal {
    STOP, CONT;

    void send(long... pids) {
        List<String> command = new ArrayList<>(List.of("kill", "-" + name()));
        LongStream.of(pids).mapToObj(Long::toString).forEach(command::add);
        try {
            new ProcessBuilder(command).start().waitFor();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
