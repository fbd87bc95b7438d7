package dev.millrace.benchmarks.load;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Tells where an answer ends. */
@FunctionalInterface
public interface AnswerFormat {
  /**
   * @param received all that came since the question, from index 0 to the buffer's position
   * @return whether that is the whole answer
   * @throws IOException if it is not the answer of a success
   */
  boolean isWhole(ByteBuffer received) throws IOException;
}
