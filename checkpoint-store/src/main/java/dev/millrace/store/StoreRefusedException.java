package dev.millrace.store;

/**
 * The object store refuses the request and will refuse it again until a person changes something: a
 * key, a policy, the bucket, the endpoint, a clock, or the store itself. Retrying does not help.
 */
public final class StoreRefusedException extends StoreException {
  private final boolean bucketMissing;

  /** Creates a refusal that names its remedy. */
  public StoreRefusedException(String message, Throwable cause) {
    this(message, cause, false);
  }

  StoreRefusedException(String message, Throwable cause, boolean bucketMissing) {
    super(message, cause);
    this.bucketMissing = bucketMissing;
  }

  /** Returns whether the bucket does not exist; another process may still create it. */
  public boolean bucketMissing() {
    return bucketMissing;
  }
}
