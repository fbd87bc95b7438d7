package dev.millrace.store;

import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** An object store in memory, for tests and experiments without S3. */
public final class InMemoryObjectStore implements ObjectStore {
  private final TreeMap<String, StoredObject> objects = new TreeMap<>();
  private long writes;

  @Override
  public synchronized void put(String key, byte[] content, String contentType) {
    objects.put(key, new StoredObject(content.clone(), "\"" + writes++ + "\""));
  }

  @Override
  public synchronized boolean putIfUnchanged(
      String key, byte[] content, String contentType, Optional<String> expected) {
    if (!get(key).map(StoredObject::etag).equals(expected)) {
      return false;
    }
    put(key, content, contentType);
    return true;
  }

  @Override
  public synchronized Optional<StoredObject> get(String key) {
    return Optional.ofNullable(objects.get(key));
  }

  @Override
  public synchronized List<String> keys(String prefix) {
    return objects.keySet().stream().filter(key -> key.startsWith(prefix)).toList();
  }

  @Override
  public synchronized List<String> folders(String prefix) {
    return keys(prefix).stream()
        .map(key -> key.substring(prefix.length()))
        .filter(rest -> rest.contains("/"))
        .map(rest -> rest.substring(0, rest.indexOf('/')))
        .distinct()
        .toList();
  }

  @Override
  public synchronized void delete(String key) {
    objects.remove(key);
  }
}
