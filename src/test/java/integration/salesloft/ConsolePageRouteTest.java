package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.ClassPathResource;

/** The files of the console's page: who gets them, as what, and that there are no others. */
class ConsolePageRouteTest extends IntegrationTest {

    private static final Map<String, List<String>> FILES = Map.of("/console", List.of("index.html", "text/html;charset=utf-8"), "/console/", List.of("index.html", "text/html;charset=utf-8"),
            "/console/console.js", List.of("console.js", "text/javascript;charset=utf-8"), "/console/console.css", List.of("console.css", "text/css;charset=utf-8"));

    @Test
    void servesThePageToAnyoneAndTellsTheBrowserToTrustNothingElse() {
        FILES.forEach((path, file) -> {
            HttpResponse<String> answer = get(path);
            assertThat(answer.statusCode()).as(path).isEqualTo(200);
            assertThat(answer.body()).isEqualTo(content(file.get(0)));
            assertThat(answer.headers().allValues("Content-Type")).containsExactly(file.get(1));
            assertThat(answer.headers().allValues("Cache-Control")).containsExactly("no-cache");
            assertThat(answer.headers().allValues("Content-Security-Policy")).containsExactly("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                    + "img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'");
            assertThat(answer.headers().allValues("X-Content-Type-Options")).containsExactly("nosniff");
            assertThat(answer.headers().allValues("Referrer-Policy")).containsExactly("no-referrer");
        });
    }

    /** Nothing is sent twice to a browser that has it. */
    @Test
    void isKeptByTheBrowserUntilItChanges() {
        FILES.keySet().forEach(path -> {
            String mark = get(path).headers().firstValue("ETag").orElseThrow();
            assertThat(mark).matches("\"[0-9a-f]{32}\"");
            for (String shown : List.of(mark, "W/" + mark, "\"other\", " + mark)) {
                HttpResponse<String> again = get(path, "If-None-Match", shown);
                assertThat(again.statusCode()).as(path + " " + shown).isEqualTo(304);
                assertThat(again.body()).isEmpty();
                assertThat(again.headers().firstValue("ETag")).hasValue(mark);
                assertThat(again.headers().firstValue("Content-Security-Policy")).isPresent();
            }
            assertThat(get(path, "If-None-Match", "\"other\"").statusCode()).isEqualTo(200);
        });
    }

    @Test
    void servesNothingElse() {
        for (String path : List.of("/console/index.html", "/console/other.js", "/console/console.js/", "/console/CONSOLE.JS", "/console/..%2fapplication.yaml", "/console/%2e%2e/application.yaml",
                "/console/..%5capplication.yaml", "/console/console.js%00", "/console/..;/application.yaml", "/console/console.js;x", "/console/a/console.js", "/console//console.js",
                "/console/META-INF", "/console/%2e%2e%2fdb%2fmigration%2fV1__mirror_and_gateway.sql", "/console/file:%2f%2f%2fetc%2fpasswd", "/console/classpath:application.yaml")) {
            HttpResponse<String> answer = get(path);
            assertThat(answer.statusCode()).as(path).isIn(400, 404);
            assertThat(answer.body()).as(path).doesNotContain("create table", "salesloft:", "root:");
            assertThat(answer.headers().firstValue("Cache-Control")).as(path).isNotEqualTo(java.util.Optional.of("no-cache"));
        }
        // What a path says after the slash is no file of the page's, and a query changes nothing.
        assertThat(get("/console?file=application.yaml").body()).isEqualTo(content("index.html"));
        assertThat(get("/console/console.js?file=index.html").body()).isEqualTo(content("console.js"));
        assertThat(send("POST", "/console", "x").statusCode()).isEqualTo(405);
    }

    private static String content(String file) {
        try {
            return new ClassPathResource("console/" + file).getContentAsString(java.nio.charset.StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
