package integration.salesloft.http;

import java.util.Set;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.unit.DataSize;

/**
 * What the server has to know of a path before a route sees the request: {@code salesloft.paths} in application.yaml.
 *
 * @param deliveries  only headers and body count there, and answers have no body
 * @param uploads     their routes read the body as it comes, however large it is
 * @param pages       a browser may keep what is answered there, and asks each time whether it has changed
 * @param largestBody of every other path
 */
@ConfigurationProperties("salesloft.paths")
record Paths(Set<String> deliveries, Set<String> uploads, Set<String> pages, DataSize largestBody) {

    int mostBytes() {
        return Math.toIntExact(largestBody.toBytes());
    }
}
