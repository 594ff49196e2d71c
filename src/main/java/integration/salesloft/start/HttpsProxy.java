package integration.salesloft.start;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.env.EnvironmentPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Hands {@code HTTPS_PROXY} and {@code NO_PROXY} on as the properties of the JVM that HTTP clients read. They say nothing about
 * {@code http://} calls, which go straight to where they are meant for.
 */
class HttpsProxy implements EnvironmentPostProcessor, Ordered {

    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE;
    }

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        String proxy = environment.getProperty("HTTPS_PROXY", "").strip();
        if (!proxy.isEmpty()) {
            use(uri(proxy));
            String direct = environment.getProperty("NO_PROXY", "").strip();
            if (!direct.isEmpty()) {
                System.setProperty("http.nonProxyHosts", nonProxyHosts(direct));
            }
        }
    }

    private static URI uri(String proxy) {
        try {
            URI uri = URI.create(proxy.contains("://") ? proxy : "http://" + proxy);
            if (uri.getHost() == null || !uri.getScheme().matches("https?")) {
                throw new IllegalArgumentException("no host");
            }
            return uri;
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException("HTTPS_PROXY", "must be a URL, http://host:port or http://user:password@host:port");
        }
    }

    private static void use(URI proxy) {
        System.setProperty("https.proxyHost", proxy.getHost());
        System.setProperty("https.proxyPort", String.valueOf(proxy.getPort() < 0 ? 80 : proxy.getPort()));
        if (proxy.getRawUserInfo() != null) {
            String[] parts = proxy.getRawUserInfo().split(":", 2);
            System.setProperty("https.proxyUser", decoded(parts[0]));
            System.setProperty("https.proxyPassword", parts.length > 1 ? decoded(parts[1]) : "");
        }
    }

    private static String decoded(String part) {
        return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** {@code NO_PROXY=localhost,.example.com} as Java spells it: {@code localhost|*.example.com}. */
    private static String nonProxyHosts(String hosts) {
        return String.join("|", hosts.replaceAll("\\s", "").replaceAll("(^|,)\\.", "$1*.").split(","));
    }
}
