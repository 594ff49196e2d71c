package integration.salesloft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import org.openqa.selenium.By;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;

/** The console as somebody has it before him: what he reads, presses and fills in. He has the patience of a minute. */
record ConsolePage(ChromeDriver browser, String address) {

    private static final Duration LONG = Duration.ofSeconds(60);

    /** Logs in, with the page at this panel. */
    void enter(String token, String panel) {
        browser.get(address + "#" + panel);
        fill("token", token);
        press("Log in");
        await().atMost(LONG).until(() -> !browser.findElements(By.cssSelector("#nav a[aria-current]")).isEmpty());
    }

    /** As a link to it would. */
    void panel(String panel) {
        browser.executeScript("location.hash = arguments[0]", panel);
        String name = panel.split("\\?")[0];
        await().atMost(LONG).until(() -> browser.findElements(By.cssSelector("#nav a[aria-current][href='#" + name + "']")).size() == 1);
    }

    String text() {
        return (String) browser.executeScript("return document.body.innerText");
    }

    void see(String what) {
        await().atMost(LONG).untilAsserted(() -> assertThat(text()).contains(what));
    }

    /** Everything that was asked for is there. */
    void seeAll() {
        await().atMost(LONG).until(() -> !text().contains("Reading"));
    }

    List<WebElement> all(String selector) {
        return browser.findElements(By.cssSelector(selector));
    }

    /** Into the field that has this id. */
    void fill(String id, String text) {
        WebElement input = await().atMost(LONG).ignoreExceptionsInstanceOf(WebDriverException.class).until(() -> browser.findElement(By.id(id)), WebElement::isDisplayed);
        input.clear();
        input.sendKeys(text);
    }

    void press(String words) {
        press(words, "//body");
    }

    /** In the dialog that is open. */
    void answer(String words) {
        press(words, "//dialog[@open]");
    }

    /** In the row of a table that has this text. */
    void pressInRow(String words, String text) {
        press(words, "//tr[contains(., '" + text + "')]");
    }

    /** The button, or link, whose words begin like this, in a part of the page. */
    private void press(String words, String part) {
        await().atMost(LONG).ignoreExceptionsInstanceOf(WebDriverException.class).until(() -> {
            WebElement found = browser.findElement(By.xpath(part)).findElements(By.cssSelector("button, a")).stream()
                    .filter(one -> one.getText().startsWith(words) && one.isDisplayed() && one.isEnabled()).findFirst().orElse(null);
            if (found != null) {
                found.click();
            }
            return found != null;
        });
    }
}
