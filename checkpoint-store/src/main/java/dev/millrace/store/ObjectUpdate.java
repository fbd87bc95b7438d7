package dev.millrace.store;

import dev.millrace.store.ObjectStore.StoredObject;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;

/**
 * Reads, changes and writes one small object without losing the changes of concurrent writers.
 *
 * <p>The write is conditional on the ETag that was read. Some stores do not support this: a
 * file-based S3 server returns no ETag if extended attributes are missing, for example after {@code
 * cp -r}, and a proxy may alter ETags so that every condition fails. In these cases, the object is
 * read again and written without a condition if its content has not changed; this is logged once.
 * Two writers could collide between that read and the write, but Kafka's consumer group gives each
 * run only one writer.
 */
public final class ObjectUpdate {
  private static final System.Logger LOG = System.getLogger(ObjectUpdate.class.getName());
  private static final String JSON = "application/json";
  private static final int ATTEMPTS = 12;

  /** Number of rejected writes of an unchanged object after which its ETag is no longer used. */
  private static final int MAX_FALSE_CONFLICTS = 3;

  private static final Duration MIN_PAUSE = Duration.ofMillis(20);
  private static final Duration MAX_PAUSE = Duration.ofSeconds(1);

  private final ObjectStore objects;
  private volatile boolean warned;

  public ObjectUpdate(ObjectStore objects) {
    this.objects = objects;
  }

  /**
   * Updates an object.
   *
   * @param change receives the content of the object, empty if it does not exist, and returns the
   *     new content, or empty to leave the object unchanged; called again after a conflict with
   *     another writer
   * @return whether the object was written
   * @throws StoreRefusedException if other writers change the object in every attempt
   */
  public boolean update(String key, UnaryOperator<Optional<byte[]>> change) {
    Optional<StoredObject> current = objects.get(key);
    int falseConflicts = 0;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Optional<byte[]> next = change.apply(current.map(StoredObject::content));
      if (next.isEmpty()) {
        return false;
      }
      boolean noEtag = current.isPresent() && current.get().etag() == null;
      boolean conditional = !noEtag && falseConflicts < MAX_FALSE_CONFLICTS;
      if (conditional) {
        if (objects.putIfUnchanged(key, next.get(), JSON, current.map(StoredObject::etag))) {
          return true;
        }
        pause(attempt);
      }
      Optional<StoredObject> again = objects.get(key);
      boolean same = isSame(current, again);
      if (same && !conditional) {
        warnOnce(key, noEtag);
        objects.put(key, next.get(), JSON);
        return true;
      }
      falseConflicts = same ? falseConflicts + 1 : 0;
      current = again;
    }
    throw new StoreRefusedException(
        "%s was changed by other processes %d times in a row; stop the other writer, perhaps a second trainer with the same MILLRACE_TRAINER_RUN"
            .formatted(key, ATTEMPTS),
        null);
  }

  private static boolean isSame(Optional<StoredObject> a, Optional<StoredObject> b) {
    return a.isPresent() == b.isPresent()
        && (a.isEmpty() || Arrays.equals(a.get().content(), b.get().content()));
  }

  private static void pause(int attempt) {
    long longest = Math.min(MAX_PAUSE.toNanos(), MIN_PAUSE.toNanos() << Math.min(attempt, 20));
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(longest / 2, longest + 1));
  }

  private void warnOnce(String key, boolean noEtag) {
    if (warned) {
      return;
    }
    warned = true;
    LOG.log(
        Level.WARNING,
        "the object store {0} {1}; such objects are compared by their content before they are written",
        noEtag ? "returns no ETag for" : "does not recognise its own ETag of",
        key);
  }
}
