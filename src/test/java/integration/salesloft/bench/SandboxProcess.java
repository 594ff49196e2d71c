package integration.salesloft.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.sandbox.Sandbox;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The sandbox SalesLoft in a JVM of its own, so that its work is not measured as the container's; without limit or latency. */
final class SandboxProcess implements AutoCloseable {

    private static final Pattern URL = Pattern.compile("http://\\S+:\\d+");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final Process process;
    private final String url;

    private SandboxProcess(Process process, String url) {
        this.process = process;
        this.url = url;
    }

    static SandboxProcess start() throws IOException {
        Process process = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx12g",
                "-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), Sandbox.class.getName(), "0"))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        BufferedReader out = process.inputReader();
        Matcher url = URL.matcher(String.valueOf(out.readLine()));
        if (!url.find()) {
            process.destroyForcibly();
            throw new IllegalStateException("the sandbox did not start");
        }
        return new SandboxProcess(process, url.group());
    }

    String url() {
        return url;
    }

    /** A new team with so many people and next to nothing else. */
    void seed(int people) throws Exception {
        send("POST", "/sandbox/seed", JSON.writeValueAsString(Map.of("people", people, "accounts", 500, "memberships", Math.min(people / 3, 20_000),
                "emails", 0, "calls", 0, "rateLimit", 0, "latencyMs", 0)));
    }

    /** Changes these people, all at about the same time. */
    void touch(List<Long> people) throws Exception {
        send("POST", "/sandbox/touch", JSON.writeValueAsString(Map.of("resource", "people", "ids", people)));
    }

    void resetStats() throws Exception {
        send("DELETE", "/sandbox/stats", "");
    }

    /** Calls and points since the last reset. */
    JsonNode total() throws Exception {
        return JSON.readTree(send("GET", "/sandbox/stats", "")).path("total");
    }

    private String send(String method, String path, String body) throws Exception {
        var answer = HTTP.send(HttpRequest.newBuilder(URI.create(url + path)).header("Content-Type", "application/json")
                .method(method, BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new IllegalStateException(method + " " + path + ": " + answer.statusCode() + " " + answer.body());
        }
        return answer.body();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
