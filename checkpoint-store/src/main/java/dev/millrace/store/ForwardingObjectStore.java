package dev.millrace.store;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Base class for an object store that wraps every call to another object store. */
public abstract class ForwardingObjectStore implements ObjectStore {
  private final ObjectStore delegate;

  /** Creates a store that forwards to {@code delegate}. */
  protected ForwardingObjectStore(ObjectStore delegate) {
    this.delegate = delegate;
  }

  /**
   * Runs one call to the wrapped store.
   *
   * @param operation {@code PUT}, {@code GET}, {@code LIST} or {@code DELETE}
   * @param key key of the object, or prefix of a listing
   * @param call the call to the wrapped store
   */
  protected abstract <T> T around(String operation, String key, Supplier<T> call);

  @Override
  public final void put(String key, byte[] content, String contentType) {
    around(
        "PUT",
        key,
        () -> {
          delegate.put(key, content, contentType);
          return null;
        });
  }

  @Override
  public final boolean putIfUnchanged(
      String key, byte[] content, String contentType, Optional<String> expected) {
    return around("PUT", key, () -> delegate.putIfUnchanged(key, content, contentType, expected));
  }

  @Override
  public final Optional<StoredObject> get(String key) {
    return around("GET", key, () -> delegate.get(key));
  }

  @Override
  public final List<String> keys(String prefix) {
    return around("LIST", prefix, () -> delegate.keys(prefix));
  }

  @Override
  public final List<String> folders(String prefix) {
    return around("LIST", prefix, () -> delegate.folders(prefix));
  }

  @Override
  public final void delete(String key) {
    around(
        "DELETE",
        key,
        () -> {
          delegate.delete(key);
          return null;
        });
  }
}
