package dev.millrace.inference.reload;

import ai.djl.Device;
import dev.millrace.model.Network;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.CheckpointManifest.Probe;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.protocol.stream.Minibatch;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Builds a checkpoint's network and verifies that it computes the same logits as the trainer did.
 */
public final class CheckpointVerifier {
  /** The largest accepted difference to the probe's logits, relative to the largest logit. */
  private static final double TOLERANCE = 1e-4;

  private CheckpointVerifier() {}

  /**
   * Builds and verifies a network.
   *
   * @param weights bytes whose hash equals the manifest's
   * @return a network that the caller closes
   * @throws CheckpointRefusedException if the network does not match the manifest or its probe
   */
  public static VerifiedNetwork verify(CheckpointManifest manifest, byte[] weights) {
    requireComplete(manifest);
    Network network = load(manifest, weights);
    try {
      replay(network, manifest.probe());
      warmUp(network);
      return new VerifiedNetwork(manifest, network);
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
  }

  private static Network load(CheckpointManifest manifest, byte[] weights) {
    try {
      return Network.load(manifest, Safetensors.read(ByteBuffer.wrap(weights)), Device.cpu());
    } catch (MalformedException | IllegalArgumentException e) {
      throw new CheckpointRefusedException(e.getMessage(), e);
    }
  }

  private static void requireComplete(CheckpointManifest manifest) {
    require(
        manifest.schema() == CheckpointManifest.SCHEMA,
        "manifest has schema %d, expected %d"
            .formatted(manifest.schema(), CheckpointManifest.SCHEMA));
    require(manifest.architecture() != null, "manifest names no architecture");
    require(
        manifest.classes() != null && !manifest.classes().isEmpty(), "manifest names no classes");
    require(manifest.normalization() != null, "manifest has no normalization");
    require(manifest.nextOffsets() != null, "manifest has no offsets");
    Probe probe = manifest.probe();
    require(
        probe != null && probe.images() != null && probe.logits() != null,
        "manifest has no probe to verify the weights with");
    int rows = probe.logits().size();
    require(
        rows > 0 && probe.images().length == rows * Minibatch.IMAGE_BYTES,
        "probe has %d bytes of images for %d rows of logits"
            .formatted(probe.images().length, rows));
    for (List<Float> row : probe.logits()) {
      require(
          row.size() == manifest.classes().size()
              && row.stream().allMatch(logit -> logit != null && Float.isFinite(logit)),
          "probe has the logits %s for %d classes".formatted(row, manifest.classes().size()));
    }
  }

  /**
   * Runs a pass with the most frequent shape, since the engine plans each shape at its first pass.
   */
  private static void warmUp(Network network) {
    network.logits(ByteBuffer.allocateDirect(Minibatch.IMAGE_BYTES), 1);
  }

  private static void replay(Network network, Probe probe) {
    List<List<Float>> expected = probe.logits();
    ByteBuffer images = ByteBuffer.allocateDirect(probe.images().length);
    float[][] computed = network.logits(images.put(probe.images()).flip(), expected.size());
    double largest =
        expected.stream().flatMap(List::stream).mapToDouble(Math::abs).max().orElseThrow();
    for (int i = 0; i < computed.length; i++) {
      for (int j = 0; j < computed[i].length; j++) {
        float wanted = expected.get(i).get(j);
        // Negated, so that a NaN does not pass.
        if (!(Math.abs(computed[i][j] - wanted) <= TOLERANCE * largest)) {
          throw new CheckpointRefusedException(
              "probe %d, class %d: computed the logit %s, the trainer %s"
                  .formatted(i, j, computed[i][j], wanted));
        }
      }
    }
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new CheckpointRefusedException(otherwise);
    }
  }
}
