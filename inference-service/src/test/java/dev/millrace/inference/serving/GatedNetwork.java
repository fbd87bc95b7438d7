package dev.millrace.inference.serving;

import dev.millrace.inference.reload.Checkpoints;
import dev.millrace.inference.serving.Images.PixelType;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.stream.Minibatch;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/** Finds that an image's first byte is its class, when it is let. One pass at a time, or more. */
public final class GatedNetwork implements ServableNetwork {
  private final CheckpointManifest manifest;
  private final int passesAtOnce;
  private final Semaphore entered = new Semaphore(0);
  private final Semaphore gate = new Semaphore(0);
  private final AtomicBoolean held = new AtomicBoolean();
  private volatile boolean closed;
  private volatile RuntimeException failure;

  public GatedNetwork(String id, long step) {
    this(id, step, 1);
  }

  public GatedNetwork(String id, long step, int passesAtOnce) {
    this.passesAtOnce = passesAtOnce;
    manifest =
        CheckpointManifest.builder("run", 1, step).id(id).stream("")
            .architecture("gated")
            .dataset("none")
            .nextOffsets(Map.of())
            .normalization(Normalization.CIFAR10)
            .classes(Checkpoints.CLASSES)
            .created(Instant.EPOCH)
            .build();
  }

  /** The next pass waits for {@link #release}. */
  void hold() {
    held.set(true);
  }

  void awaitEntered() {
    entered.acquireUninterruptibly();
  }

  /** Lets one pass that waits go on. */
  void release() {
    gate.release();
  }

  void failNext(RuntimeException failure) {
    this.failure = failure;
  }

  boolean closed() {
    return closed;
  }

  @Override
  public CheckpointManifest checkpoint() {
    return manifest;
  }

  @Override
  public float[][] logits(ByteBuffer images, PixelType type, int count, int cores) {
    if (closed) {
      throw new IllegalStateException("used after close");
    }
    if (held.compareAndSet(true, false)) {
      entered.release();
      gate.acquireUninterruptibly();
    }
    RuntimeException thrown = failure;
    failure = null;
    if (thrown != null) {
      throw thrown;
    }
    float[][] logits = new float[count][Checkpoints.CLASSES.size()];
    for (int i = 0; i < count; i++) {
      int label =
          type == PixelType.UINT8
              ? images.get(i * Minibatch.IMAGE_BYTES)
              : (int) images.getFloat(i * Minibatch.IMAGE_BYTES * Float.BYTES);
      logits[i][label] = 10;
    }
    return logits;
  }

  @Override
  public int passesAtOnce() {
    return passesAtOnce;
  }

  @Override
  public void close() {
    closed = true;
  }

  /** An image that it takes for this class. */
  static byte[] image(int label) {
    byte[] pixels = new byte[Minibatch.IMAGE_BYTES];
    pixels[0] = (byte) label;
    return pixels;
  }

  /** Images whose labels count up to 9 and begin again. */
  static byte[] images(int count) {
    byte[] pixels = new byte[count * Minibatch.IMAGE_BYTES];
    for (int i = 0; i < count; i++) {
      pixels[i * Minibatch.IMAGE_BYTES] = (byte) (i % 10);
    }
    return pixels;
  }
}
