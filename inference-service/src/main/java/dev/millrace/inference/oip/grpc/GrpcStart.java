package dev.millrace.inference.oip.grpc;

import dev.millrace.inference.InferenceConfig;
import dev.millrace.start.CannotStartException;
import io.quarkus.grpc.runtime.GrpcServerRecorder;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Ends the start if the gRPC server cannot listen, which Quarkus only logs. */
@Singleton
final class GrpcStart {
  private final InferenceConfig.Grpc config;

  GrpcStart(InferenceConfig config) {
    this.config = config.grpc();
  }

  void check(@Observes StartupEvent event) {
    if (GrpcServerRecorder.getVerticleCount() == 0) {
      throw new CannotStartException(
          "port %d of %s, for gRPC, is taken or not this machine's; stop what listens there or set MILLRACE_GRPC_PORT"
              .formatted(config.port(), config.host()));
    }
  }
}
