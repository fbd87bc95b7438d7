package dev.millrace.benchmarks.serving;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import dev.millrace.model.DataParallel;
import dev.millrace.model.Network;
import dev.millrace.model.cpu.Shards;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.protocol.stream.Minibatch;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * Runs the inference service's forward pass and nothing else, in a process that {@link BarePasses}
 * controls. Each line of standard input is a request, and each line of standard output is its
 * response.
 */
final class BareForward {
  private static final int[] BATCHES = {8, 16, 32, 64};
  private static final int WARM_UP = 200;
  private static final int SINGLES = 1000;
  private static final double SECONDS = 2;

  /** Requests the median time of one image, in milliseconds. */
  static final String SINGLE = "single";

  /** Requests the batch size with the highest throughput in a first measurement. */
  static final String BATCH = "batch";

  private BareForward() {}

  /**
   * Responds to the requests on standard input.
   *
   * @param arguments the checkpoint's folder. A request is {@link #SINGLE}, {@link #BATCH}, or the
   *     number of seconds for which to measure images/s at that batch size
   */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    CheckpointManifest manifest =
        Json.read(Files.readAllBytes(folder.resolve("manifest.json")), CheckpointManifest.class);
    byte[] weights = Files.readAllBytes(folder.resolve(manifest.weights().name()));
    try (Network network =
        Network.load(manifest, Safetensors.read(ByteBuffer.wrap(weights)), Device.cpu())) {
      single(network); // warms up, so that the first measurement is as good as later ones
      int best = best(network);
      var requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String request = requests.readLine(); request != null; request = requests.readLine()) {
        switch (request) {
          case SINGLE -> System.out.println(single(network));
          case BATCH -> System.out.println(best);
          default -> System.out.println(passes(network, best, Double.parseDouble(request)));
        }
        System.out.flush();
      }
    }
  }

  private static int best(Network network) {
    double most = 0;
    int best = 0;
    for (int batch : BATCHES) {
      passes(network, batch, 2 * SECONDS);
      double perSecond = passes(network, batch, SECONDS);
      if (perSecond > most) {
        most = perSecond;
        best = batch;
      }
    }
    return best;
  }

  private static double single(Network network) {
    ByteBuffer image = images(1);
    double[] millis = new double[SINGLES];
    for (int i = -WARM_UP; i < SINGLES; i++) {
      long begin = System.nanoTime();
      DataParallel.logits(network, image.rewind(), DataType.UINT8, 1);
      if (i >= 0) {
        millis[i] = (System.nanoTime() - begin) / 1e6;
      }
    }
    Arrays.sort(millis);
    return millis[SINGLES / 2];
  }

  /** Runs concurrent passes on all cores, as the service does. Returns images per second. */
  private static double passes(Network network, int batch, double seconds) {
    ForkJoinPool cores = new ForkJoinPool(Shards.CORES);
    LongAdder count = new LongAdder();
    long begin = System.nanoTime();
    Runnable core =
        () -> {
          ByteBuffer images = images(batch);
          while (System.nanoTime() - begin < seconds * 1e9) {
            DataParallel.logits(network, images.rewind(), DataType.UINT8, batch, 1);
            count.add(batch);
          }
        };
    List<ForkJoinTask<?>> all =
        Stream.<ForkJoinTask<?>>generate(() -> cores.submit(core)).limit(Shards.CORES).toList();
    all.forEach(ForkJoinTask::join);
    cores.shutdown();
    return count.sum() / ((System.nanoTime() - begin) / 1e9);
  }

  private static ByteBuffer images(int count) {
    byte[] pixels = new byte[count * Minibatch.IMAGE_BYTES];
    new Random(0).nextBytes(pixels);
    return ByteBuffer.allocateDirect(pixels.length).put(pixels);
  }
}
