package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import integration.salesloft.access.AccessTokens;
import integration.salesloft.rollback.PretendCluster;
import integration.salesloft.rollback.PretendService;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;

/** The console in a real browser: what somebody sees and does there, what a stranger's text does there, and that it asks nobody but the container. */
class ConsoleTest extends IntegrationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final List<String> PANELS = List.of("now", "budget", "sync", "events", "jobs", "audit", "rollback", "checklist");
    private static final String HOSTILE = "<img src=x onerror=\"window.harmed=1\"><script>window.harmed=2</script>";

    private static ChromeDriver browser;

    @TempDir
    private Path folder;
    /** What the browser may say of an answer that a test is about. */
    private String expected = "nothing";

    @BeforeAll
    static void open() {
        assumeTrue(Chromium.isThere("the console in a real browser"));
        browser = Chromium.start(1280, 800);
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.quit();
        }
    }

    @BeforeEach
    void comeAnew() {
        browser.get(url(""));
        browser.executeScript("sessionStorage.clear()");
        browser.get("about:blank");
        browser.manage().logs().get(LogType.BROWSER);
        browser.manage().logs().get(LogType.PERFORMANCE);
    }

    /** The policy of the page forbids scripts, styles and requests of others; a violation is in the log of the browser, and so is an error of the page. */
    @AfterEach
    void hasAskedNobodyElseAndComplainedOfNothing() throws IOException {
        browser.get("about:blank");
        assertThat(browser.manage().logs().get(LogType.BROWSER).getAll()).extracting(LogEntry::getMessage).allSatisfy(message -> assertThat(message).contains(expected));
        String origin = "http://localhost:" + port() + "/";
        for (LogEntry entry : browser.manage().logs().get(LogType.PERFORMANCE)) {
            JsonNode event = JSON.readTree(entry.getMessage()).path("message");
            if (event.path("method").asText().equals("Network.requestWillBeSent")) {
                assertThat(event.path("params").path("request").path("url").asText()).matches(url -> url.startsWith(origin) || url.startsWith("data:image/svg+xml,") || url.startsWith("blob:" + origin));
            }
        }
    }

    @Test
    void letsAnOperatorInWhoPausesAndResumes() {
        expected = "401 (";
        browser.get(url(""));
        fill("token", "not-a-token");
        press("Log in");
        see("This token does not count here.");
        fill("token", Installation.OPS_TOKEN);
        press("Log in");
        see("All is well");
        see("connected");
        press("Pause…");
        fill("ask-reason", HOSTILE);
        press("Pause", "#ask");
        see("Something needs attention");
        see("Paused by ops");
        see(HOSTILE);
        assertThat(count("select count(*) from control where paused and by = 'ops' and reason = ?", HOSTILE)).isEqualTo(1);
        press("Resume…");
        press("Resume", "#ask");
        see("All is well");
        await().atMost(LONG).until(() -> count("select count(*) from control where not paused") == 1);
        unharmed();
    }

    @Test
    void replaysADeadLetterThatLooksHarmful() {
        String payload = "{\"id\":4711,\"updated_at\":\"2026-03-01T12:00:00Z\",\"first_name\":" + quoted(HOSTILE) + ",\"linkedin_url\":\"javascript:window.harmed=3\",\"about\":\"" + "long ".repeat(200_000) + "\"}";
        sql.update("insert into dead_letter (source, error, payload) values ('pull:people', ?, ?), ('pull:people', 'no id', '{}')", HOSTILE, payload);
        enter(Installation.OPS_TOKEN, "events");
        see("Dead letters (2)");
        see(HOSTILE);
        press("Open", row("window.harmed=1"));
        see("javascript:window.harmed=3");
        press("Show all 1,0");
        await().atMost(LONG).until(() -> browser.findElement(By.tagName("pre")).getText().length() > 1_000_000);
        unharmed();
        press("Replay…", row("window.harmed=1"));
        press("Replay", "#ask");
        see("is replayed.");
        see("Dead letters (1)");
        await().atMost(LONG).until(() -> count("select count(*) from record where resource = 'people' and id = 4711") == 1);
        // A search that is part of the address, and the way back.
        fill("[name=text]", "nothing has this");
        press("Search");
        see("No dead letters.");
        browser.navigate().back();
        see("no id");
        panel("budget");
        see("points spent");
        unharmed();
    }

    @Test
    void cancelsAJob() {
        sql.update("update control set paused = true, by = 'test', since = now()");
        String job = json(send("POST", "/sync/people", "[{\"email_address\":\"a@example.com\",\"last_name\":\"A\"},{\"email_address\":\"b@example.com\",\"last_name\":\"B\"}]", AS_SYNC).body()).path("job").asText();
        enter(Installation.OPS_TOKEN, "jobs");
        press("Open", row(job.substring(0, 8)));
        see("0 of 2 rows");
        press("Cancel…");
        press("Cancel the job", "#ask");
        see("2 of 2 rows");
        assertThat(count("select count(*) from sync_row where job = cast(? as uuid) and outcome = 'cancelled'", job)).isEqualTo(2);
        press("← All jobs");
        see(job.substring(0, 8));
    }

    @Test
    void uploadsRowsAfterADryRun() throws IOException {
        Path file = Files.writeString(folder.resolve("people.csv"), "email_address,last_name,title\nada@example.com,Lovelace," + quoted(HOSTILE).replace("\\\"", "\"\"") + "\ngrace@example.com,Hopper,CTO\nnobody,Nobody,\n");
        enter(Installation.OPS_TOKEN, "jobs");
        press("Upload rows…");
        see("What would happen");
        browser.findElement(By.id("upload-file")).sendKeys(file.toString());
        press("Try it: dry run");
        see("The dry run is done");
        see("email_address is not an e-mail address");
        assertThat(calls("POST /v2/people")).isZero();
        press("Write 2 rows…");
        press("Write", "#ask");
        see("Job: people");
        see("3 of 3 rows");
        see("email_address is not an e-mail address");
        assertThat(calls("POST /v2/people")).isEqualTo(2);
        panel("audit");
        see("ada@example.com");
        see(HOSTILE);
        unharmed();
    }

    @Test
    void startsARollbackAndShowsItsSteps() {
        try (PretendCluster cluster = new PretendCluster("sales", CLUSTER_PORT); PretendService service = new PretendService(SERVICE_PORT)) {
            for (String image : List.of("app:1", "bad:2")) {
                cluster.apply("salesloft-integration", new PodTemplateSpecBuilder().withNewMetadata().addToLabels("app", "salesloft-integration").endMetadata()
                        .withNewSpec().addNewContainer().withName("container").withImage(image).endContainer().endSpec().build(), Map.of(), "kubectl-client-side-apply");
            }
            service.healthy(camel.resolvePropertyPlaceholders("{{salesloft.release}}"));
            cluster.follow(changed -> service.healthy("1.0+good.00000001"));
            enter(Installation.OPS_TOKEN, "rollback");
            see("There was no rollback yet.");
            press("Preflight");
            see("revision 1, app:1");
            press("Start a rollback…");
            fill("ask-reason", "bounces doubled");
            press("Start the rollback", "#ask");
            see("bounces doubled");
            see("revision 1 is back, app:1");
            await().atMost(LONG).until(() -> count("select count(*) from rollback_run where state = 'done' and reason = 'bounces doubled' and actor = 'ops'") == 1);
            await().atMost(LONG).until(() -> browser.findElements(By.cssSelector(".steps .mark.ok")).size() == 6);
        } finally {
            sql.update("update rollback_run set ended_at = now(), state = 'failed' where ended_at is null");
        }
    }

    @Test
    void goesBackToTheLoginWhenATokenHasEnded() {
        expected = "401 (";
        AccessTokens tokens = camel.getRegistry().lookupByNameAndType("access-tokens", AccessTokens.class);
        try {
            ACCESS.write(AccessList.entry("guest", "operator", "guest-of-the-console"));
            read(tokens);
            enter("guest-of-the-console", "budget");
            see("points spent");
            ACCESS.write("");
            read(tokens);
            see("The token does not count any more");
            assertThat(browser.executeScript("return sessionStorage.length")).isEqualTo(0L);
            // Where he was, he is again.
            fill("token", Installation.OPS_TOKEN);
            press("Log in");
            see("points spent");
            press("Log out");
            see("You have logged out.");
        } finally {
            ACCESS.write("");
            read(tokens);
        }
    }

    /** It counts once it was read twice. */
    private static void read(AccessTokens tokens) {
        tokens.refresh();
        tokens.refresh();
    }

    @Test
    void showsAReaderWhatHeMaySeeAndNothingToPress() {
        send("POST", "/sync/people", "{\"email_address\":\"a@example.com\",\"last_name\":\"A\"}", AS_SYNC);
        enter(AccessList.READER, "now");
        see("dashboard, reader");
        assertThat(browser.findElements(By.cssSelector("#nav a")).stream().map(WebElement::getText).map(text -> text.split("\\s")[0])).containsExactly("Now", "Budget", "Sync", "Jobs", "Rollback", "Checklist");
        for (String panel : List.of("now", "budget", "sync", "jobs", "rollback", "checklist", "events")) {
            panel(panel);
            await().atMost(LONG).until(() -> !text().contains("Reading"));
            assertThat(browser.findElements(By.tagName("button")).stream().map(WebElement::getText)).as(panel).isSubsetOf("Log out", "Open");
        }
    }

    @Test
    void fitsAPhoneWithoutScrollingSideways() {
        sql.update("insert into dead_letter (source, error, payload) values ('pull:people', ?, ?)", "a".repeat(300), "b".repeat(300));
        send("POST", "/sync/people", "{\"email_address\":\"a@example.com\",\"last_name\":\"A\"}", AS_SYNC);
        Chromium.window(browser, 390, 844, false);
        try {
            enter(Installation.OPS_TOKEN, "now");
            see("connected");
            for (String panel : PANELS) {
                panel(panel);
                await().atMost(LONG).until(() -> !text().contains("Reading"));
                assertThat(browser.executeScript("return document.documentElement.scrollWidth")).as(panel).isEqualTo(390L);
            }
        } finally {
            Chromium.window(browser, 1280, 800, false);
        }
    }

    private String url(String panel) {
        return "http://localhost:" + port() + "/console" + (panel.isEmpty() ? "" : "#" + panel);
    }

    private void enter(String token, String panel) {
        browser.get(url(panel));
        fill("token", token);
        press("Log in");
    }

    private void panel(String panel) {
        browser.executeScript("location.hash = arguments[0]", panel);
        await().atMost(LONG).until(() -> !browser.findElements(By.cssSelector("#nav a[aria-current]")).isEmpty());
    }

    private static String text() {
        return (String) browser.executeScript("return document.body.innerText");
    }

    private static void see(String what) {
        await().atMost(LONG).untilAsserted(() -> assertThat(text()).contains(what));
    }

    /** Into the field of this id, or that a selector finds. */
    private static void fill(String field, String text) {
        WebElement input = await().atMost(LONG).ignoreExceptionsInstanceOf(WebDriverException.class).until(() -> browser.findElement(field.startsWith("[") ? By.cssSelector(field) : By.id(field)), WebElement::isDisplayed);
        input.clear();
        input.sendKeys(text);
    }

    private static void press(String name) {
        press(name, "body");
    }

    /** The button, or link, whose words begin like this, in the part of the page that a selector, or an XPath, finds. */
    private static void press(String name, String part) {
        await().atMost(LONG).ignoreExceptionsInstanceOf(WebDriverException.class).until(() -> {
            WebElement found = browser.findElement(part.startsWith("//") ? By.xpath(part) : By.cssSelector(part)).findElements(By.cssSelector("button, a")).stream()
                    .filter(one -> one.getText().startsWith(name) && one.isDisplayed() && one.isEnabled()).findFirst().orElse(null);
            if (found != null) {
                found.click();
            }
            return found != null;
        });
    }

    private static String row(String text) {
        return "//tr[contains(., '" + text + "')]";
    }

    /** Nothing of what was shown has run, or become more than text. */
    private static void unharmed() {
        assertThat(browser.executeScript("return String(window.harmed) + document.querySelectorAll('img, main script, [href^=\"javascript\"]').length")).isEqualTo("undefined0");
    }

    private static String quoted(String text) {
        return JSON.getNodeFactory().textNode(text).toString();
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new IllegalStateException(text, e);
        }
    }
}
