package integration.salesloft;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A forward proxy that asks for credentials, remembers who wanted to go where, and lets nobody through. */
final class RecordingProxy implements AutoCloseable {

    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final List<String> headers = new CopyOnWriteArrayList<>();

    RecordingProxy() throws IOException {
        Thread thread = new Thread(this::serve, "proxy");
        thread.setDaemon(true);
        thread.start();
    }

    int port() {
        return server.getLocalPort();
    }

    /** The first lines of all requests. */
    List<String> calls() {
        return calls;
    }

    boolean authorized(String user, String password) {
        String credentials = Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
        return headers.contains("Proxy-Authorization: Basic " + credentials);
    }

    private void serve() {
        while (!server.isClosed()) {
            try (Socket caller = server.accept()) {
                BufferedReader in = new BufferedReader(new InputStreamReader(caller.getInputStream(), StandardCharsets.ISO_8859_1));
                calls.add(in.readLine());
                in.lines().takeWhile(line -> !line.isEmpty()).forEach(headers::add);
                caller.getOutputStream().write(("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"test\"\r\n"
                        + "Content-Length: 0\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
            } catch (IOException e) {
                // the caller went away, or the test is over
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
