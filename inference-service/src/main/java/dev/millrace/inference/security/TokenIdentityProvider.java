package dev.millrace.inference.security;

import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.IdentityProvider;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.TokenAuthenticationRequest;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.Set;

/**
 * Turns a token of the settings into an identity with its roles. Leaves other tokens to other
 * providers, such as OIDC's.
 */
@Singleton
final class TokenIdentityProvider implements IdentityProvider<TokenAuthenticationRequest> {
  private final AccessTokens tokens;

  TokenIdentityProvider(AccessTokens tokens) {
    this.tokens = tokens;
  }

  @Override
  public Class<TokenAuthenticationRequest> getRequestType() {
    return TokenAuthenticationRequest.class;
  }

  @Override
  public int priority() {
    return SYSTEM_FIRST;
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      TokenAuthenticationRequest request, AuthenticationRequestContext context) {
    Set<String> roles = tokens.rolesOf(request.getToken().getToken());
    if (roles.isEmpty()) {
      return Uni.createFrom().nullItem();
    }
    String name = roles.contains(Roles.PROMOTE) ? "admin-token" : "predict-token";
    return Uni.createFrom()
        .item(
            QuarkusSecurityIdentity.builder()
                .setPrincipal(new QuarkusPrincipal(name))
                .addRoles(roles)
                .build());
  }
}
