package dev.millrace.model.cpu;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The record of one forward pass, which is used to run the pass backward. Autograd records the
 * engine's operations. A block with its own gradient cuts the pass, and the pieces run backward one
 * after the other, from the last to the first. Only one thread may use a tape. While the tape
 * records, autograd is enabled for that thread.
 */
public final class Tape implements AutoCloseable {
  private static final Tape OFF = new Tape();

  private final Deque<Runnable> cuts = new ArrayDeque<>();

  private Tape() {}

  /** Starts a tape that records. The caller closes it. */
  public static Tape record() {
    JniUtils.setGradMode(true);
    return new Tape();
  }

  /**
   * Returns a tape that records nothing. It does not change whether autograd records on this
   * thread.
   */
  public static Tape off() {
    return OFF;
  }

  boolean records() {
    return this != OFF;
  }

  /**
   * Cuts the pass after a block with its own gradient. The output of the block must be a leaf that
   * requires a gradient.
   *
   * @param backward propagates the gradient of the output through the block and through the piece
   *     of autograd before it
   */
  void addCut(Runnable backward) {
    cuts.push(backward);
  }

  /**
   * Adds the gradient of loss times weight to the gradient of every parameter. The recorded pass is
   * discarded.
   *
   * @param loss a scalar
   */
  public void backward(NDArray loss, float weight) {
    try (NDArray gradient = loss.getManager().full(loss.getShape(), weight)) {
      JniUtils.backward((PtNDArray) loss, (PtNDArray) gradient, false, false);
    }
    while (!cuts.isEmpty()) {
      cuts.pop().run();
    }
  }

  @Override
  public void close() {
    JniUtils.setGradMode(false);
  }
}
