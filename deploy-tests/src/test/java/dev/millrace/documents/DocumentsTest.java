package dev.millrace.documents;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Tests that links, settings, metrics and alerts in the documents exist. */
class DocumentsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path DOCS = ROOT.resolve("docs");
  private static final Pattern SETTING = Pattern.compile("MILLRACE(_[A-Z0-9]+)+");
  private static final Pattern METRIC =
      Pattern.compile("\\bmillrace_(ingest|trainer|inference)(_[a-z0-9]+)+");
  private static final Pattern ALERT = Pattern.compile("- alert: (\\w+)");
  private static final int README_LINES = 150;
  private static final int README_WORDS = 900;
  private static final int LARGEST_SOURCE = 1 << 20;

  @Test
  void everyRelativeLinkResolves() throws IOException {
    List<MarkdownPage> pages = MarkdownPage.below(ROOT);
    assertThat(pages).hasSizeGreaterThan(10);
    List<String> broken = new ArrayList<>();
    for (MarkdownPage page : pages) {
      broken.addAll(page.brokenLinks(ROOT));
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void readmeIsShort() throws IOException {
    String readme = Files.readString(ROOT.resolve("README.md"));
    assertThat(readme.lines().count()).isLessThanOrEqualTo(README_LINES);
    assertThat(readme.strip().split("\\s+").length).isLessThanOrEqualTo(README_WORDS);
  }

  @Test
  void everyAlertIsExplained() throws IOException {
    List<String> alerts =
        ALERT
            .matcher(Files.readString(ROOT.resolve("deploy/prometheus/rules/millrace.yml")))
            .results()
            .map(alert -> alert.group(1))
            .toList();
    assertThat(alerts).isNotEmpty();
    assertThat(MarkdownPage.of(DOCS.resolve("troubleshooting.md")).headings()).containsAll(alerts);
    assertThat(Files.readString(DOCS.resolve("dashboards-alerts.md"))).contains(alerts);
  }

  @Test
  void everySettingOnAPageExists() throws IOException {
    Set<String> known = new TreeSet<>(names(SETTING, DOCS.resolve("settings.md")));
    known.addAll(namesInSources());
    for (MarkdownPage page : userPages()) {
      assertThat(known).as(page.file().toString()).containsAll(names(SETTING, page.text()));
    }
  }

  @Test
  void everyMetricOnAPageIsInTheTable() throws IOException {
    Set<String> known = names(METRIC, DOCS.resolve("metrics.md"));
    for (MarkdownPage page : userPages()) {
      assertThat(known).as(page.file().toString()).containsAll(names(METRIC, page.text()));
    }
  }

  /** Returns all pages except those that describe earlier versions. */
  private static List<MarkdownPage> userPages() throws IOException {
    return MarkdownPage.below(ROOT).stream()
        .filter(page -> !page.file().endsWith("CHANGELOG.md"))
        .filter(page -> !page.file().startsWith(DOCS.resolve("decisions")))
        .toList();
  }

  /** Returns the names that occur literally in scripts, manifests and programs. */
  private static Set<String> namesInSources() throws IOException {
    Set<String> names = new TreeSet<>();
    Files.walkFileTree(
        ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            String name = folder.getFileName().toString();
            boolean skipped = name.equals("target") || name.startsWith(".") && !name.equals(".ci");
            return skipped && !folder.equals(ROOT)
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (!file.toString().endsWith(".md") && attributes.size() < LARGEST_SOURCE) {
              String text = Files.readString(file, StandardCharsets.ISO_8859_1);
              names.addAll(names(SETTING, text));
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return names;
  }

  private static Set<String> names(Pattern pattern, Path file) throws IOException {
    return names(pattern, Files.readString(file));
  }

  private static Set<String> names(Pattern pattern, String text) {
    Set<String> names = new TreeSet<>();
    Matcher name = pattern.matcher(text);
    while (name.find()) {
      names.add(name.group());
    }
    return names;
  }
}
