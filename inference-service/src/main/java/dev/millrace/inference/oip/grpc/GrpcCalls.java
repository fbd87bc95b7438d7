package dev.millrace.inference.oip.grpc;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Ends gRPC calls with a message or a status, and reads what all requests have. */
final class GrpcCalls {
  private GrpcCalls() {}

  /** Answers with a message, or with the status of its failure. */
  static <T> void answer(StreamObserver<T> observer, Supplier<T> response) {
    T message;
    try {
      message = response.get();
    } catch (RuntimeException e) {
      observer.onError(GrpcStatus.of(e));
      return;
    }
    observer.onNext(message);
    observer.onCompleted();
  }

  /**
   * Answers a call that may be cancelled meanwhile.
   *
   * @param failure null if there is a response
   */
  static <T> void complete(ServerCallStreamObserver<T> call, T response, Throwable failure) {
    if (call.isCancelled()) {
      return;
    }
    if (failure != null) {
      call.onError(GrpcStatus.of(failure));
    } else {
      call.onNext(response);
      call.onCompleted();
    }
  }

  /** Returns the time until the deadline of the current call; empty if it has none. */
  static Optional<Duration> timeLeft() {
    return Optional.ofNullable(Context.current().getDeadline())
        .map((Deadline deadline) -> deadline.timeRemaining(TimeUnit.NANOSECONDS))
        .map(nanos -> Duration.ofNanos(Math.max(0, nanos)));
  }

  /** Returns a field's text; empty if the field is not set. */
  static Optional<String> given(String field) {
    return Optional.of(field).filter(text -> !text.isEmpty());
  }
}
