package dev.millrace.stack.broker;

import dev.millrace.stack.home.AtomicFile;
import dev.millrace.stack.home.CommandFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * The file {@code meta.properties}, which identifies a broker's log folder. Kafka writes the file
 * once and does not start without it. A copy is kept, from which a damaged file is repaired.
 */
final class BrokerIdentity {
  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final Pattern UUID = Pattern.compile("[A-Za-z0-9_-]{22}");
  private static final Map<String, Pattern> KEYS =
      Map.of("version", NUMBER, "cluster.id", UUID, "node.id", NUMBER, "directory.id", UUID);

  private final Path log;
  private final Path file;
  private final Path copy;

  /**
   * Creates the identity of a log folder.
   *
   * @param log the broker's log folder
   * @param run the folder that holds the copy
   */
  BrokerIdentity(Path log, Path run) {
    this.log = log;
    file = log.resolve("meta.properties");
    copy = run.resolve("kafka-meta.properties");
  }

  /**
   * Returns whether the log folder has an identity. Repairs a damaged one from the copy.
   *
   * @return false if the folder is new and must be formatted
   * @throws CommandFailedException if the file is damaged and there is no copy
   */
  boolean exists() throws IOException {
    if (isValid(file)) {
      return true;
    }
    if (!Files.exists(log.resolve("__cluster_metadata-0"))) {
      Files.deleteIfExists(file);
      return false;
    }
    if (!isValid(copy)) {
      throw new CommandFailedException(
          "Kafka's %s is damaged; restore it from a backup of the home, or start again in another --home"
              .formatted(file.toAbsolutePath()),
          CommandFailedException.EX_CONFIG);
    }
    AtomicFile.write(file, Files.readAllBytes(copy));
    System.err.println("Kafka's " + file + " was damaged and was repaired from " + copy);
    return true;
  }

  /** Copies the identity file, unless the copy is up to date. */
  void updateCopy() throws IOException {
    byte[] content = Files.readAllBytes(file);
    if (!isValid(copy) || !Arrays.equals(content, Files.readAllBytes(copy))) {
      AtomicFile.write(copy, content);
    }
  }

  private static boolean isValid(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    Properties properties = new Properties();
    try (var in = Files.newInputStream(file)) {
      properties.load(in);
    } catch (IllegalArgumentException e) {
      return false; // malformed Unicode escape
    }
    return KEYS.entrySet().stream()
        .allMatch(
            key -> key.getValue().matcher(properties.getProperty(key.getKey(), "")).matches());
  }
}
