package dev.millrace.store;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** An object store that does something around every call of another one. */
public abstract class ForwardingObjectStore implements ObjectStore {
  private final ObjectStore delegate;

  /** Forwards to another store. */
  protected ForwardingObjectStore(ObjectStore delegate) {
    this.delegate = delegate;
  }

  /**
   * Makes a call.
   *
   * @param operation {@code PUT}, {@code GET}, {@code LIST} or {@code DELETE}
   * @param key of the object, or the prefix of a listing
   * @param call the call of the other store
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
