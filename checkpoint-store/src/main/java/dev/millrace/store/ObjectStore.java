package dev.millrace.store;

import java.util.List;
import java.util.Optional;

/**
 * The few operations on an S3 bucket that Millrace needs. Keys are paths with slashes. Every method
 * throws {@link StoreUnavailableException} for a failure that passes, after which the caller may
 * try again, and {@link StoreRefusedException} for one that a person must mend. Thread-safe.
 */
public interface ObjectStore {
  /**
   * An object as it was read.
   *
   * @param etag the version that a conditional put compares with; null if the store gives none
   */
  record StoredObject(byte[] content, String etag) {}

  /** Replaces whatever is there; readers see the old bytes or the new ones, never a mixture. */
  void put(String key, byte[] content, String contentType);

  /**
   * Puts only if the object is still the one that was read.
   *
   * @param expected the etag read before; empty if there was no object
   * @return false if another writer came first; then nothing was changed
   */
  boolean putIfUnchanged(String key, byte[] content, String contentType, Optional<String> expected);

  Optional<StoredObject> get(String key);

  /** All keys that begin with the prefix, in ascending order. */
  List<String> keys(String prefix);

  /** The names directly below a prefix that ends with a slash, without slashes, ascending. */
  List<String> folders(String prefix);

  /** Does nothing if there is no such object. */
  void delete(String key);
}
