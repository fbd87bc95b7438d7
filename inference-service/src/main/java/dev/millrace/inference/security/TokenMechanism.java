package dev.millrace.inference.security;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.quarkus.security.credential.TokenCredential;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.security.identity.request.TokenAuthenticationRequest;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.quarkus.vertx.http.runtime.security.HttpCredentialTransport;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.Set;

/**
 * Authenticates HTTP requests by the tokens of the settings. A request with an unknown token is
 * left to other mechanisms; without another one it is anonymous, and endpoints that require a role
 * refuse it.
 */
@Singleton
final class TokenMechanism implements HttpAuthenticationMechanism {
  static final String SCHEME = "Bearer";

  private final AccessTokens tokens;

  TokenMechanism(AccessTokens tokens) {
    this.tokens = tokens;
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      RoutingContext context, IdentityProviderManager manager) {
    Optional<String> token =
        AccessTokens.bearer(context.request().getHeader(HttpHeaderNames.AUTHORIZATION))
            .filter(sent -> !tokens.rolesOf(sent).isEmpty());
    if (token.isEmpty()) {
      return Uni.createFrom().nullItem();
    }
    return manager.authenticate(
        new TokenAuthenticationRequest(new TokenCredential(token.get(), SCHEME)));
  }

  @Override
  public Uni<ChallengeData> getChallenge(RoutingContext context) {
    return Uni.createFrom().item(new ChallengeData(401, HttpHeaderNames.WWW_AUTHENTICATE, SCHEME));
  }

  @Override
  public Set<Class<? extends AuthenticationRequest>> getCredentialTypes() {
    return Set.of(TokenAuthenticationRequest.class);
  }

  @Override
  public Uni<HttpCredentialTransport> getCredentialTransport(RoutingContext context) {
    return Uni.createFrom()
        .item(new HttpCredentialTransport(HttpCredentialTransport.Type.AUTHORIZATION, SCHEME));
  }
}
