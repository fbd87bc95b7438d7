package dev.millrace.inference;

import dev.millrace.store.ForwardingObjectStore;
import dev.millrace.store.ObjectStore;
import dev.millrace.waits.Waits;
import java.util.function.Supplier;

/** Reports calls of the object store that do not return, as waits. Thread-safe. */
final class ReportedObjectStore extends ForwardingObjectStore {
  private final Waits waits;
  private final String what;

  /**
   * @param endpoint where the store is, for the sentence
   */
  ReportedObjectStore(ObjectStore delegate, String endpoint, Waits waits) {
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
