package dev.millrace.trainer;

import java.util.Iterator;

/**
 * Waits for records that a stop ends at once. Only waits are interrupted: what is done with a
 * record, such as a last checkpoint, is left to finish. Thread-safe; one thread waits.
 */
final class StoppableWaits {
  private boolean stopping;
  private Thread waiting;

  synchronized void stop() {
    stopping = true;
    if (waiting != null) {
      waiting.interrupt();
    }
  }

  private synchronized boolean begin() {
    waiting = stopping ? null : Thread.currentThread();
    return !stopping;
  }

  private synchronized void end() {
    waiting = null;
    if (stopping) {
      // An interrupt that came with the record must not hit what is done with it.
      Thread.interrupted();
    }
  }

  /**
   * The same elements, up to the stop.
   *
   * @param blocking wraps an interrupt into an unchecked exception, as Mutiny's iterators do
   */
  <T> Iterator<T> untilStopped(Iterator<T> blocking) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        if (!begin()) {
          return false;
        }
        try {
          return blocking.hasNext();
        } catch (RuntimeException e) {
          if (e.getCause() instanceof InterruptedException) {
            return false;
          }
          throw e;
        } finally {
          end();
        }
      }

      @Override
      public T next() {
        return blocking.next();
      }
    };
  }
}
