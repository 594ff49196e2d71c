package integration.salesloft.start;

import java.net.URI;

/** An address that nobody on the way can listen to: https, or on this machine. */
public final class SecureUrl {

    private SecureUrl() {
    }

    public static boolean is(String url) {
        try {
            URI uri = URI.create(url);
            return uri.getHost() != null && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()) && uri.getHost().matches("localhost|127(\\.\\d+){3}|\\[::1]"));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
