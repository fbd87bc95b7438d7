package dev.millrace.stack.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.FilePayload;
import dev.millrace.stack.Stack;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests the page in a browser during one run of the whole stack. The tests follow the course of the
 * run.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PageBrowserIT {
  private static final int EPOCHS = 4;
  private static final double PATIENCE_MILLIS = 180_000;
  private static final Path SCREENSHOTS = Path.of("target", "screenshots");

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private static Path home;

  private static Chromium chromium;
  private static Stack stack;
  private static BrowserContext context;
  private static Page page;

  /** The browser's error messages, except those while the test kills the service. */
  private static final List<String> complaints = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    chromium = Chromium.launch();
    stack = new Stack(home.resolve("home"));
    stack.up("--dataset", "synthetic", "--epochs", Integer.toString(EPOCHS));
    // Pause the trainer, so that the first checkpoint comes after service and browser have started.
    await()
        .atMost(Stack.PATIENCE)
        .until(() -> stack.home.processes().running("inference").isPresent());
    stack.pause("trainer");
    stack.awaitStatus(stack.ports.inference(), "/q/health/live", 200);
    context =
        chromium
            .browser()
            .newContext(
                new Browser.NewContextOptions()
                    .setViewportSize(1440, 900)
                    .setColorScheme(ColorScheme.LIGHT));
    page = context.newPage();
    page.setDefaultTimeout(PATIENCE_MILLIS);
    PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE_MILLIS);
    page.onConsoleMessage(
        message -> {
          if (message.type().equals("error")) {
            complaints.add(message.text());
          }
        });
    page.onPageError(complaints::add);
    page.navigate(url());
  }

  @AfterAll
  static void stop() throws Exception {
    if (chromium != null) {
      chromium.close();
    }
    if (stack != null) {
      stack.close();
    }
  }

  @Test
  @Order(1)
  void showsThatNothingIsServedBeforeTheFirstCheckpoint() throws Exception {
    assertThat(page.locator("#connection")).hasText("Live");
    assertThat(page.locator("#serving-body")).containsText("No checkpoint serves yet");
    assertThat(page.locator("#results-body")).containsText("No test results yet");
    shoot("1-before-the-first-checkpoint");
    stack.resume("trainer");
  }

  @Test
  @Order(2)
  void curveGrowsDuringTraining() {
    assertThat(page.locator("#run-status")).hasText("Training");
    assertThat(page.locator("#epoch-text")).hasText("Epoch 1 of " + EPOCHS);
    awaitInk(0);
    int early = inkedPixels();
    assertThat(page.locator("#epoch-text")).hasText("Epoch 2 of " + EPOCHS);
    awaitInk(2 * early);
    assertThat(page.locator("#epoch-rows tr")).not().hasCount(0);
    shoot("2-training");
  }

  @Test
  @Order(3)
  void classifiesDroppedPastedPickedAndClickedImages() throws Exception {
    assertThat(page.locator("#served-checkpoint")).isVisible();
    for (String way : List.of("drop", "paste")) {
      page.evaluate(
          """
          ([way, png]) => {
            const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], "disc.png", { type: "image/png" }));
            const event = way === "drop"
                ? new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })
                : new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
            document.getElementById("answer").replaceChildren();
            document.getElementById("drop").dispatchEvent(event);
          }
          """,
          List.of(way, Base64.getEncoder().encodeToString(png())));
      assertAnswered();
    }
    page.evaluate("document.getElementById('answer').replaceChildren()");
    page.locator("#file").setInputFiles(new FilePayload("disc.png", "image/png", png()));
    assertAnswered();
    assertThat(page.locator(".by")).containsText("resized");

    Locator samples = page.locator(".sample");
    assertThat(samples).hasCount(12);
    page.evaluate("document.getElementById('answer').replaceChildren()");
    samples.nth(2).focus();
    page.keyboard().press("Enter");
    assertAnswered();
    assertThat(page.locator(".truth")).isVisible();

    page.locator("#file").setInputFiles(new FilePayload("a.txt", "text/plain", new byte[] {1}));
    assertThat(page.locator("#answer .error")).containsText("must be a PNG or a JPEG");
    samples.nth(0).click();
    assertAnswered();
  }

  private static void assertAnswered() {
    assertThat(page.locator("#answer-label")).not().isEmpty();
    assertThat(page.locator("#answer .bar")).hasCount(10);
    assertThat(page.locator("#answer-checkpoint"))
        .hasText(Pattern.compile("epoch-\\d{10}-step-\\d{10}"));
  }

  @Test
  @Order(4)
  void pageRecoversAfterTheServiceWasKilled() throws Exception {
    int before = inkedPixels();
    int complaintsBefore = complaints.size();
    page.evaluate("window.sameDocument = true");
    stack.kill("inference");
    assertThat(page.locator("#connection")).hasText("Reconnecting");
    assertThat(page.locator("#connection")).hasText("Live");
    awaitInk((int) (0.9 * before));
    assertThat(page.locator("#served-checkpoint")).isVisible();
    // Chromium reports every refused connection of that time, which cannot be switched off.
    List<String> during = complaints.subList(complaintsBefore, complaints.size());
    assertThat(during).allMatch(text -> text.startsWith("Failed to load resource: net::ERR_"));
    during.clear();
    assertThat(page.evaluate("window.sameDocument")).isEqualTo(true);
  }

  @Test
  @Order(5)
  void resultsAppearAtTheEndOfTheRun() {
    assertThat(page.locator("#run-status")).hasText("Complete");
    assertThat(page.locator("#epoch-rows tr")).hasCount(EPOCHS);
    assertThat(page.locator("#results-body")).containsText("test accuracy");
    page.locator(".confusion").focus();
    page.keyboard().press("ArrowDown");
    page.keyboard().press("ArrowRight");
    assertThat(page.locator(".readout")).containsText("taken for");
    shoot("3-complete");
  }

  @Test
  @Order(6)
  void promotesAndRollsBack() throws Exception {
    String first = page.locator("#served-checkpoint").textContent();
    Locator other = page.locator(".checkpoints tr[data-id]:not(.serving)").first();
    String second = other.getAttribute("data-id");
    other.locator("button").click();
    page.locator("#token").fill("wrong");
    page.locator("#token-go").click();
    assertThat(page.locator("#token-error")).hasText("That token was not accepted.");
    page.locator("#token").fill(Files.readString(stack.home.run("admin-token")).strip());
    page.locator("#token-go").click();

    assertThat(page.locator("#token-dialog")).isHidden();
    assertThat(page.locator("#served-checkpoint")).hasText(second);
    assertThat(page.locator("#serving-body")).containsText("Pinned");
    page.locator(".sample").nth(1).click();
    assertThat(page.locator("#answer-checkpoint")).hasText(second);

    page.locator("#rollback").click();
    assertThat(page.locator("#token-field")).isHidden();
    page.locator("#token-go").click();
    assertThat(page.locator("#served-checkpoint")).hasText(first);
    assertThat(page.locator("#answer-checkpoint")).hasText(first);
    page.locator("#pin").click();
    page.locator("#token-go").click();
    assertThat(page.locator("#pin")).hasText("Pin");
  }

  @Test
  @Order(7)
  void fitsOnAPhoneInBothColourSchemes() {
    for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
      try (BrowserContext phone =
          chromium
              .browser()
              .newContext(
                  new Browser.NewContextOptions()
                      .setViewportSize(360, 780)
                      .setColorScheme(scheme))) {
        Page small = phone.newPage();
        small.navigate(url());
        assertThat(small.locator("#run-status")).hasText("Complete");
        assertThat(small.locator(".confusion")).isVisible();
        assertThat(small.evaluate("document.documentElement.scrollWidth")).isEqualTo(360);
        shoot(small, "4-phone-" + scheme.name().toLowerCase(java.util.Locale.ROOT));
      }
    }
  }

  @Test
  @Order(8)
  void browserReportsNoErrors() {
    // Chromium reports the 401 for the wrong token.
    assertThat(complaints).singleElement().asString().contains("401");
  }

  private static String url() {
    return "http://127.0.0.1:%d/".formatted(stack.ports.inference());
  }

  /** Returns an expression for the number of the loss chart's pixels in the colour of training. */
  private static String inked() {
    return """
        (() => {
          const canvas = document.querySelector("#loss-chart canvas");
          if (!canvas) return 0;
          const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
          let inked = 0;
          for (let i = 0; i < data.length; i += 4) {
            if (data[i + 3] > 60 && data[i] < 40 && data[i + 1] > 90 && data[i + 2] > 150) inked++;
          }
          return inked;
        })()""";
  }

  /** Waits until the curve has more than the given number of pixels. */
  private static void awaitInk(int pixels) {
    await()
        .pollInSameThread()
        .pollInterval(Duration.ofMillis(200))
        .atMost(Duration.ofMillis((long) PATIENCE_MILLIS))
        .untilAsserted(() -> assertThat(inkedPixels()).isGreaterThan(pixels));
  }

  private static int inkedPixels() {
    return ((Number) page.evaluate(inked())).intValue();
  }

  private static byte[] png() throws IOException {
    BufferedImage image = new BufferedImage(120, 90, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(Color.RED);
    graphics.fillOval(30, 15, 60, 60);
    graphics.dispose();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }

  private static void shoot(String name) {
    shoot(page, name);
  }

  private static void shoot(Page page, String name) {
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })");
    page.screenshot(
        new Page.ScreenshotOptions().setFullPage(true).setPath(SCREENSHOTS.resolve(name + ".png")));
  }
}
