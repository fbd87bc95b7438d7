package dev.millrace.benchmarks;

import java.io.IOException;

/** One client's connection, which asks the same again and again. One thread uses it. */
interface Exchange extends AutoCloseable {
  /**
   * Asks and waits for the answer.
   *
   * @throws IOException if it is not the answer of a success
   */
  void run() throws IOException;

  @Override
  void close() throws IOException;

  /** Opens a client's connection. */
  interface Opener {
    Exchange open() throws IOException;
  }
}
