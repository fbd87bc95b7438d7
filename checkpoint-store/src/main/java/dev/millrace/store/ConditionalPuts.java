package dev.millrace.store;

import dev.millrace.store.ObjectStore.StoredObject;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Checks before a run starts that the store supports the conditional puts that Millrace needs. */
public final class ConditionalPuts {
  private static final String TEXT = "text/plain";
  private static final byte[] CONTENT =
      "Millrace tries conditional puts with this object; it may be deleted.\n"
          .getBytes(StandardCharsets.UTF_8);

  private ConditionalPuts() {}

  /**
   * Writes, tries to overwrite and deletes a test object.
   *
   * @param run the run whose folder contains the test object
   * @throws StoreRefusedException if the store does not support conditional puts or ignores the
   *     condition
   */
  public static void require(ObjectStore objects, String run) {
    String key = "runs/" + run + "/conditional-put";
    // An earlier process may have been killed before it deleted the object.
    objects.delete(key);
    try {
      objects.putIfUnchanged(key, CONTENT, TEXT, Optional.empty());
      refuseIf(objects.putIfUnchanged(key, CONTENT, TEXT, Optional.empty()), "If-None-Match");
      String etag = objects.get(key).map(StoredObject::etag).orElse(null);
      // ObjectUpdate compares contents if the store returns no ETag or does not recognise its own.
      if (etag != null) {
        objects.putIfUnchanged(key, CONTENT, TEXT, Optional.of(etag));
        Optional<String> other = Optional.of("\"00000000000000000000000000000000\"");
        refuseIf(objects.putIfUnchanged(key, CONTENT, TEXT, other), "If-Match");
      }
    } finally {
      objects.delete(key);
    }
  }

  private static void refuseIf(boolean overwritten, String header) {
    if (overwritten) {
      throw new StoreRefusedException(
          "the object store ignores the condition %s of a put, so two trainers could overwrite each other; use a store with conditional puts, such as MinIO or Amazon S3; set MILLRACE_S3_ENDPOINT"
              .formatted(header),
          null);
    }
  }
}
