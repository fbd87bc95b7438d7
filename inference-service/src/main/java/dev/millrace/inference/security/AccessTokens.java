package dev.millrace.inference.security;

import dev.millrace.inference.InferenceConfig;
import dev.millrace.protocol.Sha256;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** The two tokens of the settings and the roles that they grant. */
@Singleton
public final class AccessTokens {
  private static final Logger LOG = Logger.getLogger(AccessTokens.class);
  private static final String SCHEME = "bearer ";

  private final Optional<byte[]> admin;
  private final Optional<byte[]> predict;
  private final boolean oidc;

  @Inject
  AccessTokens(
      InferenceConfig config, @ConfigProperty(name = "quarkus.oidc.tenant-enabled") boolean oidc) {
    this(config.inference().adminToken(), config.inference().predictToken(), oidc);
  }

  AccessTokens(Optional<String> admin, Optional<String> predict, boolean oidc) {
    this.admin = admin.map(AccessTokens::digest);
    this.predict = predict.map(AccessTokens::digest);
    this.oidc = oidc;
  }

  void start(@Observes StartupEvent event) {
    if (!controlIsOn()) {
      LOG.info(
          "promote, rollback, pin and unpin are off; set MILLRACE_INFERENCE_ADMIN_TOKEN to a secret"
              + " of at least 16 characters and send it as 'Authorization: Bearer …' to use them");
    }
  }

  /** Returns whether any token can grant {@link Roles#PROMOTE}: the admin token or one of OIDC. */
  boolean controlIsOn() {
    return admin.isPresent() || oidc;
  }

  /**
   * Returns whether everybody may request predictions, since neither a predict token nor OIDC is
   * set up.
   */
  boolean predictionsAreOpen() {
    return predict.isEmpty() && !oidc;
  }

  /** Returns whether a token is one of the settings, not one of OIDC. */
  boolean isOwn(String token) {
    return !rolesOf(token).isEmpty();
  }

  /**
   * Returns the roles that a token grants; empty for an unknown token. Takes equally long for all
   * tokens.
   */
  Set<String> rolesOf(String token) {
    byte[] digest = digest(token);
    Set<String> roles = new HashSet<>();
    if (admin.isPresent() && MessageDigest.isEqual(admin.get(), digest)) {
      roles.add(Roles.PROMOTE);
      roles.add(Roles.LABEL);
    }
    if (predict.isPresent() && MessageDigest.isEqual(predict.get(), digest)) {
      roles.add(Roles.PREDICT);
    }
    return roles;
  }

  /**
   * Returns the token of an {@code Authorization} header.
   *
   * @param authorization the header's value; null if there is none
   * @return empty if it has no bearer token
   */
  static Optional<String> bearer(String authorization) {
    return Optional.ofNullable(authorization)
        .filter(value -> value.regionMatches(true, 0, SCHEME, 0, SCHEME.length()))
        .map(value -> value.substring(SCHEME.length()).strip());
  }

  /** All digests have the same length, so that a comparison takes equally long for all tokens. */
  private static byte[] digest(String token) {
    return Sha256.create().digest(token.getBytes(StandardCharsets.UTF_8));
  }
}
