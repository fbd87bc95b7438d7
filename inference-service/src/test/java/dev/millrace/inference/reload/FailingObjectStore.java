package dev.millrace.inference.reload;

import dev.millrace.store.InMemoryObjectStore;
import dev.millrace.store.ObjectStore;
import dev.millrace.store.StoreRefusedException;
import dev.millrace.store.StoreUnavailableException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** A store in memory that counts reads and can be away for some keys. */
public final class FailingObjectStore implements ObjectStore {
  private final InMemoryObjectStore objects = new InMemoryObjectStore();
  private final Map<String, Integer> reads = new ConcurrentHashMap<>();
  private volatile String failing;
  private volatile String refused;

  /** From now on reading keys that contain this fails; null for none. */
  public void failAt(String part) {
    failing = part;
  }

  /** From now on reading keys that contain this is refused; null for none. */
  public void refuseAt(String part) {
    refused = part;
  }

  int reads(String key) {
    return reads.getOrDefault(key, 0);
  }

  private void check(String key) {
    String forbidden = refused;
    if (forbidden != null && key.contains(forbidden)) {
      throw new StoreRefusedException("AccessDenied", new IOException("403"));
    }
    String part = failing;
    if (part != null && key.contains(part)) {
      throw new StoreUnavailableException("the store is away", new IOException("refused"));
    }
  }

  @Override
  public void put(String key, byte[] content, String contentType) {
    objects.put(key, content, contentType);
  }

  @Override
  public boolean putIfUnchanged(
      String key, byte[] content, String contentType, Optional<String> expected) {
    return objects.putIfUnchanged(key, content, contentType, expected);
  }

  @Override
  public Optional<StoredObject> get(String key) {
    check(key);
    reads.merge(key, 1, Integer::sum);
    return objects.get(key);
  }

  @Override
  public List<String> keys(String prefix) {
    check(prefix);
    return objects.keys(prefix);
  }

  @Override
  public List<String> folders(String prefix) {
    check(prefix);
    return objects.folders(prefix);
  }

  @Override
  public void delete(String key) {
    objects.delete(key);
  }
}
