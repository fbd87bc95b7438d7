package dev.millrace.benchmarks.load;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** Clients that ask without a pause. */
public final class Load {
  /**
   * As many as fill every core's pass with the largest batch, but no more than may wait at once.
   */
  public static final int CLIENTS = Math.min(256, 64 * Runtime.getRuntime().availableProcessors());

  private Load() {}

  /**
   * @param p50 milliseconds
   * @param p99 milliseconds
   */
  public record Result(int clients, double perSecond, double p50, double p99) {}

  /** Starts a client, which ends when its latencies take no more. */
  @FunctionalInterface
  public interface Starter {
    /**
     * @return latencies in nanoseconds, or why there was no answer
     */
    Future<long[]> start(Latencies latencies) throws IOException;
  }

  /**
   * @param warmUpSeconds in which nothing is measured
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

  /** Asks once. */
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
