package integration.salesloft;

import static integration.salesloft.Quotes.quoted;
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
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
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
    private ConsolePage page;

    @TempDir
    private Path folder;
    /** What the browser may say of an answer that a test is about. */
    private String expected = "nothing";
    /** Where else the browser goes in a test. */
    private String elsewhere = "nowhere";

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
        page = new ConsolePage(browser, "http://localhost:" + port() + "/console");
        // What others have left would be something to see here.
        sql.execute("truncate checklist_run");
        ISSUER.away(false);
        ISSUER.says(UnaryOperator.identity());
        ISSUER.issues(() -> Map.of("access_token", ISSUER.token(ISSUER.claims("somebody", "operator"))));
        await().atMost(LONG).until(() -> get("/console/login").statusCode() == 200);
        // Of the same origin, and without a script that would log in meanwhile, and keep the token once more.
        browser.get(page.address() + "/console.css");
        browser.executeScript("sessionStorage.clear()");
        browser.get("about:blank");
        browser.manage().logs().get(LogType.BROWSER);
        browser.manage().logs().get(LogType.PERFORMANCE);
    }

    /** The policy of the page forbids scripts, styles and requests of others; a violation is in the log of the browser, and so is an error of the page. */
    @AfterEach
    void hasAskedNobodyElseAndComplainedOfNothing() throws IOException {
        browser.get("about:blank");
        assertThat(browser.manage().logs().get(LogType.BROWSER).getAll()).extracting(LogEntry::getMessage)
                .filteredOn(message -> !message.matches(".*/ops/overview.* 503 [(].*")) // PostgreSQL may be slow for a moment; the page asks again
                .allSatisfy(message -> assertThat(message).contains(expected));
        String origin = "http://localhost:" + port() + "/";
        for (LogEntry entry : browser.manage().logs().get(LogType.PERFORMANCE)) {
            JsonNode event = JSON.readTree(entry.getMessage()).path("message");
            if (event.path("method").asText().equals("Network.requestWillBeSent")) {
                assertThat(event.path("params").path("request").path("url").asText()).matches(url -> url.startsWith(origin) || url.startsWith("data:image/svg+xml") || url.startsWith("blob:" + origin) || url.startsWith(elsewhere));
            }
        }
    }

    @Test
    void letsAnOperatorInWhoPausesAndResumes() {
        expected = "401 (";
        browser.get(page.address());
        page.fill("token", "not-a-token");
        page.press("Log in");
        page.see("This token does not count here.");
        page.fill("token", Installation.OPS_TOKEN);
        page.press("Log in");
        page.see("All is well");
        page.see("connected");
        page.press("Pause…");
        page.fill("ask-reason", HOSTILE);
        page.answer("Pause");
        page.see("Something needs attention");
        page.see("Paused by ops");
        page.see(HOSTILE);
        assertThat(count("select count(*) from control where paused and by = 'ops' and reason = ?", HOSTILE)).isEqualTo(1);
        page.press("Resume…");
        page.answer("Resume");
        page.see("All is well");
        await().atMost(LONG).until(() -> count("select count(*) from control where not paused") == 1);
        unharmed();
    }

    @Test
    void replaysADeadLetterThatLooksHarmful() {
        String payload = quoted("{'id':4711,'updated_at':'2026-03-01T12:00:00Z','first_name':%s,'linkedin_url':'javascript:window.harmed=3','about':'%s'}", literal(HOSTILE), "long ".repeat(200_000));
        sql.update("insert into dead_letter (source, error, payload) values ('pull:people', ?, ?), ('pull:people', 'no id', '{}')", HOSTILE, payload);
        page.enter(Installation.OPS_TOKEN, "events");
        page.see("Dead letters (2)");
        page.see(HOSTILE);
        page.pressInRow("Open", "window.harmed=1");
        page.see("javascript:window.harmed=3");
        page.press("Show all 1,0");
        await().atMost(LONG).until(() -> (Long) browser.executeScript("return document.querySelector('pre').textContent.length") > 1_000_000);
        unharmed();
        page.pressInRow("Replay…", "window.harmed=1");
        page.answer("Replay");
        page.see("is replayed.");
        page.see("Dead letters (1)");
        await().atMost(LONG).until(() -> count("select count(*) from record where resource = 'people' and id = 4711") == 1);
        // A search that is part of the address, and the way back.
        browser.findElement(By.name("text")).sendKeys("nothing has this");
        page.press("Search");
        page.see("No dead letters.");
        browser.navigate().back();
        page.see("no id");
        // The one that is left, as a selection of one: it dies again.
        page.all("tbody input").get(0).click();
        page.press("Replay 1 selected one…");
        page.answer("Replay");
        page.see("0 replayed, 1 still dead.");
        page.panel("budget");
        page.see("points spent");
        unharmed();
    }

    @Test
    void cancelsAJob() {
        sql.update("update control set paused = true, by = 'test', since = now()");
        String job = json(send("POST", "/sync/people", quoted("[{'email_address':'a@example.com','last_name':'A'},{'email_address':'b@example.com','last_name':'B'}]"), AS_SYNC).body()).path("job").asText();
        page.enter(Installation.OPS_TOKEN, "jobs");
        page.pressInRow("Open", job.substring(0, 8));
        page.see("0 of 2 rows");
        page.press("Cancel…");
        page.answer("Cancel the job");
        page.see("2 of 2 rows");
        assertThat(count("select count(*) from sync_row where job = cast(? as uuid) and outcome = 'cancelled'", job)).isEqualTo(2);
        page.press("← All jobs");
        page.see(job.substring(0, 8));
    }

    @Test
    void uploadsRowsAfterADryRun() throws IOException {
        Path file = Files.writeString(folder.resolve("people.csv"), "email_address,last_name,title\nada@example.com,Lovelace," + literal(HOSTILE).replace("\\\"", "\"\"") + "\ngrace@example.com,Hopper,CTO\nnobody,Nobody,\n");
        page.enter(Installation.OPS_TOKEN, "jobs");
        page.press("Upload rows…");
        page.see("What would happen");
        browser.findElement(By.id("upload-file")).sendKeys(file.toString());
        page.press("Try it: dry run");
        page.see("The dry run is done");
        page.see("email_address is not an e-mail address");
        assertThat(calls("POST /v2/people")).isZero();
        page.press("Write 2 rows…");
        page.answer("Write");
        page.see("Job: people");
        page.see("3 of 3 rows");
        page.see("email_address is not an e-mail address");
        assertThat(calls("POST /v2/people")).isEqualTo(2);
        send("POST", "/sync/people", quoted("[{'email_address':'grace@example.com','title':'CEO'}]"), AS_SYNC);
        await().atMost(LONG).until(() -> count("select count(*) from sync_job where finished_at is null") == 0);
        awaitAudited(); // the page looks again in 15 s
        page.panel("audit");
        page.see("ada@example.com");
        page.see(HOSTILE);
        page.see("CTO → CEO");
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
            page.enter(Installation.OPS_TOKEN, "rollback");
            page.see("There was no rollback yet.");
            page.press("Preflight");
            page.see("revision 1, app:1");
            page.press("Start a rollback…");
            page.fill("ask-reason", "bounces doubled");
            page.answer("Start the rollback");
            page.see("bounces doubled");
            page.see("revision 1 is back, app:1");
            await().atMost(LONG).until(() -> count("select count(*) from rollback_run where state = 'done' and reason = 'bounces doubled' and actor = 'ops'") == 1);
            await().atMost(LONG).until(() -> page.all(".steps .mark.ok").size() == 6);
        } finally {
            sql.update("update rollback_run set ended_at = now(), state = 'failed' where ended_at is null");
        }
    }

    @Test
    void letsSomebodyInThroughTheIdentityProvider() {
        elsewhere = ISSUER.url() + "/authorize?";
        expected = "503 (";
        // The provider is away as the page is opened, and comes back.
        camel.setVariable("provider", null);
        ISSUER.away(true);
        browser.get(page.address() + "#budget");
        page.see("Log in");
        await().atMost(LONG).until(() -> browser.manage().logs().get(LogType.BROWSER).getAll().stream().anyMatch(message -> message.getMessage().contains(expected)));
        ISSUER.away(false);
        page.press("Log in with your identity provider");
        page.see("points spent");
        page.see("oidc:somebody, operator");
        assertThat(browser.getCurrentUrl()).isEqualTo(page.address() + "#budget");
        // A code that somebody else has sent.
        browser.executeScript("sessionStorage.clear()");
        browser.get(page.address() + "?code=stolen&state=other");
        page.see("This login was not begun in this tab.");
    }

    /** 60 kB for the page and its module. */
    @Test
    void isSmall() throws IOException {
        Path folder = Path.of("src/main/resources/console");
        assertThat(Files.size(folder.resolve("index.html")) + Files.size(folder.resolve("console.js"))).isLessThan(60_000);
    }

    @Test
    void goesBackToTheLoginWhenATokenHasEnded() {
        expected = "401 (";
        AccessTokens tokens = camel.getRegistry().lookupByNameAndType("access-tokens", AccessTokens.class);
        try {
            ACCESS.write(AccessList.entry("guest", "operator", "guest-of-the-console"));
            read(tokens);
            page.enter("guest-of-the-console", "budget");
            page.see("points spent");
            ACCESS.write("");
            read(tokens);
            page.see("The token does not count any more");
            assertThat(browser.executeScript("return sessionStorage.length")).isEqualTo(0L);
            // Where he was, he is again.
            page.fill("token", Installation.OPS_TOKEN);
            page.press("Log in");
            page.see("points spent");
            page.press("Log out");
            page.see("You have logged out.");
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
        send("POST", "/sync/people", quoted("{'email_address':'a@example.com','last_name':'A'}"), AS_SYNC);
        page.enter(AccessList.READER, "now");
        page.see("dashboard, reader");
        assertThat(page.all("#nav a").stream().map(WebElement::getText).map(text -> text.split("\\s")[0])).containsExactly("Now", "Budget", "Sync", "Jobs", "Rollback", "Checklist");
        for (String panel : List.of("now", "budget", "sync", "jobs", "rollback", "checklist")) {
            page.panel(panel);
            page.seeAll();
            assertThat(page.all("button").stream().map(WebElement::getText)).as(panel).isSubsetOf("Log out", "Open");
        }
        browser.executeScript("location.hash = 'events'");
        await().atMost(LONG).until(() -> page.all("#nav a[aria-current][href='#now']").size() == 1);
    }

    @Test
    void fitsAPhoneWithoutScrollingSideways() {
        sql.update("insert into dead_letter (source, error, payload) values ('pull:people', ?, ?)", "a".repeat(300), "b".repeat(300));
        send("POST", "/sync/people", quoted("{'email_address':'a@example.com','last_name':'A'}"), AS_SYNC);
        Chromium.window(browser, 390, 844, false);
        try {
            page.enter(Installation.OPS_TOKEN, "now");
            page.see("connected");
            for (String panel : PANELS) {
                page.panel(panel);
                page.seeAll();
                assertThat(browser.executeScript("return document.documentElement.scrollWidth")).as(panel).isEqualTo(390L);
            }
        } finally {
            Chromium.window(browser, 1280, 800, false);
        }
    }

    /** Nothing of what was shown has run, or become more than text. */
    private static void unharmed() {
        assertThat(browser.executeScript("return String(window.harmed) + document.querySelectorAll('img, main script, [href^=\"javascript\"]').length")).isEqualTo("undefined0");
    }

    private static String literal(String text) {
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
