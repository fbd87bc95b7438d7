package dev.millrace.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Clients that ask without a pause. */
final class Load {
  private Load() {}

  /**
   * @param p50 milliseconds
   * @param p99 milliseconds
   */
  record Result(int clients, double perSecond, double p50, double p99) {}

  /**
   * Each client on a thread and a connection of its own.
   *
   * @param warmUpSeconds in which nothing is measured
   * @throws IOException if a request failed
   */
  static Result run(int clients, double warmUpSeconds, double seconds, Exchange.Opener opener)
      throws IOException, InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try {
      return run(
          clients,
          warmUpSeconds,
          seconds,
          latencies -> threads.submit(() -> ask(opener, latencies)));
    } finally {
      threads.shutdownNow();
      threads.awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  /**
   * The same with clients that have no threads.
   *
   * @param client starts one, which ends when its latencies take no more
   */
  static Result run(
      int clients, double warmUpSeconds, double seconds, Function<Latencies, Future<long[]>> client)
      throws IOException, InterruptedException {
    long begin = System.nanoTime() + (long) (warmUpSeconds * 1e9);
    List<Future<long[]>> running = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      running.add(client.apply(new Latencies(begin, begin + (long) (seconds * 1e9))));
    }
    return result(clients, seconds, running);
  }

  private static long[] ask(Exchange.Opener opener, Latencies latencies) throws IOException {
    try (Exchange exchange = opener.open()) {
      long asked;
      do {
        asked = System.nanoTime();
        exchange.run();
      } while (latencies.add(asked, System.nanoTime()));
    }
    return latencies.toArray();
  }

  private static Result result(int clients, double seconds, List<Future<long[]>> running)
      throws IOException, InterruptedException {
    long[] all = {};
    for (Future<long[]> client : running) {
      try {
        long[] more = client.get();
        int before = all.length;
        all = Arrays.copyOf(all, before + more.length);
        System.arraycopy(more, 0, all, before, more.length);
      } catch (ExecutionException e) {
        throw new IOException("a request failed: " + e.getCause().getMessage(), e.getCause());
      }
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
}
