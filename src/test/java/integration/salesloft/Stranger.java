package integration.salesloft;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A connection that sends what it likes, and as slowly as it likes. */
final class Stranger implements AutoCloseable {

    private final Socket socket;

    Stranger(int port) {
        try {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setSoTimeout(30_000);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The head of a request whose body has so many bytes, none of them sent yet. */
    Stranger announce(String method, String path, int bytes, String... headers) {
        return send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + bytes + "\r\n"
                + String.join("", java.util.Arrays.stream(headers).map(header -> header + "\r\n").toList()) + "\r\n");
    }

    Stranger send(String text) {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Bytes that nobody takes any more are no failure of the sender's. */
    Stranger send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        } catch (IOException e) {
            // Closed by the other side.
        }
        return this;
    }

    /** Sends no more, and still listens. */
    Stranger cutOff() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** All that comes until the connection is closed; what came before, when it is reset. */
    String answer() {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        try {
            InputStream in = socket.getInputStream();
            byte[] some = new byte[4096];
            for (int read = in.read(some); read >= 0; read = in.read(some)) {
                answer.write(some, 0, read);
            }
        } catch (IOException e) {
            // Reset.
        }
        return answer.toString(StandardCharsets.ISO_8859_1);
    }

    /** The status of the answer, 0 without one. */
    int status() {
        String answer = answer();
        return answer.startsWith("HTTP/1.1 ") ? Integer.parseInt(answer.substring(9, 12)) : 0;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
