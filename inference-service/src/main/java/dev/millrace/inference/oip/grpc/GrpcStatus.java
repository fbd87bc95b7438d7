package dev.millrace.inference.oip.grpc;

import dev.millrace.inference.oip.InvalidRequestException;
import dev.millrace.inference.oip.UnknownModelException;
import dev.millrace.inference.oip.UnsupportedRequestException;
import dev.millrace.inference.serving.RequestRejectedException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/** Maps every failure of a call to a gRPC status. */
final class GrpcStatus {
  private static final Logger LOG = Logger.getLogger(GrpcStatus.class);

  private GrpcStatus() {}

  static StatusRuntimeException of(Throwable thrown) {
    Throwable failure =
        thrown instanceof CompletionException && thrown.getCause() != null
            ? thrown.getCause()
            : thrown;
    return status(failure).asRuntimeException();
  }

  private static Status status(Throwable failure) {
    if (failure instanceof InvalidRequestException) {
      return Status.INVALID_ARGUMENT.withDescription(failure.getMessage());
    }
    if (failure instanceof UnknownModelException) {
      return Status.NOT_FOUND.withDescription(failure.getMessage());
    }
    if (failure instanceof UnsupportedRequestException) {
      return Status.UNIMPLEMENTED.withDescription(failure.getMessage());
    }
    if (failure instanceof RequestRejectedException refused) {
      return status(refused.kind()).withDescription(failure.getMessage());
    }
    if (failure instanceof TimeoutException) {
      return Status.DEADLINE_EXCEEDED.withDescription("the request's deadline passed");
    }
    if (failure instanceof CancellationException) {
      return Status.CANCELLED;
    }
    LOG.error("a call failed", failure);
    return Status.INTERNAL.withDescription("internal error; the log of the service has the cause");
  }

  private static Status status(RequestRejectedException.Kind kind) {
    return switch (kind) {
      case NO_MODEL, CLOSED -> Status.UNAVAILABLE;
      case OTHER_CHECKPOINT -> Status.NOT_FOUND;
      case QUEUE_FULL -> Status.RESOURCE_EXHAUSTED;
    };
  }
}
