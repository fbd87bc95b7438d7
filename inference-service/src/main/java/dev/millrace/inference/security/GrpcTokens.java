package dev.millrace.inference.security;

import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc;
import dev.millrace.inference.http.Problem;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.inject.Singleton;
import java.util.Optional;

/** Asks predictions for their token, in the metadata {@code authorization}. */
@GlobalInterceptor
@Singleton
final class GrpcTokens implements ServerInterceptor {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final AccessTokens tokens;

  GrpcTokens(AccessTokens tokens) {
    this.tokens = tokens;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String method = call.getMethodDescriptor().getFullMethodName();
    if (!method.equals(GRPCInferenceServiceGrpc.getModelInferMethod().getFullMethodName())) {
      return next.startCall(call, headers);
    }
    Optional<Problem> refusal = tokens.predictRefusal(headers.get(AUTHORIZATION));
    if (refusal.isEmpty()) {
      return next.startCall(call, headers);
    }
    call.close(Status.UNAUTHENTICATED.withDescription(refusal.get().detail()), new Metadata());
    return new ServerCall.Listener<>() {};
  }
}
