package dev.millrace.inference.http.body;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes that may be held at a time by all together. Thread-safe. */
final class MemoryBudget {
  private final long bytes;
  private final AtomicLong reserved = new AtomicLong();

  MemoryBudget(long bytes) {
    this.bytes = bytes;
  }

  /**
   * @return whether there was room; if not, nothing is reserved
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
