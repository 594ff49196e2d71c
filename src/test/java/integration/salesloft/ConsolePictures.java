package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
import static integration.salesloft.sandbox.FaultRule.on;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;

/**
 * Takes the pictures of docs/console.md, of the sandbox, while that runs: {@code mvn spring-boot:test-run
 * -Dspring-boot.run.main-class=integration.salesloft.ConsolePictures}. It gives the sandbox something to show, and at the end rolls it back.
 */
public final class ConsolePictures {

    private static final Path FOLDER = Path.of("docs", "img");
    private static final String CONTAINER = "http://localhost:8080";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ChromeDriver browser;
    private final ConsolePage page;

    private ConsolePictures(ChromeDriver browser) {
        this.browser = browser;
        page = new ConsolePage(browser, CONTAINER + "/console");
    }

    public static void main(String[] args) throws IOException {
        Files.createDirectories(FOLDER);
        ChromeDriver browser = Chromium.start(1280, 800);
        try {
            new ConsolePictures(browser).takeOneOfEachPanel();
        } finally {
            browser.quit();
        }
    }

    private void takeOneOfEachPanel() throws IOException {
        page.enter(LivePage.OPS_TOKEN, "now");
        filling();
        makeSomethingToSee();
        of("budget", "budget", "points spent");
        of("sync", "sync", "people");
        page.panel("events");
        page.pressInRow("Open", "is too long");
        page.see("Payload");
        picture("events");
        page.panel("jobs");
        page.pressInRow("Open", "failed");
        page.see("is not an e-mail address");
        picture("jobs");
        post("/sync/people", quoted("[{'email_address':'ada1@example.com','title':'CEO'},{'email_address':'ada2@example.com','title':'CEO','city':'Bonn'}]"));
        of("audit", "audit", "CTO → CEO");
        of("checklist", "checklist", "Passed");
        rollback();
    }

    /** Everybody is read once more, which takes some seconds; in daylight, at night, and on a phone. */
    private void filling() throws IOException {
        page.see("connected");
        for (String name : new String[] {"now", "now-dark", "now-phone"}) {
            await().atMost(Duration.ofMinutes(3)).until(() -> people().path("state").asText().equals("idle"));
            post("/sync/pull", quoted("{'resource':'people'}"));
            await().atMost(Duration.ofMinutes(3)).pollInterval(Duration.ofMillis(100)).until(() -> people().path("total").asInt() > 0 && people().path("pulled").asInt() > 1000);
            Chromium.window(browser, name.endsWith("phone") ? 390 : 1280, name.endsWith("phone") ? 844 : 800, name.endsWith("dark"));
            await().atMost(Duration.ofMinutes(1)).until(() -> page.text().matches("(?s).*[1-4],[0-9]{3} of 5,000 people.*"));
            picture(name);
        }
        Chromium.window(browser, 1280, 800, false);
    }

    private JsonNode people() throws IOException {
        for (JsonNode resource : JSON.readTree(call("GET", "/ops/overview", null)).path("sync")) {
            if (resource.path("resource").asText().equals("people")) {
                return resource;
            }
        }
        throw new IllegalStateException("people are not pulled");
    }

    /** A job of some rows, of which SalesLoft refuses one and another is none; and a run of the checklist. */
    private void makeSomethingToSee() throws IOException {
        Container.send(HttpRequest.newBuilder(URI.create("http://localhost:" + SandboxApplication.SALESLOFT_PORT + "/sandbox/faults")).POST(HttpRequest.BodyPublishers.ofString(
                JSON.writeValueAsString(List.of(on("POST", "/v2/people").times(1).answers(422, Map.of("errors", Map.of("title", List.of("is too long")))))))));
        post("/sync/people", IntStream.range(0, 60).mapToObj(i -> quoted("{'email_address':'%s','first_name':'Ada','last_name':'Number %d','title':'CTO'}", i == 7 ? "nobody" : "ada" + i + "@example.com", i))
                .collect(Collectors.joining(",", "[", "]")));
        await().atMost(Duration.ofMinutes(3)).until(() -> JSON.readTree(call("GET", "/sync/jobs", null)).path(0).path("state").asText().equals("done"));
        post("/ops/checklist", "");
    }

    /** The container of the sandbox is replaced meanwhile. */
    private void rollback() throws IOException {
        page.panel("rollback");
        page.press("Preflight");
        page.see("Comes back");
        page.press("Start a rollback…");
        page.fill("ask-reason", "bounces doubled since 14:00");
        page.answer("Start the rollback");
        await().atMost(Duration.ofMinutes(4)).until(() -> page.all(".steps .mark.ok").size() == 6 && page.text().contains("The last one") && !page.text().contains("No answer"));
        picture("rollback");
    }

    private void of(String name, String panel, String shown) throws IOException {
        page.panel(panel);
        page.see(shown);
        page.seeAll();
        picture(name);
    }

    /** As small as it gets without losing anything. */
    private void picture(String name) throws IOException {
        await().atMost(Duration.ofSeconds(30)).until(() -> page.all("#said > div").isEmpty() || name.startsWith("now"));
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(browser.getScreenshotAs(OutputType.BYTES)));
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        ImageWriteParam param = writer.getDefaultWriteParam();
        param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        param.setCompressionQuality(0);
        Path file = FOLDER.resolve("console-" + name + ".png");
        Files.deleteIfExists(file);
        try (ImageOutputStream out = ImageIO.createImageOutputStream(file.toFile())) {
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), param);
        } finally {
            writer.dispose();
        }
    }

    private static void post(String path, String body) {
        call("POST", path, body);
    }

    private static String call(String method, String path, String body) {
        return Container.send(HttpRequest.newBuilder(URI.create(CONTAINER + path)).header("Authorization", "Bearer " + LivePage.OPS_TOKEN).timeout(Duration.ofMinutes(3))
                .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))).body();
    }
}
