package dev.millrace.inference.security;

import dev.millrace.inference.InferenceConfig;
import dev.millrace.inference.http.Problem;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Who may predict, and who may change what is served. */
@Singleton
public final class AccessTokens {
  private static final Logger LOG = Logger.getLogger(AccessTokens.class);
  private static final String SCHEME = "bearer ";

  private final Optional<byte[]> admin;
  private final Optional<byte[]> predict;

  AccessTokens(InferenceConfig config) {
    admin = config.inference().adminToken().map(AccessTokens::digest);
    predict = config.inference().predictToken().map(AccessTokens::digest);
  }

  void start(@Observes StartupEvent event) {
    if (admin.isEmpty()) {
      LOG.info(
          "promote, rollback, pin and unpin are off; set MILLRACE_INFERENCE_ADMIN_TOKEN to a secret"
              + " of at least 16 characters and send it as 'Authorization: Bearer …' to use them");
    }
  }

  /**
   * @param authorization the header's value; null if there is none
   * @return why the request is refused
   */
  Optional<Problem> adminRefusal(String authorization) {
    if (admin.isEmpty()) {
      LOG.warn("a control request was refused: MILLRACE_INFERENCE_ADMIN_TOKEN is not set");
      return Optional.of(
          Problem.of(
              "control-off",
              "Control is off",
              403,
              "this service has no admin token; its operator enables this with"
                  + " MILLRACE_INFERENCE_ADMIN_TOKEN"));
    }
    return refusal(admin.get(), authorization);
  }

  /** As {@link #adminRefusal}; without a token set, all may predict. */
  public Optional<Problem> predictRefusal(String authorization) {
    return predict.flatMap(token -> refusal(token, authorization));
  }

  private static Optional<Problem> refusal(byte[] expected, String authorization) {
    boolean bearer =
        authorization != null && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    if (bearer
        && MessageDigest.isEqual(
            expected, digest(authorization.substring(SCHEME.length()).strip()))) {
      return Optional.empty();
    }
    return Optional.of(
        Problem.of(
            "unauthorized",
            "Unauthorized",
            401,
            bearer
                ? "the bearer token is not the one that this service was given"
                : "send the token as 'Authorization: Bearer …'"));
  }

  /** Of equal length whatever the token's, so that comparing takes equally long. */
  private static byte[] digest(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
