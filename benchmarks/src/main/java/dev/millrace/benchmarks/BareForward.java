package dev.millrace.benchmarks;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import dev.millrace.model.CheckpointManifest;
import dev.millrace.model.DataParallel;
import dev.millrace.model.Network;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.Minibatch;
import dev.millrace.protocol.Safetensors;
import java.io.IOException;
import java.nio.ByteBuffer;
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
 * The forward pass as the inference service runs it and nothing else, in a JVM like its: prints the
 * median milliseconds of one image, images/s at the best batch size, and that size.
 */
final class BareForward {
  private static final int[] BATCHES = {8, 16, 32, 64};
  private static final int WARM_UP = 200;
  private static final int SINGLES = 1000;
  private static final double SECONDS = 2;

  private BareForward() {}

  /**
   * @param arguments the checkpoint's folder
   */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    CheckpointManifest manifest =
        Json.read(Files.readAllBytes(folder.resolve("manifest.json")), CheckpointManifest.class);
    byte[] weights = Files.readAllBytes(folder.resolve(manifest.weights().name()));
    try (Network network =
        Network.load(manifest, Safetensors.read(ByteBuffer.wrap(weights)), Device.cpu())) {
      double single = single(network);
      // The best of noisy measurements is too good: what it was best at is measured anew.
      int best = best(network);
      System.out.printf("%.4f %.1f %d%n", single, perSecond(network, best), best);
    }
  }

  private static int best(Network network) {
    double most = 0;
    int best = 0;
    for (int batch : BATCHES) {
      double perSecond = perSecond(network, batch);
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

  private static double perSecond(Network network, int batch) {
    passes(network, batch, 2 * SECONDS);
    return passes(network, batch, SECONDS);
  }

  /** Passes side by side on all cores, as the service's are. Images a second. */
  private static double passes(Network network, int batch, double seconds) {
    ForkJoinPool cores = new ForkJoinPool(DataParallel.CORES);
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
        Stream.<ForkJoinTask<?>>generate(() -> cores.submit(core))
            .limit(DataParallel.CORES)
            .toList();
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
