package dev.millrace.ingest.dataset.cifar;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Reads a stream with a time limit for each read, and closes it when the limit has passed. The
 * JDK's HTTP client limits the time to a response's headers, but not the time to read its body.
 */
final class ReadTimeout implements AutoCloseable {
  private final InputStream stream;
  private final Duration timeout;
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "read-timeout");
            thread.setDaemon(true);
            return thread;
          });
  private volatile boolean expired;

  ReadTimeout(InputStream stream, Duration timeout) {
    this.stream = stream;
    this.timeout = timeout;
  }

  /**
   * Reads some bytes.
   *
   * @return how many; -1 at the end
   * @throws IOException if none came in time, or the stream broke
   */
  int read(byte[] buffer) throws IOException {
    ScheduledFuture<?> end =
        watch.schedule(this::expire, timeout.toMillis(), TimeUnit.MILLISECONDS);
    try {
      return stream.read(buffer);
    } catch (IOException e) {
      if (expired) {
        throw new IOException("no data for %d ms".formatted(timeout.toMillis()), e);
      }
      throw e;
    } finally {
      end.cancel(false);
    }
  }

  private void expire() {
    expired = true;
    try {
      stream.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    watch.shutdownNow();
  }
}
