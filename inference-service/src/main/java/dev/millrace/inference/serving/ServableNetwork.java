package dev.millrace.inference.serving;

import dev.millrace.inference.serving.Images.PixelType;
import dev.millrace.model.CheckpointManifest;
import java.nio.ByteBuffer;

/** A network and the checkpoint it came from. Used by one thread at a time. */
interface ServableNetwork extends AutoCloseable {
  CheckpointManifest checkpoint();

  /**
   * @param images pixels of {@code count} images, each (3,32,32), in a direct buffer that is this
   *     method's until it returns
   * @return {@code count} rows of logits, one a class
   */
  float[][] logits(ByteBuffer images, PixelType type, int count);

  @Override
  void close();
}
