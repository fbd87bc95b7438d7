package dev.millrace.stack.observability;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reads metrics and their labels, both as docs/metrics.md lists them and as a service exposes them.
 */
final class MetricsTable {
  private static final Pattern ROW =
      Pattern.compile("\\| `(millrace_\\w+)` \\| [^|]+ \\|([^|]*)\\|.*");
  private static final Pattern SAMPLE = Pattern.compile("(millrace_\\w+)(?:\\{([^}]*)})? \\S+.*");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"[^\"]*\"|`(\\w+)`");

  private MetricsTable() {}

  /** Returns the names and label names in the tables of a page. */
  static Map<String, Set<String>> documented(Path page) throws IOException {
    Map<String, Set<String>> metrics = new TreeMap<>();
    for (String line : Files.readAllLines(page)) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        metrics.put(row.group(1), labels(row.group(2)));
      }
    }
    return metrics;
  }

  /**
   * Returns the names and label names of a response to {@code /q/metrics}. A histogram counts as
   * one metric.
   */
  static Map<String, Set<String>> told(String exposition) {
    Map<String, Set<String>> samples = new TreeMap<>();
    for (String line : exposition.split("\n")) {
      Matcher sample = SAMPLE.matcher(line);
      if (sample.matches()) {
        samples
            .computeIfAbsent(sample.group(1), name -> new TreeSet<>())
            .addAll(labels(sample.group(2) == null ? "" : sample.group(2)));
      }
    }
    Set<String> histograms =
        samples.keySet().stream()
            .filter(name -> name.endsWith("_bucket"))
            .map(name -> name.substring(0, name.length() - "_bucket".length()))
            .collect(Collectors.toSet());
    Map<String, Set<String>> metrics = new TreeMap<>();
    samples.forEach(
        (name, labels) -> {
          labels.remove("le");
          String base = name.replaceFirst("_(bucket|sum|count|max)$", "");
          metrics.put(histograms.contains(base) ? base : name, labels);
        });
    return metrics;
  }

  private static Set<String> labels(String text) {
    Set<String> labels = new TreeSet<>();
    Matcher label = LABEL.matcher(text);
    while (label.find()) {
      labels.add(label.group(1) == null ? label.group(2) : label.group(1));
    }
    return labels;
  }
}
