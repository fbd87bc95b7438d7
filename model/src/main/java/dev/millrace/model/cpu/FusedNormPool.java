package dev.millrace.model.cpu;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ObjIntConsumer;

/**
 * An implementation of {@link NormPool} with {@link NormPoolKernel}. It works in the tensors' own
 * memory, and its backward pass overwrites the input of the block with its gradient. Images are
 * distributed among threads. One thread computes each image, so that the bits of the result do not
 * depend on the number of threads.
 *
 * <p>Thread-safe.
 */
public final class FusedNormPool implements NormPool {
  private final int threads;

  /** The kernels that no thread is using, by image shape. */
  private final Map<Shape, Queue<NormPoolKernel>> kernels = new ConcurrentHashMap<>();

  /**
   * Creates a block.
   *
   * @param threads maximum number of threads, including the calling one
   */
  FusedNormPool(int threads) {
    this.threads = threads;
  }

  /**
   * Creates a block in which every idle core may take part. Within a shard of {@link Shards}, these
   * are the cores whose own shards are done: they do not wait while the last shard is computed.
   */
  static FusedNormPool onAllCores() {
    return new FusedNormPool(Shards.CORES);
  }

  @Override
  public NDArray forward(NDArray x, Tape tape) {
    Shape shape = x.getShape();
    int images = (int) shape.get(0);
    PtNDArray values = channelsLast((PtNDArray) x);
    PtNDArray pooled =
        (PtNDArray)
            x.getManager()
                .create(
                    new Shape(images, (shape.get(2) - 1) / 2, (shape.get(3) - 1) / 2, shape.get(1)),
                    x.getDataType());
    byte[] argmax = tape.records() ? new byte[Math.toIntExact(pooled.size())] : null;
    FloatBuffer input = TensorMemory.of(values);
    FloatBuffer output = TensorMemory.of(pooled);
    forEachImage(shape, (kernel, image) -> kernel.forward(input, output, argmax, image));
    PtNDArray result = pooled.transpose(0, 3, 1, 2);
    if (tape.records()) {
      result.setRequiresGradient(true);
      tape.addCut(() -> backward((PtNDArray) x, values, result, argmax));
    } else {
      values.close();
      x.close();
    }
    return result;
  }

  private void backward(PtNDArray x, PtNDArray values, PtNDArray pooled, byte[] argmax) {
    Shape shape = x.getShape();
    try (PtNDArray gradient = pooled.getGradient();
        PtNDArray pooledGradient = channelsLast(gradient)) {
      FloatBuffer valuesThenGradient = TensorMemory.of(values);
      FloatBuffer incoming = TensorMemory.of(pooledGradient);
      forEachImage(
          shape, (kernel, image) -> kernel.backward(valuesThenGradient, incoming, argmax, image));
    }
    try (NDArray nhwc = values.reshape(shape.get(0), shape.get(2), shape.get(3), shape.get(1));
        NDArray gradient = nhwc.transpose(0, 3, 1, 2)) {
      JniUtils.backward(x, (PtNDArray) gradient, false, false);
    }
    values.close();
    x.close();
  }

  /**
   * Returns the values of (B,C,H,W) as (B·H·W·C), detached. The result is a view if channels are
   * already last in memory, as after a convolution of such arrays. Otherwise it is a copy.
   */
  private static PtNDArray channelsLast(PtNDArray x) {
    try (PtNDArray detached = JniUtils.detachGradient(x)) {
      return TensorMemory.flatten(detached);
    }
  }

  private void forEachImage(Shape shape, ObjIntConsumer<NormPoolKernel> work) {
    int images = (int) shape.get(0);
    AtomicInteger next = new AtomicInteger();
    Shards.onThreads(
        Math.min(threads, images),
        () -> {
          Queue<NormPoolKernel> free =
              kernels.computeIfAbsent(shape.slice(1), s -> new ConcurrentLinkedQueue<>());
          NormPoolKernel kernel = free.poll();
          if (kernel == null) {
            kernel = new NormPoolKernel((int) shape.get(1), (int) shape.get(2), (int) shape.get(3));
          }
          int image;
          while ((image = next.getAndIncrement()) < images) {
            work.accept(kernel, image);
          }
          free.add(kernel);
        });
  }
}
