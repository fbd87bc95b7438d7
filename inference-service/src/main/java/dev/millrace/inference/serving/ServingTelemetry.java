package dev.millrace.inference.serving;

import java.time.Duration;

/** What happens in here that operators count. Called from several threads. */
public interface ServingTelemetry {
  /** For callers that count nothing. */
  ServingTelemetry NONE =
      new ServingTelemetry() {
        @Override
        public void batchCompleted(int images, Duration took) {}

        @Override
        public void batchFailed(int images, Throwable failure) {}

        @Override
        public void reloadChanged(ReloadState state) {}

        @Override
        public void reloadFailed(RuntimeException failure) {}

        @Override
        public void storeChanged(StoreStatus status) {}
      };

  /** One forward pass answered this many requests. */
  void batchCompleted(int images, Duration took);

  /** One forward pass threw; its requests were answered with that failure. */
  void batchFailed(int images, Throwable failure);

  /** A checkpoint was found, taken or refused. */
  void reloadChanged(ReloadState state);

  /** Looking for a checkpoint failed in a way that is not foreseen; it will be tried again. */
  void reloadFailed(RuntimeException failure);

  /** The store went away or came back. */
  void storeChanged(StoreStatus status);
}
