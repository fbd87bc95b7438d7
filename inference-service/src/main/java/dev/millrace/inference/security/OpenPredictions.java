package dev.millrace.inference.security;

import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.SecurityIdentityAugmentor;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;

/** Gives everybody the role {@link Roles#PREDICT} while neither a predict token nor OIDC is set. */
@Singleton
final class OpenPredictions implements SecurityIdentityAugmentor {
  private final AccessTokens tokens;

  OpenPredictions(AccessTokens tokens) {
    this.tokens = tokens;
  }

  @Override
  public Uni<SecurityIdentity> augment(
      SecurityIdentity identity, AuthenticationRequestContext context) {
    return Uni.createFrom().item(tokens.predictionsAreOpen() ? withPredict(identity) : identity);
  }

  private static SecurityIdentity withPredict(SecurityIdentity identity) {
    return QuarkusSecurityIdentity.builder(identity)
        .setAnonymous(identity.isAnonymous())
        .addRole(Roles.PREDICT)
        .build();
  }
}
