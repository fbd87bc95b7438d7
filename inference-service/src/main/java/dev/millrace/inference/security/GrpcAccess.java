package dev.millrace.inference.security;

import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.quarkus.grpc.GlobalInterceptor;
import io.quarkus.security.credential.TokenCredential;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AnonymousAuthenticationRequest;
import io.quarkus.security.identity.request.TokenAuthenticationRequest;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.Optional;

/**
 * Requires the role {@link Roles#PREDICT} for inferences over gRPC, before their message is read.
 * The token is in the metadata {@code authorization}.
 */
@GlobalInterceptor
@Singleton
final class GrpcAccess implements ServerInterceptor {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final IdentityProviderManager identities;

  GrpcAccess(IdentityProviderManager identities) {
    this.identities = identities;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String method = call.getMethodDescriptor().getFullMethodName();
    if (!method.equals(GRPCInferenceServiceGrpc.getModelInferMethod().getFullMethodName())) {
      return next.startCall(call, headers);
    }
    String authorization = headers.get(AUTHORIZATION);
    DeferredListener<Q> listener = new DeferredListener<>();
    identity(AccessTokens.bearer(authorization))
        .subscribe()
        .with(
            identity -> {
              if (identity.hasRole(Roles.PREDICT)) {
                listener.start(next.startCall(call, headers));
              } else {
                String why = AccessRefusals.unauthorized(authorization).detail();
                call.close(Status.UNAUTHENTICATED.withDescription(why), new Metadata());
              }
            },
            failure ->
                call.close(
                    Status.UNAUTHENTICATED.withDescription("the token could not be verified"),
                    new Metadata()));
    return listener;
  }

  /** A request with an unknown token is anonymous, as over HTTP. */
  private Uni<SecurityIdentity> identity(Optional<String> token) {
    Uni<SecurityIdentity> anonymous =
        identities.authenticate(AnonymousAuthenticationRequest.INSTANCE);
    return token
        .map(
            sent ->
                identities
                    .authenticate(
                        new TokenAuthenticationRequest(
                            new TokenCredential(sent, TokenMechanism.SCHEME)))
                    .onFailure()
                    .recoverWithUni(anonymous))
        .orElse(anonymous);
  }
}
