package integration.salesloft;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A real browser without a window, where it is installed (Debian's packages chromium and chromium-driver). Nothing is ever fetched for it. */
final class Chromium {

    private Chromium() {
    }

    /** Whether browser and driver are there; if not, the build says what was not checked. */
    static boolean isThere(String whatFor) {
        boolean there = find("chromium").isPresent() && find("chromedriver").isPresent();
        if (!there) {
            System.err.println("\n*** NOT CHECKED: " + whatFor + ", because chromium or chromedriver is not installed (Debian: apt-get install chromium chromium-driver) ***\n");
        }
        return there;
    }

    /** One that keeps what the page logs, and each request it makes; its window has this size in pixels. */
    static ChromeDriver start(int width, int height) {
        ChromeOptions options = new ChromeOptions();
        options.setBinary(find("chromium").orElseThrow().toFile());
        // Without what a browser does by itself: looking for updates, for a proxy, for models.
        options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-extensions", "--no-proxy-server", "--disable-features=OptimizationHints,MediaRouter,Translate");
        options.setExperimentalOption("prefs", Map.of("download.default_directory", Path.of("target").toAbsolutePath().toString()));
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        logs.enable(LogType.PERFORMANCE, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        ChromeDriver browser = new ChromeDriver(new ChromeDriverService.Builder().usingDriverExecutable(find("chromedriver").orElseThrow().toFile()).usingAnyFreePort().build(), options);
        window(browser, width, height, false);
        return browser;
    }

    /** Of any size, also one that no window can have; pixels. */
    static void window(ChromeDriver browser, int width, int height, boolean dark) {
        browser.executeCdpCommand("Emulation.setDeviceMetricsOverride", Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
        browser.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
    }

    private static Optional<Path> find(String program) {
        return Stream.of(System.getenv("PATH").split(":")).map(folder -> Path.of(folder, program)).filter(Files::isExecutable).findFirst();
    }
}
