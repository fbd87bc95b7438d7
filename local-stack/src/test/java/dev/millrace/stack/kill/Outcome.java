package dev.millrace.stack.kill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * The results of a run in S3, without values that depend on the clock or on the number of
 * partitions.
 *
 * @param weights SHA-256 of the last checkpoint's {@code weights.safetensors}
 * @param optimizer SHA-256 of its {@code optimizer.safetensors}
 * @param metrics the metrics of each epoch
 */
record Outcome(
    String weights, String optimizer, List<JsonNode> metrics, JsonNode best, JsonNode report) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> INCIDENTAL =
      List.of("imagesPerSecond", "seconds", "finished", "nextOffsets");

  static Outcome of(Path run) throws IOException {
    List<Path> checkpoints = sorted(run.resolve("checkpoints"));
    Path last = checkpoints.get(checkpoints.size() - 1);
    JsonNode report = timeless(run.resolve("report/report.json"));
    report.path("history").forEach(epoch -> ((ObjectNode) epoch).remove(INCIDENTAL));
    return new Outcome(
        sha256(last.resolve("weights.safetensors")),
        sha256(last.resolve("optimizer.safetensors")),
        sorted(run.resolve("metrics")).stream().map(Outcome::timeless).toList(),
        JSON.readTree(run.resolve("best.json").toFile()),
        report);
  }

  private static List<Path> sorted(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.filter(Outcome::isValid).sorted().toList();
    }
  }

  private static boolean isValid(Path entry) {
    return !Files.isDirectory(entry) || Files.exists(entry.resolve("manifest.json"));
  }

  private static JsonNode timeless(Path file) {
    try {
      return ((ObjectNode) JSON.readTree(file.toFile())).remove(INCIDENTAL);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String sha256(Path file) throws IOException {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
