package dev.millrace.inference;

import dev.millrace.inference.oip.ServedModel;
import io.grpc.BindableService;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.GrpcService;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The Open Inference Protocol's gRPC service. Bytes that are no message are the client's fault
 * here; the library would answer UNKNOWN, as if the service had failed.
 */
@GrpcService
final class OipGrpcService implements BindableService {
  private final OipGrpcMethods methods;

  OipGrpcService(
      ServedModel model, @ConfigProperty(name = "quarkus.application.version") String version) {
    methods = new OipGrpcMethods(model, version);
  }

  @Override
  public ServerServiceDefinition bindService() {
    // Parsed behind the interceptor, which can so see that it fails.
    return ServerInterceptors.intercept(
        ServerInterceptors.useMarshalledMessages(methods.bindService(), new Bytes()),
        new MalformedMessages());
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] message) {
      return new ByteArrayInputStream(message);
    }

    @Override
    public byte[] parse(InputStream message) {
      try {
        return message.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static final class MalformedMessages implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
        private boolean refused;

        @Override
        public void onMessage(Q message) {
          try {
            super.onMessage(message);
          } catch (StatusRuntimeException e) {
            refused = true;
            call.close(
                Status.INVALID_ARGUMENT.withDescription(
                    "the bytes are no %s: %s"
                        .formatted(
                            call.getMethodDescriptor().getBareMethodName() + "Request",
                            e.getStatus().getDescription())),
                new Metadata());
          }
        }

        @Override
        public void onHalfClose() {
          if (!refused) {
            super.onHalfClose();
          }
        }
      };
    }
  }
}
