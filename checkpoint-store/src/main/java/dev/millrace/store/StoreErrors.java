package dev.millrace.store;

import io.minio.errors.ErrorResponseException;
import io.minio.errors.InvalidResponseException;
import io.minio.errors.MinioException;
import io.minio.errors.ServerException;
import java.io.EOFException;
import java.net.ProtocolException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * Converts failures of S3 requests to exceptions with messages for the operator. {@link S3Remedies}
 * tells which failures are permanent.
 */
final class StoreErrors {
  private static final int PRECONDITION_FAILED = 412;
  private static final Set<String> CONDITION_FAILED =
      Set.of("PreconditionFailed", "ConditionalRequestConflict");
  private static final Pattern STATUS = Pattern.compile("Response code: (\\d{3})");

  private final String where;
  private final String endpoint;

  StoreErrors(String endpoint, String bucket) {
    this.endpoint = endpoint;
    where = "S3 at %s, bucket %s".formatted(endpoint, bucket);
  }

  /**
   * Converts a failure to an exception with a message for the operator.
   *
   * @param what the request, such as {@code get pin.json}
   */
  StoreException toException(String what, Throwable failure) {
    Optional<ErrorResponseException> answer = find(failure, ErrorResponseException.class);
    if (answer.isPresent()) {
      return fromS3(what, answer.get());
    }
    Optional<InvalidResponseException> other = find(failure, InvalidResponseException.class);
    if (other.isPresent()) {
      return fromOtherServer(what, other.get());
    }
    Optional<ServerException> status = find(failure, ServerException.class);
    if (status.isPresent() && S3Remedies.isPermanent(status.get().statusCode())) {
      return refused(what, status.get().getMessage(), S3Remedies.POLICY, failure);
    }
    return fromConnection(what, failure);
  }

  private StoreException fromS3(String what, ErrorResponseException e) {
    String code = String.valueOf(e.errorResponse().code());
    int status = e.response() == null ? 0 : e.response().code();
    String answer = "%s (HTTP %d): %s".formatted(code, status, e.errorResponse().message());
    if (!S3Remedies.isPermanent(code, status)) {
      return unavailable(what, answer + S3Remedies.fullDisk(status), e);
    }
    String remedy = S3Remedies.of(code, status);
    return new StoreRefusedException(
        message(what, answer) + "; " + remedy, e, code.equals("NoSuchBucket"));
  }

  /** Returns whether S3 rejected a conditional put because the object has changed. */
  static boolean isConditionFailed(MinioException e) {
    if (e instanceof ErrorResponseException answer) {
      return CONDITION_FAILED.contains(answer.errorResponse().code())
          || answer.response() != null && answer.response().code() == PRECONDITION_FAILED;
    }
    return e instanceof InvalidResponseException other && status(other) == PRECONDITION_FAILED
        || e instanceof ServerException server && server.statusCode() == PRECONDITION_FAILED;
  }

  private static int status(InvalidResponseException e) {
    Matcher matcher = STATUS.matcher(e.getMessage());
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
  }

  /**
   * Describes a response that is not S3's XML, for example from a proxy in front of the store or
   * from another kind of server.
   */
  private StoreException fromOtherServer(String what, InvalidResponseException e) {
    int status = status(e);
    String answer = shortened(e.getMessage());
    if (!S3Remedies.isPermanent(status)) {
      return unavailable(what, answer + S3Remedies.fullDisk(status), e);
    }
    return refused(
        what,
        answer,
        status == 501 || status == 401 || status == 403
            ? S3Remedies.of(status)
            : "this is not an S3 store, or it expects https; set MILLRACE_S3_ENDPOINT",
        e);
  }

  private StoreException fromConnection(String what, Throwable failure) {
    String reason = shortened(reason(failure));
    if (isUntrusted(failure)) {
      return refused(
          what,
          reason,
          "make this machine trust the store's certificate (SSL_CERT_FILE names a file of certificates), or set MILLRACE_S3_ENDPOINT to the host of the certificate",
          failure);
    }
    if (speaksAnotherProtocol(failure)) {
      String other = endpoint.startsWith("https:") ? "http" : "https";
      return refused(
          what,
          reason,
          "the server does not speak %s; set MILLRACE_S3_ENDPOINT, perhaps to %s://…"
              .formatted(endpoint.startsWith("https:") ? "https" : "http", other),
          failure);
    }
    return unavailable(what, reason + hint(failure), failure);
  }

  /**
   * Returns another possible cause of a failure that looks like an outage; empty if there is none.
   */
  private String hint(Throwable failure) {
    if (find(failure, UnknownHostException.class).isPresent()) {
      // The name may resolve later: a cluster's DNS may start at the same time as the services.
      return "; if the host name is wrong, set MILLRACE_S3_ENDPOINT";
    }
    if (endpoint.startsWith("http:") && find(failure, EOFException.class).isPresent()) {
      return "; if the store expects https, set MILLRACE_S3_ENDPOINT";
    }
    return "";
  }

  private static boolean isUntrusted(Throwable failure) {
    return find(failure, CertificateException.class).isPresent()
        || find(failure, SSLPeerUnverifiedException.class).isPresent()
        || find(failure, SSLHandshakeException.class).isPresent()
            && find(failure, EOFException.class).isEmpty()
            && find(failure, SocketException.class).isEmpty();
  }

  private static boolean speaksAnotherProtocol(Throwable failure) {
    return find(failure, SSLException.class)
            .filter(e -> String.valueOf(e.getMessage()).contains("Unsupported or unrecognized"))
            .isPresent()
        || find(failure, ProtocolException.class)
            .filter(e -> String.valueOf(e.getMessage()).contains("Unexpected status line"))
            .isPresent();
  }

  private StoreException unavailable(String what, String reason, Throwable cause) {
    return new StoreUnavailableException(message(what, reason), cause);
  }

  private StoreException refused(String what, String reason, String remedy, Throwable cause) {
    return new StoreRefusedException(message(what, reason) + "; " + remedy, cause);
  }

  /**
   * Describes a request that the client refuses to send, such as one with an invalid bucket name.
   */
  StoreException invalid(String what, IllegalArgumentException e) {
    return refused(what, e.getMessage(), S3Remedies.CHECK_SETTINGS, e);
  }

  private String message(String what, String reason) {
    return "%s: cannot %s: %s".formatted(where, what, reason);
  }

  private static String reason(Throwable failure) {
    Throwable reason = failure.getCause() == null ? failure : failure.getCause();
    return reason.toString();
  }

  /** Returns a shortened text on one line, without control characters. */
  private static String shortened(String text) {
    String line = text.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
    return line.length() <= 300 ? line : line.substring(0, 300) + "…";
  }

  private static <T extends Throwable> Optional<T> find(Throwable failure, Class<T> type) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return Optional.of(type.cast(cause));
      }
    }
    return Optional.empty();
  }
}
