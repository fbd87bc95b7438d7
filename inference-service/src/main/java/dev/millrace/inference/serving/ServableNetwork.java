package dev.millrace.inference.serving;

import dev.millrace.inference.serving.Images.PixelType;
import dev.millrace.protocol.run.CheckpointManifest;
import java.nio.ByteBuffer;

/**
 * A network and the checkpoint it came from. Passes may run on several threads at once; it is
 * closed when none does.
 */
public interface ServableNetwork extends AutoCloseable {
  CheckpointManifest checkpoint();

  /**
   * @param images pixels of {@code count} images, each (3,32,32), in a direct buffer that is this
   *     method's until it returns
   * @param cores that have nothing else to do, the caller's included
   * @return {@code count} rows of logits, one a class
   */
  float[][] logits(ByteBuffer images, PixelType type, int count, int cores);

  /** How many passes side by side keep all cores at work. */
  int passesAtOnce();

  @Override
  void close();
}
