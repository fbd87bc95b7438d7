package dev.millrace.model.cpu;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The record of one forward pass, by which it is run backward. Autograd records what consists of
 * the engine's operations; a block with a gradient of its own cuts the pass there, and the pieces
 * are run backward one after the other, the last first. One thread uses it; while it records, the
 * engine's recording is on for that thread.
 */
public final class Tape implements AutoCloseable {
  private static final Tape OFF = new Tape();

  private final Deque<Runnable> cuts = new ArrayDeque<>();

  private Tape() {}

  /** Begins to record; to be closed. */
  public static Tape record() {
    JniUtils.setGradMode(true);
    return new Tape();
  }

  /** Records nothing; the engine records what its thread's mode says. */
  public static Tape off() {
    return OFF;
  }

  boolean records() {
    return this != OFF;
  }

  /**
   * @param backward takes the gradient of what the block returned, which must be a leaf that
   *     requires one, through the block and through autograd's piece before it
   */
  void cut(Runnable backward) {
    cuts.push(backward);
  }

  /**
   * Leaves in every parameter the gradient of loss times weight, added to what was there. What was
   * recorded is gone then.
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
