package dev.millrace.inference.serving;

import dev.millrace.inference.serving.Images.PixelType;
import dev.millrace.protocol.run.CheckpointManifest;
import java.nio.ByteBuffer;

/**
 * A network and its checkpoint. Several threads may run passes at once. It is closed when no pass
 * runs.
 */
public interface ServableNetwork extends AutoCloseable {
  CheckpointManifest checkpoint();

  /**
   * Runs a forward pass.
   *
   * @param images pixels of {@code count} images, each (3,32,32), in a direct buffer that must not
   *     change until this method returns
   * @param cores idle cores, the caller's included
   * @return {@code count} rows of logits, one per class
   */
  float[][] logits(ByteBuffer images, PixelType type, int count, int cores);

  /** Returns the number of concurrent passes that keep all cores busy. */
  int passesAtOnce();

  @Override
  void close();
}
