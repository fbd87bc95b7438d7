package dev.millrace.inference.reload;

import ai.djl.Device;
import dev.millrace.checkpoint.Checkpoint;
import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.serving.Classification;
import dev.millrace.inference.serving.Images.PixelType;
import dev.millrace.model.Architecture;
import dev.millrace.model.Network;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.CheckpointManifest.CheckpointMetrics;
import dev.millrace.protocol.run.CheckpointManifest.EpochProgress;
import dev.millrace.protocol.run.CheckpointManifest.Probe;
import dev.millrace.protocol.run.CheckpointManifest.Recipe;
import dev.millrace.protocol.run.CheckpointManifest.StoredFile;
import dev.millrace.protocol.stream.Minibatch;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** Checkpoints of untrained networks, complete with what a trainer would write. */
public final class Checkpoints {
  public static final List<String> CLASSES =
      List.of("plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");
  private static final int PROBES = 4;

  private Checkpoints() {}

  /** Of another network for every step. */
  public static Checkpoint of(String run, int epoch, long step) {
    return of(run, epoch, step, .5);
  }

  public static Checkpoint of(String run, int epoch, long step, double validationAccuracy) {
    Architecture architecture = Architecture.named("tinyimagenet");
    try (Network network =
        Network.initialize(
            architecture, CLASSES.size(), Normalization.CIFAR10, step, Device.cpu())) {
      byte[] weights = network.weights();
      byte[] optimizer = weights.clone();
      CheckpointManifest manifest =
          CheckpointManifest.builder(run, epoch, step).stream("0123456789abcdef")
              .architecture(architecture.name())
              .dataset("cifar10")
              .recipe(new Recipe(step, "sgd", 0.9, 5e-4, "one-cycle", 0.05, 12, 4, 1))
              .nextOffsets(Map.of(0, step + epoch))
              .progress(new EpochProgress(0, 0, 0, 0, 0, List.of(), true))
              .metrics(new CheckpointMetrics(1, .5, 1, validationAccuracy))
              .normalization(Normalization.CIFAR10)
              .classes(CLASSES)
              .files(
                  StoredFile.of(CheckpointStore.WEIGHTS, weights),
                  StoredFile.of(CheckpointStore.OPTIMIZER, optimizer))
              .probe(probe(network))
              .created(Instant.parse("2026-01-01T00:00:00Z").plusSeconds(step))
              .build();
      return new Checkpoint(manifest, weights, optimizer);
    }
  }

  /** The same network as another checkpoint of its run. */
  public static Checkpoint again(Checkpoint checkpoint, int epoch, long step) {
    CheckpointManifest manifest = checkpoint.manifest();
    return new Checkpoint(
        manifest.toBuilder()
            .position(epoch, step)
            .nextOffsets(Map.of(0, step + epoch))
            .created(manifest.created().plusSeconds(step))
            .build(),
        checkpoint.weights(),
        checkpoint.optimizer());
  }

  /** Saves it and points {@code best.json} at it. */
  public static Checkpoint saveBest(CheckpointStore store, String run, int epoch, long step) {
    Checkpoint checkpoint = of(run, epoch, step);
    store.save(checkpoint);
    pointBestAt(store, checkpoint.manifest());
    return checkpoint;
  }

  /** Accuracy grows with the step, so that a later one is always better. */
  public static void pointBestAt(CheckpointStore store, CheckpointManifest manifest) {
    store.offerBest(
        new BestCheckpoint(
            BestCheckpoint.SCHEMA,
            manifest.run(),
            manifest.id(),
            manifest.epoch(),
            manifest.step(),
            manifest.step() / 1e6));
  }

  /** The probabilities that a checkpoint's network has for an image, computed here. */
  public static List<Double> probabilities(Checkpoint checkpoint, byte[] pixels) {
    return Classification.of(checkpoint.manifest(), logits(checkpoint, pixels)[0]).probabilities();
  }

  /** The logits that a checkpoint's network has for some images, computed here. */
  public static float[][] logits(Checkpoint checkpoint, byte[] pixels) {
    try (VerifiedNetwork network =
        CheckpointVerifier.verify(checkpoint.manifest(), checkpoint.weights())) {
      int count = pixels.length / Minibatch.IMAGE_BYTES;
      return network.logits(direct(pixels), PixelType.UINT8, count, 1);
    }
  }

  public static byte[] pixels(long seed) {
    byte[] pixels = new byte[Minibatch.IMAGE_BYTES];
    new Random(seed).nextBytes(pixels);
    return pixels;
  }

  private static Probe probe(Network network) {
    byte[] images = new byte[PROBES * Minibatch.IMAGE_BYTES];
    new Random(7).nextBytes(images);
    List<List<Float>> rows = new ArrayList<>();
    for (float[] row : network.logits(direct(images), PROBES)) {
      rows.add(IntStream.range(0, row.length).mapToObj(i -> row[i]).toList());
    }
    return new Probe(images, rows);
  }

  private static ByteBuffer direct(byte[] bytes) {
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
  }
}
