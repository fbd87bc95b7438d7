package dev.millrace.trainer.optimizer;

import ai.djl.ndarray.NDArray;
import dev.millrace.model.cpu.Shards;
import dev.millrace.model.cpu.TensorMemory;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * The update of {@link SgdOptimizer} on a CPU, in one pass over the memory on all cores:
 *
 * <pre>
 * v ← μv + (Σ g + λw)     the sum over the replicas' gradients, in their order
 * w ← w − lr·v
 * </pre>
 */
final class FusedSgd implements SgdOptimizer.Update {
  /**
   * Maximum number of values in a chunk; a few arrays of this length fit into the L1 cache of a
   * core.
   */
  private static final int CHUNK = 2048;

  /** Number of shards. If another process occupies a core, the other cores take over its shards. */
  private static final int SHARDS = 32;

  private final float momentum;
  private final float weightDecay;
  private final FloatBuffer parameters;
  private final FloatBuffer velocities;

  /**
   * Creates the update.
   *
   * @param parameters all parameters in one array
   * @param velocities the velocities in the same order
   */
  FusedSgd(NDArray parameters, NDArray velocities, double momentum, double weightDecay) {
    this.parameters = TensorMemory.of(parameters);
    this.velocities = TensorMemory.of(velocities);
    this.momentum = (float) momentum;
    this.weightDecay = (float) weightDecay;
  }

  private static List<FloatBuffer> memory(List<NDArray> arrays) {
    return arrays.stream().map(TensorMemory::of).toList();
  }

  /**
   * Applies the update.
   *
   * @param gradients the gradients of each parameter, in the parameters' order in memory
   */
  @Override
  public void apply(List<List<NDArray>> gradients, double learningRate) {
    List<List<FloatBuffer>> memory = gradients.stream().map(FusedSgd::memory).toList();
    Shards.forEachShard(
        parameters.capacity(),
        SHARDS,
        (shard, first, count) -> update(first, first + count, memory, (float) learningRate));
  }

  /** Updates the values from first to end, which is exclusive, of all parameters' values. */
  private void update(int first, int end, List<List<FloatBuffer>> gradients, float learningRate) {
    Chunk chunk = new Chunk();
    int begin = 0;
    for (List<FloatBuffer> ofOne : gradients) {
      int next = begin + ofOne.get(0).capacity();
      int to = Math.min(end, next);
      for (int at = Math.max(first, begin); at < to; at += CHUNK) {
        chunk.count = Math.min(CHUNK, to - at);
        update(chunk, at, at - begin, ofOne, learningRate);
      }
      begin = next;
    }
  }

  private void update(
      Chunk chunk, int at, int atGradient, List<FloatBuffer> gradients, float learningRate) {
    chunk.read(gradients.get(0), atGradient, chunk.sum);
    for (FloatBuffer more : gradients.subList(1, gradients.size())) {
      chunk.read(more, atGradient, chunk.more);
      add(chunk.sum, chunk.more);
    }
    chunk.read(parameters, at, chunk.w);
    chunk.read(velocities, at, chunk.v);
    updateVelocity(chunk.w, chunk.v, chunk.sum, momentum, weightDecay);
    updateWeights(chunk.w, chunk.v, learningRate);
    chunk.write(chunk.w, at, parameters);
    chunk.write(chunk.v, at, velocities);
  }

  /** Arrays for a few values of a parameter, reused for each chunk. */
  private static final class Chunk {
    private final float[] sum = new float[CHUNK];
    private final float[] more = new float[CHUNK];
    private final float[] w = new float[CHUNK];
    private final float[] v = new float[CHUNK];
    private int count;

    void read(FloatBuffer memory, int first, float[] values) {
      memory.get(first, values, 0, count);
    }

    void write(float[] values, int first, FloatBuffer memory) {
      memory.put(first, values, 0, count);
    }
  }

  // These loops have one array index and no branch, so that the JVM vectorizes them. In a short
  // chunk they also compute stale values after the end, which are never read.

  private static void add(float[] sum, float[] more) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += more[i];
    }
  }

  private static void updateVelocity(float[] w, float[] v, float[] g, float momentum, float decay) {
    for (int i = 0; i < v.length; i++) {
      v[i] = momentum * v[i] + (g[i] + decay * w[i]);
    }
  }

  private static void updateWeights(float[] w, float[] v, float learningRate) {
    for (int i = 0; i < w.length; i++) {
      w[i] -= learningRate * v[i];
    }
  }
}
