package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.checkpoint.Checkpoint;
import dev.millrace.inference.reload.Checkpoints;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.testing.S3Server;
import dev.millrace.testing.ServiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/** The built service with one checkpoint from a real S3 server, and what that must answer. */
final class ServedCheckpoint implements AutoCloseable {
  private static ServedCheckpoint shared;

  private final Path home;
  private final S3Server s3;
  private final Checkpoint checkpoint;
  private final ServiceProcess service;

  private ServedCheckpoint(Path home, S3Server s3, Checkpoint checkpoint, ServiceProcess service) {
    this.home = home;
    this.s3 = s3;
    this.checkpoint = checkpoint;
    this.service = service;
  }

  /**
   * The same for all tests that leave it as it is, so that they need not wait for one each; ends
   * with this process.
   */
  static synchronized ServedCheckpoint shared() throws Exception {
    if (shared == null) {
      shared = start("SharedIT");
      Runtime.getRuntime().addShutdownHook(new Thread(shared::closeAtTheEnd));
    }
    return shared;
  }

  private void closeAtTheEnd() {
    try {
      close();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  static ServedCheckpoint start(String test, String... settings) throws Exception {
    Path home = Files.createTempDirectory("millrace-" + test);
    S3Server s3 = S3Server.start(home, 0);
    Checkpoint checkpoint = Checkpoints.saveBest(s3.store(), "run-1", 2, 782);
    Map<String, String> all = InferenceProcess.settings(s3.endpoint(), "localhost:1");
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    ServiceProcess service = InferenceProcess.launch(Path.of("target", test + ".log"), all);
    service.awaitStatus("/q/health/ready", 200);
    return new ServedCheckpoint(home, s3, checkpoint, service);
  }

  ServiceProcess service() {
    return service;
  }

  S3Server s3() {
    return s3;
  }

  Checkpoint checkpoint() {
    return checkpoint;
  }

  byte[] pixels(int images) {
    byte[] pixels = new byte[images * Minibatch.IMAGE_BYTES];
    new Random(images).nextBytes(pixels);
    return pixels;
  }

  void assertLogits(byte[] pixels, List<Double> computed) {
    List<Double> expected = new ArrayList<>();
    for (float[] row : Checkpoints.logits(checkpoint, pixels)) {
      for (float logit : row) {
        expected.add((double) logit);
      }
    }
    assertThat(computed).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(computed.get(i)).isCloseTo(expected.get(i), within(1e-5));
    }
  }

  List<String> labels(byte[] pixels) {
    List<String> labels = new ArrayList<>();
    for (float[] row : Checkpoints.logits(checkpoint, pixels)) {
      int best = 0;
      for (int i = 0; i < row.length; i++) {
        best = row[i] > row[best] ? i : best;
      }
      labels.add(Checkpoints.CLASSES.get(best));
    }
    return labels;
  }

  @Override
  public void close() throws Exception {
    service.close();
    s3.close();
    delete(home);
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
