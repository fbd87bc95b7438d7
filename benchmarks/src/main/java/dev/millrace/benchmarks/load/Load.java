package dev.millrace.benchmarks.load;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** A load of clients that send their next request as soon as a response arrives. */
public final class Load {
  /**
   * Enough clients to fill the largest batch on every core, but no more than the service queues.
   */
  public static final int CLIENTS = Math.min(256, 64 * Runtime.getRuntime().availableProcessors());

  private Load() {}

  /**
   * The result of a load.
   *
   * @param p50 median latency in milliseconds
   * @param p99 99th percentile of the latency in milliseconds
   */
  public record Result(int clients, double perSecond, double p50, double p99) {}

  /** Starts clients. A client ends when the time window of its latencies ends. */
  @FunctionalInterface
  public interface Starter {
    /**
     * Starts a client.
     *
     * @return the latencies in nanoseconds, or the failure
     */
    Future<long[]> start(Latencies latencies) throws IOException;
  }

  /**
   * Runs clients for a time and measures their throughput and latencies.
   *
   * @param warmUpSeconds the time before the measurement begins
   * @throws IOException if a request failed
   */
  public static Result run(int clients, double warmUpSeconds, double seconds, Starter client)
      throws IOException, InterruptedException {
    long begin = System.nanoTime() + (long) (warmUpSeconds * 1e9);
    List<Future<long[]>> running = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      running.add(client.start(new Latencies(begin, begin + (long) (seconds * 1e9))));
    }
    return result(clients, seconds, running);
  }

  private static Result result(int clients, double seconds, List<Future<long[]>> running)
      throws IOException, InterruptedException {
    long[] all = {};
    for (Future<long[]> client : running) {
      long[] more = answered(client);
      int before = all.length;
      all = Arrays.copyOf(all, before + more.length);
      System.arraycopy(more, 0, all, before, more.length);
    }
    if (all.length == 0) {
      throw new IOException("%d clients had no answer in %.0f s".formatted(clients, seconds));
    }
    Arrays.sort(all);
    return new Result(
        clients,
        all.length / seconds,
        all[all.length / 2] / 1e6,
        all[Math.min(all.length - 1, (int) (all.length * .99))] / 1e6);
  }

  /** Sends one request. */
  public static void once(Starter client) throws IOException, InterruptedException {
    long now = System.nanoTime();
    answered(client.start(new Latencies(now, now)));
  }

  private static long[] answered(Future<long[]> client) throws IOException, InterruptedException {
    try {
      return client.get();
    } catch (ExecutionException e) {
      throw new IOException("a request failed: " + e.getCause().getMessage(), e.getCause());
    }
  }
}
