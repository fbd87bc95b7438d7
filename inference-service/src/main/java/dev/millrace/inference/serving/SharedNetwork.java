package dev.millrace.inference.serving;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A network that passes use side by side, closed when it has been replaced and the last of them is
 * done. Thread-safe.
 */
final class SharedNetwork {
  private final ServableNetwork network;

  /** The passes, and whoever serves it. */
  private final AtomicInteger users = new AtomicInteger(1);

  SharedNetwork(ServableNetwork network) {
    this.network = network;
  }

  /** Not to be closed. */
  ServableNetwork network() {
    return network;
  }

  /** For one more who will {@link #release} it; only while it is served, or it may be closed. */
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
