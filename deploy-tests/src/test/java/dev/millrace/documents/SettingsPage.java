package dev.millrace.documents;

import dev.millrace.start.settings.CommonSettings;
import dev.millrace.start.settings.S3Settings;
import dev.millrace.start.settings.Setting;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Generates docs/settings.md: inserts tables, created from the configuration interfaces, their
 * constraints and their Javadoc, into a template.
 */
final class SettingsPage {
  private static final String SOURCES = "src/main/java/dev/millrace/";
  private static final Pattern OTHER_SETTING = Pattern.compile("\\$\\{(millrace[a-z0-9.-]+)[^}]*}");

  private final Descriptions descriptions;

  SettingsPage(Path root) throws IOException {
    String common = "service-start/" + SOURCES + "start/settings/";
    descriptions =
        Descriptions.of(
            List.of(
                root.resolve(common + "CommonSettings.java"),
                root.resolve(common + "S3Settings.java"),
                root.resolve("ingest-service/" + SOURCES + "ingest/IngestConfig.java"),
                root.resolve("trainer-service/" + SOURCES + "trainer/TrainerConfig.java"),
                root.resolve("inference-service/" + SOURCES + "inference/InferenceConfig.java")));
  }

  String text() throws IOException, ClassNotFoundException {
    Class<?> ingest = Class.forName("dev.millrace.ingest.IngestConfig");
    Class<?> trainer = Class.forName("dev.millrace.trainer.TrainerConfig");
    Class<?> inference = Class.forName("dev.millrace.inference.InferenceConfig");
    Predicate<Setting> common = within(CommonSettings.class);
    Predicate<Setting> s3 = within(S3Settings.class);
    Predicate<Setting> own = common.or(s3).negate();
    try (InputStream template = getClass().getResourceAsStream("/settings.md.template")) {
      return new String(template.readAllBytes(), StandardCharsets.UTF_8)
          .replace("{{common}}", table(trainer, common))
          .replace("{{s3}}", table(trainer, s3))
          .replace("{{ingest}}", table(ingest, own))
          .replace("{{trainer}}", table(trainer, own))
          .replace("{{inference}}", table(inference, own));
    }
  }

  private static Predicate<Setting> within(Class<?> group) {
    return setting -> {
      Class<?> declaring = setting.method().getDeclaringClass();
      return declaring == group || declaring.getEnclosingClass() == group;
    };
  }

  private String table(Class<?> mapping, Predicate<Setting> selected) {
    return Setting.of(mapping).stream()
        .filter(selected)
        .map(this::row)
        .collect(
            Collectors.joining(
                "\n", "| variable | default | allowed | meaning |\n|---|---|---|---|\n", ""));
  }

  private String row(Setting setting) {
    Descriptions.Description description = descriptions.of(setting.method());
    String standard =
        setting.isRequired()
            ? "required"
            : setting.defaultValue().map(SettingsPage::shown).orElse(description.whenAbsent());
    return "| `%s` | %s | %s | %s |"
        .formatted(setting.variable(), standard, setting.allowed(), description.meaning());
  }

  /**
   * Returns a default as users know it: the home folder as {@code ~}, and other settings by the
   * names of their environment variables.
   */
  private static String shown(String value) {
    Matcher other = OTHER_SETTING.matcher(value);
    return other.matches()
        ? "that of `%s`".formatted(new Setting(other.group(1), null).variable())
        : "`%s`".formatted(value.replace("${user.home}", "~"));
  }
}
