package dev.millrace.inference.serving;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A reference-counted network. It is closed when it has been replaced and its last pass is done.
 * Thread-safe.
 */
final class SharedNetwork {
  private final ServableNetwork network;

  /** The running passes, plus one while it is served. */
  private final AtomicInteger users = new AtomicInteger(1);

  SharedNetwork(ServableNetwork network) {
    this.network = network;
  }

  /** Returns the network. Callers must not close it. */
  ServableNetwork network() {
    return network;
  }

  /** Adds a reference, which the caller must {@link #release}. Only allowed while it is served. */
  SharedNetwork retain() {
    users.incrementAndGet();
    return this;
  }

  void release() {
    if (users.decrementAndGet() == 0) {
      network.close();
    }
  }
}
