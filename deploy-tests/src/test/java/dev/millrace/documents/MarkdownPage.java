package dev.millrace.documents;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A Markdown file of the repository, its links and the anchors of its headings.
 *
 * @param file absolute, normalised
 * @param text the whole content
 */
record MarkdownPage(Path file, String text) {
  private static final Pattern FENCE = Pattern.compile("\\s*(```|~~~).*");
  private static final Pattern CODE = Pattern.compile("`[^`\n]*`");
  private static final Pattern LINK =
      Pattern.compile(
          "\\]\\(\\s*<?([^)\\s>]+)>?[^)]*\\)|^\\[[^\\]]+\\]:\\s*(\\S+)|(?:src|href)=\"([^\"]+)\"",
          Pattern.MULTILINE);
  private static final Pattern EXTERNAL = Pattern.compile("[a-z][a-z0-9+.-]*:.*|//.*");
  private static final Pattern HEADING = Pattern.compile("#{1,6}\\s+(.*?)\\s*#*");
  private static final Pattern HEADING_LINK = Pattern.compile("!?\\[([^\\]]*)\\]\\([^)]*\\)");

  /** Reads all pages below a folder except those in build and hidden folders. */
  static List<MarkdownPage> below(Path root) throws IOException {
    List<MarkdownPage> pages = new ArrayList<>();
    try (Stream<Path> entries = Files.list(root)) {
      for (Path entry : entries.sorted().toList()) {
        String name = entry.getFileName().toString();
        if (Files.isDirectory(entry)) {
          boolean hidden = name.startsWith(".") && !name.equals(".github");
          if (!hidden && !name.equals("target")) {
            pages.addAll(below(entry));
          }
        } else if (name.endsWith(".md")) {
          pages.add(of(entry));
        }
      }
    }
    return pages;
  }

  static MarkdownPage of(Path file) throws IOException {
    Path absolute = file.toAbsolutePath().normalize();
    return new MarkdownPage(absolute, Files.readString(absolute));
  }

  /** Returns the broken links, each with its page: the linked file or heading does not exist. */
  List<String> brokenLinks(Path root) throws IOException {
    List<String> broken = new ArrayList<>();
    Matcher link = LINK.matcher(prose());
    while (link.find()) {
      String target = Stream.of(1, 2, 3).map(link::group).filter(g -> g != null).toList().get(0);
      if (!EXTERNAL.matcher(target).matches() && !resolves(target, root)) {
        broken.add("%s: %s".formatted(root.relativize(file), target));
      }
    }
    return broken;
  }

  private boolean resolves(String target, Path root) throws IOException {
    String[] parts = target.split("#", 2);
    String path = URLDecoder.decode(parts[0].replace("+", "%2B"), StandardCharsets.UTF_8);
    Path named = path.startsWith("/") ? root.resolve(path.substring(1)) : resolve(path);
    if (!Files.exists(named)) {
      return false;
    }
    return parts.length == 1 || !named.toString().endsWith(".md")
        ? parts.length == 1
        : of(named).anchors().contains(parts[1]);
  }

  private Path resolve(String path) {
    return path.isEmpty() ? file : file.resolveSibling(path).normalize();
  }

  /** Returns the anchors that GitHub generates for the headings. */
  Set<String> anchors() {
    Set<String> anchors = new HashSet<>();
    Map<String, Integer> seen = new HashMap<>();
    for (String heading : headings()) {
      String plain = HEADING_LINK.matcher(heading).replaceAll("$1");
      String anchor =
          plain
              .toLowerCase(Locale.ROOT)
              .replaceAll("[^\\p{L}\\p{N}\\p{M}\\s_-]", "")
              .replaceAll("\\s", "-");
      int earlier = seen.merge(anchor, 1, Integer::sum) - 1;
      anchors.add(earlier == 0 ? anchor : anchor + "-" + earlier);
    }
    return anchors;
  }

  /** Returns the texts of the headings, in order. */
  List<String> headings() {
    return withoutFences()
        .lines()
        .map(HEADING::matcher)
        .filter(Matcher::matches)
        .map(heading -> heading.group(1))
        .toList();
  }

  private String prose() {
    return CODE.matcher(withoutFences()).replaceAll("");
  }

  private String withoutFences() {
    StringBuilder prose = new StringBuilder();
    boolean fenced = false;
    for (String line : text.split("\n")) {
      if (FENCE.matcher(line).matches()) {
        fenced = !fenced;
      } else if (!fenced) {
        prose.append(line).append('\n');
      }
    }
    return prose.toString();
  }
}
