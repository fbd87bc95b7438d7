package dev.millrace.store;

/**
 * Thrown if the object store refuses a request and will refuse it again until an operator changes
 * something: a key, a policy, the bucket, the endpoint, a clock, or the store itself. Retrying does
 * not help.
 */
public final class StoreRefusedException extends StoreException {
  private final boolean bucketMissing;

  /** Creates an exception whose message names the remedy. */
  public StoreRefusedException(String message, Throwable cause) {
    this(message, cause, false);
  }

  StoreRefusedException(String message, Throwable cause, boolean bucketMissing) {
    super(message, cause);
    this.bucketMissing = bucketMissing;
  }

  /** Returns whether the cause is a missing bucket; another process may still create the bucket. */
  public boolean bucketMissing() {
    return bucketMissing;
  }
}
