package integration.salesloft.start;

import java.net.URI;
import java.util.regex.Pattern;

/** An address that nobody on the way can listen to: https, or on this machine. */
public final class SecureUrl {

    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[(0*:)*:?0*1]");

    private SecureUrl() {
    }

    public static boolean is(String url) {
        try {
            URI uri = URI.create(url);
            return uri.getHost() != null && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()) && LOOPBACK.matcher(uri.getHost()).matches());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
