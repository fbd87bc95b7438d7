package dev.millrace.trainer.loop;

import dev.millrace.model.Network;
import dev.millrace.protocol.run.CheckpointManifest.Probe;
import dev.millrace.protocol.stream.Minibatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes the inputs and expected logits with which a server verifies that it computes the same
 * results as the trainer.
 */
final class ProbeMaker {
  private static final int IMAGES = 4;

  private final int count;
  private final byte[] images;

  /**
   * Creates a maker.
   *
   * @param minibatch its first images become the inputs
   */
  ProbeMaker(Minibatch minibatch) {
    count = Math.min(IMAGES, minibatch.size());
    images = new byte[count * Minibatch.IMAGE_BYTES];
    minibatch.images().get(images);
  }

  Probe probe(Network network) {
    ByteBuffer direct = ByteBuffer.allocateDirect(images.length).put(images).flip();
    List<List<Float>> logits = new ArrayList<>();
    for (float[] row : network.logits(direct, count)) {
      List<Float> values = new ArrayList<>();
      for (float value : row) {
        values.add(value);
      }
      logits.add(values);
    }
    return new Probe(Arrays.copyOf(images, images.length), logits);
  }
}
