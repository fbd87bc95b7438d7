package dev.millrace.inference.health;

import dev.millrace.store.ForwardingObjectStore;
import dev.millrace.store.ObjectStore;
import dev.millrace.waits.Waits;
import java.util.function.Supplier;

/** Reports calls of the object store that do not return as waits. Thread-safe. */
public final class ReportedObjectStore extends ForwardingObjectStore {
  private final Waits waits;
  private final String what;

  /**
   * Wraps a store.
   *
   * @param endpoint the address of the store, for the message
   */
  public ReportedObjectStore(ObjectStore delegate, String endpoint, Waits waits) {
    super(delegate);
    this.waits = waits;
    this.what = "S3 at %s to answer".formatted(endpoint);
  }

  @Override
  protected <T> T around(String operation, String key, Supplier<T> call) {
    try (Waits.Wait wait = waits.begin(what)) {
      return call.get();
    }
  }
}
