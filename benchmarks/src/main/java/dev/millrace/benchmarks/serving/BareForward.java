package dev.millrace.benchmarks.serving;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import dev.millrace.model.DataParallel;
import dev.millrace.model.Network;
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
 * The forward pass as the inference service runs it and nothing else: the process that {@link
 * BarePasses} asks. Each line of its input is a question, each of its output the answer.
 */
final class BareForward {
  private static final int[] BATCHES = {8, 16, 32, 64};
  private static final int WARM_UP = 200;
  private static final int SINGLES = 1000;
  private static final double SECONDS = 2;

  /** Asks for the median milliseconds of one image. */
  static final String SINGLE = "single";

  /** Asks for the batch size of most images/s, of those that a first measurement tries. */
  static final String BATCH = "batch";

  private BareForward() {}

  /**
   * @param arguments the checkpoint's folder. A question is {@link #SINGLE}, {@link #BATCH}, or for
   *     how many seconds images/s at that batch size are to be measured
   */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    CheckpointManifest manifest =
        Json.read(Files.readAllBytes(folder.resolve("manifest.json")), CheckpointManifest.class);
    byte[] weights = Files.readAllBytes(folder.resolve(manifest.weights().name()));
    try (Network network =
        Network.load(manifest, Safetensors.read(ByteBuffer.wrap(weights)), Device.cpu())) {
      single(network); // so that the first answer is as good as later ones
      int best = best(network);
      var questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String q = questions.readLine(); q != null; q = questions.readLine()) {
        switch (q) {
          case SINGLE -> System.out.println(single(network));
          case BATCH -> System.out.println(best);
          default -> System.out.println(passes(network, best, Double.parseDouble(q)));
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
