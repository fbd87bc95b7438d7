package dev.millrace.benchmarks.load;

import java.io.IOException;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * The throughput and latencies of a load.
 *
 * @param perSecond responses per second
 * @param p50 median latency in milliseconds
 * @param p99 99th percentile of the latency in milliseconds
 */
public record LoadResult(int clients, double perSecond, double p50, double p99) {
  private static final int DIGITS = 3;

  /**
   * Evaluates the responses to requests that begin and end within a time window.
   *
   * @param responses all responses
   * @param warmUpSeconds the time from the first request to the begin of the window
   * @param seconds the length of the window
   * @throws IOException if there is no response
   */
  static LoadResult of(List<Response> responses, int clients, double warmUpSeconds, double seconds)
      throws IOException {
    if (responses.isEmpty()) {
      throw new IOException("no response; check that the server runs");
    }
    long first = responses.stream().mapToLong(Response::startMicros).min().orElseThrow();
    long begin = first + (long) (warmUpSeconds * 1e6);
    long end = begin + (long) (seconds * 1e6);
    Histogram micros = new Histogram(DIGITS);
    responses.stream()
        .filter(response -> response.startMicros() >= begin && response.endMicros() <= end)
        .forEach(response -> micros.recordValue(response.micros()));
    return new LoadResult(
        clients,
        micros.getTotalCount() / seconds,
        micros.getValueAtPercentile(50) / 1e3,
        micros.getValueAtPercentile(99) / 1e3);
  }
}
