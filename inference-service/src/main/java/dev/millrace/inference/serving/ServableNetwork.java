package dev.millrace.inference.serving;

import dev.millrace.model.CheckpointManifest;
import java.nio.ByteBuffer;

/** A network and the checkpoint it came from. Used by one thread at a time. */
interface ServableNetwork extends AutoCloseable {
  CheckpointManifest checkpoint();

  /**
   * @param images U8 pixels of {@code count} images, each (3,32,32)
   * @return {@code count} rows of logits, one a class
   */
  float[][] logits(ByteBuffer images, int count);

  @Override
  void close();
}
