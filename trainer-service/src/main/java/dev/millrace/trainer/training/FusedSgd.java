package dev.millrace.trainer.training;

import ai.djl.ndarray.NDArray;
import dev.millrace.model.DataParallel;
import dev.millrace.model.TensorMemory;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * The update of {@link SgdOptimizer} for one parameter on a CPU, in one pass over memory:
 *
 * <pre>
 * v ← μv + (Σ g + λw)     the sum over the replicas' gradients, in their order
 * w ← w − lr·v
 * </pre>
 */
final class FusedSgd implements SgdOptimizer.Update {
  /** At most; a few arrays of so many values fit a core's first cache. */
  private static final int CHUNK = 2048;

  private final float momentum;
  private final float weightDecay;
  private final FloatBuffer parameter;
  private final FloatBuffer velocity;

  /**
   * @param velocity of the parameter's shape and order in memory
   */
  FusedSgd(NDArray parameter, NDArray velocity, double momentum, double weightDecay) {
    this.parameter = TensorMemory.of(parameter);
    this.velocity = TensorMemory.of(velocity);
    this.momentum = (float) momentum;
    this.weightDecay = (float) weightDecay;
  }

  /**
   * @param gradients of the parameter's shape and order in memory
   */
  @Override
  public void apply(List<NDArray> gradients, double learningRate) {
    List<FloatBuffer> buffers = gradients.stream().map(TensorMemory::of).toList();
    int size = parameter.capacity();
    DataParallel.forEachShard(
        size,
        (size + CHUNK - 1) / CHUNK,
        (chunk, first, count) -> update(buffers, (float) learningRate, first, count));
  }

  private void update(List<FloatBuffer> gradients, float learningRate, int first, int count) {
    float[] sum = values(gradients.get(0), first, count);
    for (FloatBuffer more : gradients.subList(1, gradients.size())) {
      add(sum, values(more, first, count));
    }
    float[] w = values(parameter, first, count);
    float[] v = values(velocity, first, count);
    move(w, v, sum, momentum, weightDecay);
    step(w, v, learningRate);
    parameter.put(first, w);
    velocity.put(first, v);
  }

  private static float[] values(FloatBuffer memory, int first, int count) {
    float[] values = new float[count];
    memory.get(first, values);
    return values;
  }

  // One array index and no branch each, so that the JVM makes vector instructions of them.

  private static void add(float[] sum, float[] more) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += more[i];
    }
  }

  private static void move(float[] w, float[] v, float[] g, float momentum, float decay) {
    for (int i = 0; i < v.length; i++) {
      v[i] = momentum * v[i] + (g[i] + decay * w[i]);
    }
  }

  private static void step(float[] w, float[] v, float learningRate) {
    for (int i = 0; i < w.length; i++) {
      w[i] -= learningRate * v[i];
    }
  }
}
