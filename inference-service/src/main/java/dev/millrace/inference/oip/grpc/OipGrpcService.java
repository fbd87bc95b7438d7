package dev.millrace.inference.oip.grpc;

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
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The gRPC service of the Open Inference Protocol. It answers INVALID_ARGUMENT to bytes that are
 * not a message; gRPC itself would answer UNKNOWN, as for a failure of the service.
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
    // Messages are parsed after the interceptor, so that it can handle failures.
    return ServerInterceptors.intercept(
        ServerInterceptors.useMarshalledMessages(methods.bindService(), new Bytes()),
        new MalformedMessages());
  }

  /**
   * The bytes of a message.
   *
   * @param failure why the bytes could not be read; null if they could
   */
  private record Message(byte[] bytes, StatusRuntimeException failure) {}

  private static final class Bytes implements MethodDescriptor.Marshaller<Message> {
    @Override
    public InputStream stream(Message message) {
      if (message.failure != null) {
        throw message.failure; // thrown here, so that the interceptor handles it
      }
      return new ByteArrayInputStream(message.bytes);
    }

    @Override
    public Message parse(InputStream message) {
      try {
        return new Message(message.readAllBytes(), null);
      } catch (StatusRuntimeException e) {
        return new Message(null, e); // decompressed it exceeds the limit
      } catch (IOException e) {
        return new Message(
            null,
            Status.INVALID_ARGUMENT
                .withDescription("not compressed as grpc-encoding says: " + e.getMessage())
                .asRuntimeException());
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
            call.close(status(call.getMethodDescriptor(), e.getStatus()), new Metadata());
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

    private static Status status(MethodDescriptor<?, ?> method, Status failure) {
      return failure.getCode() == Status.Code.RESOURCE_EXHAUSTED
          ? failure
          : Status.INVALID_ARGUMENT.withDescription(
              "the bytes are not a %sRequest: %s"
                  .formatted(method.getBareMethodName(), failure.getDescription()));
    }
  }
}
