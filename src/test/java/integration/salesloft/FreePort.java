package integration.salesloft;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** A port for who must know it before it is opened. */
public final class FreePort {

    /** Below the ports that systems give to connections going out, of which one might take the port before it is opened. */
    private static final int FIRST = 10_000;
    private static final int LAST = 32_000;

    private FreePort() {
    }

    /** One that nobody listens on now. */
    public static int find() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
            try (ServerSocket socket = new ServerSocket(port)) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // Taken: another one.
            }
        }
    }
}
