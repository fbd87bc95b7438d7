package dev.millrace.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The settings that the services have, as their sources name them. */
record Settings(Set<String> words) {
  private static final Pattern METHOD = Pattern.compile("\\b([a-z][A-Za-z0-9]*)\\(\\);");
  private static final Pattern PROPERTY = Pattern.compile("\\bmillrace\\.([a-z0-9.-]+)");

  /** Methods of the configuration interfaces, and the properties that name a setting directly. */
  static Settings ofServices() throws IOException {
    Set<String> words = new TreeSet<>();
    for (String service : new String[] {"ingest", "trainer", "inference"}) {
      Path sources = Path.of("..", service + "-service", "src", "main");
      try (Stream<Path> files = Files.walk(sources)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          if (file.toString().endsWith("Config.java")) {
            Matcher method = METHOD.matcher(Files.readString(file));
            while (method.find()) {
              words.add(words(method.group(1).replaceAll("([A-Z])", "-$1")));
            }
          } else if (file.toString().endsWith("application.properties")) {
            Matcher property = PROPERTY.matcher(Files.readString(file));
            while (property.find()) {
              words.add(words(property.group(1)));
            }
          }
        }
      }
    }
    return new Settings(words);
  }

  private static String words(String name) {
    return name.toUpperCase(Locale.ROOT).replace('-', '_').replace('.', '_');
  }

  static String variable(String property) {
    return words(property);
  }

  /**
   * @param variable such as {@code MILLRACE_TRAINER_EPOCHS}
   */
  boolean has(String variable) {
    String name = variable.replaceFirst("^MILLRACE_", "");
    return words.contains(name)
        || words.contains(name.replaceFirst("^(INGEST|TRAINER|INFERENCE|S3|HTTP|GRPC|KAFKA)_", ""));
  }
}
