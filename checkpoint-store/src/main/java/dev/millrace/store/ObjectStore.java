package dev.millrace.store;

import java.util.List;
import java.util.Optional;

/**
 * The operations on an S3 bucket that Millrace needs. Keys are paths separated by slashes. Every
 * method throws {@link StoreUnavailableException} for a transient failure, after which the caller
 * may retry, and {@link StoreRefusedException} for a failure that an operator must fix.
 * Implementations are thread-safe.
 */
public interface ObjectStore {
  /**
   * An object as it was read.
   *
   * @param content the whole object
   * @param etag the version that a conditional put compares with; null if the store provides none
   */
  record StoredObject(byte[] content, String etag) {}

  /**
   * Writes an object and replaces an existing one. Readers see either the old or the new bytes,
   * never a mixture.
   */
  void put(String key, byte[] content, String contentType);

  /**
   * Writes an object only if it has not changed since it was read.
   *
   * @param expected the ETag that was read; empty if there was no object
   * @return false if another writer changed the object first; the object is not written then
   */
  boolean putIfUnchanged(String key, byte[] content, String contentType, Optional<String> expected);

  Optional<StoredObject> get(String key);

  /** Returns all keys that begin with the prefix, in ascending order. */
  List<String> keys(String prefix);

  /**
   * Returns the names directly below a prefix that ends with a slash, without slashes, in ascending
   * order.
   */
  List<String> folders(String prefix);

  /** Deletes an object; does nothing if it does not exist. */
  void delete(String key);
}
