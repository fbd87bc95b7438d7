package dev.millrace.model;

import ai.djl.ndarray.types.DataType;
import dev.millrace.model.cpu.Shards;
import dev.millrace.protocol.stream.Minibatch;
import java.nio.ByteBuffer;

/** Computes predictions on several cores of a CPU, each of which computes some of the images. */
public final class DataParallel {
  /** Number of images below which a shard of a prediction takes hardly any less time. */
  private static final int SMALLEST_SHARD = 4;

  private DataParallel() {}

  private static int shards(Network network, int images, int cores) {
    if (cores == 1 || network.device().isGpu()) {
      return 1;
    }
    return Math.min(
        (images + SMALLEST_SHARD - 1) / SMALLEST_SHARD, Shards.THREADS_PER_CORE * cores);
  }

  /**
   * Computes logits like {@link #logits(Network, ByteBuffer, DataType, int, int)}, on all cores.
   */
  public static float[][] logits(Network network, ByteBuffer images, DataType type, int count) {
    return logits(network, images, type, count, Shards.CORES);
  }

  /**
   * Computes logits like {@link Network#logits(ByteBuffer, DataType, int)}, divided into shards.
   * The caller's thread takes part, because a pass is too short to hand it over to other threads.
   *
   * @param cores number of idle cores, including the caller's. With one core, all images are
   *     computed in one pass, which takes less time than one pass per shard
   */
  public static float[][] logits(
      Network network, ByteBuffer images, DataType type, int count, int cores) {
    int imageBytes = type.getNumOfBytes() * Minibatch.IMAGE_BYTES;
    float[][] rows = new float[count][];
    Shards.forEachShardHere(
        count,
        shards(network, count, cores),
        cores,
        (shard, first, size) -> {
          ByteBuffer pixels = images.slice(first * imageBytes, size * imageBytes);
          float[][] logits = network.logits(pixels.order(images.order()), type, size);
          System.arraycopy(logits, 0, rows, first, size);
        });
    return rows;
  }
}
