package integration.salesloft;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** Stands before a server of this machine that speaks plain HTTP, and speaks TLS for it, with a certificate that can be changed. */
public final class TlsFront implements AutoCloseable {

    private final ServerSocket server;
    private final int behind;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile SSLContext shows;

    /** @param behind the port of the server */
    public TlsFront(int behind, Authority.Identity identity) {
        try {
            this.server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.behind = behind;
        this.shows = identity.showing();
        start("tls-front", this::accept);
    }

    /** {@code https://localhost:<port>}. */
    public String url() {
        return "https://localhost:" + server.getLocalPort();
    }

    /** What is shown from now on; connections that there are end. */
    public void show(Authority.Identity identity) {
        shows = identity.showing();
        open.forEach(TlsFront::end);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket caller = server.accept();
                open.add(caller);
                start("tls-front-call", () -> serve(caller));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket caller) {
        try (SSLSocket tls = (SSLSocket) shows.getSocketFactory().createSocket(caller, null, true); Socket plain = new Socket(InetAddress.getLoopbackAddress(), behind)) {
            tls.setUseClientMode(false);
            tls.startHandshake();
            open.add(plain);
            start("tls-front-answer", () -> {
                relay(plain, tls);
                end(tls);
            });
            relay(tls, plain);
            open.remove(plain);
        } catch (IOException e) {
            // The caller does not like what is shown, or is gone.
        } finally {
            open.remove(caller);
            end(caller);
        }
    }

    private static void relay(Socket from, Socket to) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[16_384];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                out.write(buffer, 0, read);
                out.flush();
            }
        } catch (IOException e) {
            // One of the two has hung up.
        }
    }

    private static void end(Closeable socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It was closed already.
        }
    }

    private static void start(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        end(server);
        open.forEach(TlsFront::end);
    }
}
