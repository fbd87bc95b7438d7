package dev.millrace.benchmarks.load;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Recognises the end of a response. */
@FunctionalInterface
public interface AnswerFormat {
  /**
   * Returns whether a response is complete.
   *
   * @param received all bytes since the request, from index 0 to the buffer's position
   * @return whether the bytes are the whole response
   * @throws IOException if the response is not one of success
   */
  boolean isWhole(ByteBuffer received) throws IOException;
}
