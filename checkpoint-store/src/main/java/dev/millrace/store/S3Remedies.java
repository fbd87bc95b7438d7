package dev.millrace.store;

import java.util.Map;
import java.util.Set;

/**
 * Classifies error responses of S3 as transient or permanent and names the remedy for permanent
 * ones.
 */
final class S3Remedies {
  private static final int NOT_IMPLEMENTED = 501;
  private static final int INSUFFICIENT_STORAGE = 507;
  private static final String KEYS =
      "set MILLRACE_S3_ACCESS_KEY and MILLRACE_S3_SECRET_KEY to a key of this store";
  static final String POLICY =
      "allow this key to read, write, list and delete in the bucket, or set another MILLRACE_S3_ACCESS_KEY";
  static final String CHECK_SETTINGS = "check MILLRACE_S3_ENDPOINT and MILLRACE_S3_BUCKET";
  private static final String REGION =
      "set MILLRACE_S3_ENDPOINT to the endpoint of the bucket's region";
  private static final String OTHER_BUCKET = "set MILLRACE_S3_BUCKET to the name of a bucket";

  private static final Map<String, String> REMEDIES =
      Map.ofEntries(
          Map.entry("SignatureDoesNotMatch", KEYS),
          Map.entry("InvalidAccessKeyId", KEYS),
          Map.entry("InvalidToken", KEYS),
          Map.entry("ExpiredToken", KEYS),
          Map.entry("AccessDenied", POLICY),
          Map.entry("RequestTimeTooSkewed", "set the clock of this machine or of the store"),
          Map.entry("NoSuchBucket", "create the bucket, or " + OTHER_BUCKET),
          Map.entry("InvalidBucketName", OTHER_BUCKET),
          Map.entry("AuthorizationHeaderMalformed", REGION),
          Map.entry("PermanentRedirect", REGION),
          Map.entry("IllegalLocationConstraintException", REGION));

  /**
   * Codes of client errors that are transient: the same request may succeed when it is sent again.
   */
  private static final Set<String> TRANSIENT_CODES =
      Set.of(
          "RequestTimeout",
          "IncompleteBody",
          "BadDigest",
          "XAmzContentSHA256Mismatch",
          "SlowDown",
          "OperationAborted",
          "ConditionalRequestConflict",
          "TemporaryRedirect",
          "Redirect");

  private static final Set<Integer> TRANSIENT_STATUS = Set.of(307, 408, 409, 425, 429, 499);

  private S3Remedies() {}

  /** Returns whether a response with this status, and without an S3 error code, is permanent. */
  static boolean isPermanent(int status) {
    return status == NOT_IMPLEMENTED
        || status >= 300 && status < 500 && !TRANSIENT_STATUS.contains(status);
  }

  /** Returns whether a response is permanent: the same request would fail again. */
  static boolean isPermanent(String code, int status) {
    return !TRANSIENT_CODES.contains(code) && (REMEDIES.containsKey(code) || isPermanent(status));
  }

  /** Returns the remedy for a permanent response. */
  static String of(String code, int status) {
    return REMEDIES.getOrDefault(code, of(status));
  }

  /** Returns the remedy for a permanent response without an S3 error code. */
  static String of(int status) {
    return switch (status) {
      case 401, 403 -> POLICY;
      case 301, 308 -> REGION;
      case 405, NOT_IMPLEMENTED ->
          "use a store that supports this operation, such as MinIO or Amazon S3; set MILLRACE_S3_ENDPOINT";
      default -> CHECK_SETTINGS;
    };
  }

  /** Returns an addition to the message of a transient failure; empty if there is none. */
  static String fullDisk(int status) {
    return status == INSUFFICIENT_STORAGE ? "; the store's disk is full; free some space" : "";
  }
}
