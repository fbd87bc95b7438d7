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

  /**
   * @param failure why they could not be read, if not null
   */
  private record Message(byte[] bytes, StatusRuntimeException failure) {}

  private static final class Bytes implements MethodDescriptor.Marshaller<Message> {
    @Override
    public InputStream stream(Message message) {
      if (message.failure != null) {
        throw message.failure; // only here does the interceptor see it
      }
      return new ByteArrayInputStream(message.bytes);
    }

    @Override
    public Message parse(InputStream message) {
      try {
        return new Message(message.readAllBytes(), null);
      } catch (StatusRuntimeException e) {
        return new Message(null, e); // it inflates to more than the limit
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
              "the bytes are no %sRequest: %s"
                  .formatted(method.getBareMethodName(), failure.getDescription()));
    }
  }
}
