package dev.millrace.inference.http.body;

import java.util.concurrent.atomic.AtomicLong;

/** A limit on the bytes that all requests may hold at a time. Thread-safe. */
final class MemoryBudget {
  private final long bytes;
  private final AtomicLong reserved = new AtomicLong();

  MemoryBudget(long bytes) {
    this.bytes = bytes;
  }

  /**
   * Reserves bytes.
   *
   * @return false if the limit would be exceeded; then nothing is reserved
   */
  boolean reserve(long wanted) {
    if (reserved.addAndGet(wanted) <= bytes) {
      return true;
    }
    reserved.addAndGet(-wanted);
    return false;
  }

  void release(long returned) {
    reserved.addAndGet(-returned);
  }
}
