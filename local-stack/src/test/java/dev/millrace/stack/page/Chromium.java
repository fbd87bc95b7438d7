package dev.millrace.stack.page;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** This machine's Chromium, driven by Playwright on this machine's Node.js. Downloads nothing. */
final class Chromium implements AutoCloseable {
  private static final List<String> BROWSERS = List.of("chromium", "chromium-browser");

  /**
   * Options for a container, which has no sandbox, and against all connections except to the page.
   */
  private static final List<String> OPTIONS =
      List.of(
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync");

  private final Playwright playwright;
  private final Browser browser;

  private Chromium(Playwright playwright, Browser browser) {
    this.playwright = playwright;
    this.browser = browser;
  }

  /** Starts the browser. Skips the test if none is installed. */
  static Chromium launch() {
    Optional<Path> browser =
        BROWSERS.stream().map(Chromium::program).flatMap(Optional::stream).findFirst();
    Optional<Path> node = program("node");
    assumeTrue(
        browser.isPresent() && node.isPresent(),
        "SKIPPED: the page in a browser; there is no %s on the PATH (Debian: apt-get install chromium nodejs)"
            .formatted(browser.isPresent() ? "node" : "chromium"));
    Playwright playwright =
        Playwright.create(
            new Playwright.CreateOptions()
                .setEnv(
                    Map.of(
                        "PLAYWRIGHT_NODEJS_PATH",
                        node.get().toString(),
                        "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD",
                        "1")));
    return new Chromium(
        playwright,
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions().setExecutablePath(browser.get()).setArgs(OPTIONS)));
  }

  private static Optional<Path> program(String name) {
    return Stream.of(System.getenv("PATH").split(":"))
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  Browser browser() {
    return browser;
  }

  @Override
  public void close() {
    playwright.close();
  }
}
