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
 * Reads a stream whose source may fall silent: closes it then, which ends the read. (The JDK's HTTP
 * client has a time limit for a response's headers, but none for its body.)
 */
final class ReadTimeout implements AutoCloseable {
  private final InputStream stream;
  private final Duration patience;
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "read-timeout");
            thread.setDaemon(true);
            return thread;
          });
  private volatile boolean expired;

  ReadTimeout(InputStream stream, Duration patience) {
    this.stream = stream;
    this.patience = patience;
  }

  /**
   * @return how many bytes; -1 at the end
   * @throws IOException if none came in time, or the stream broke
   */
  int read(byte[] buffer) throws IOException {
    ScheduledFuture<?> end =
        watch.schedule(this::expire, patience.toMillis(), TimeUnit.MILLISECONDS);
    try {
      return stream.read(buffer);
    } catch (IOException e) {
      if (expired) {
        throw new IOException("nothing came for %d ms".formatted(patience.toMillis()), e);
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
