package dev.millrace.trainer.step;

import ai.djl.Device;
import dev.millrace.model.NamedTensors;
import dev.millrace.model.Network;
import dev.millrace.model.TinyImageNet;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.Sha256;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.protocol.stream.Minibatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * Trains the steps FIRST to END, starting from the state in a folder unless FIRST is 0. Saves its
 * state there and prints the SHA-256 of the weights and the number of processors that it can use.
 */
final class TrainingOnCores {
  private static final int IMAGES = 100;
  private static final int SHARDS = 4;

  private TrainingOnCores() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    int first = Integer.parseInt(arguments[1]);
    int end = Integer.parseInt(arguments[2]);
    Network network =
        Network.initialize(new TinyImageNet(), 10, Normalization.CIFAR10, 1, Device.cpu());
    try (TrainingSession session = new TrainingSession(network, 0.9, 5e-4, SHARDS)) {
      if (first > 0) {
        restore(session, folder);
      }
      for (int step = first; step < end; step++) {
        session.train(minibatch(step), 0.01);
      }
      byte[] weights = network.weights();
      Files.write(folder.resolve("weights"), weights);
      Files.write(folder.resolve("optimizer"), session.optimizerState());
      System.out.println(Sha256.hex(weights) + " " + Runtime.getRuntime().availableProcessors());
    }
  }

  private static void restore(TrainingSession session, Path folder) throws IOException {
    Safetensors weights = read(folder.resolve("weights"));
    session
        .network()
        .parameters()
        .forEach(
            (name, value) ->
                NamedTensors.copy(
                    value.getManager().create(weights.tensor(name).floats(), value.getShape()),
                    value));
    session.restoreOptimizer(read(folder.resolve("optimizer")));
  }

  private static Safetensors read(Path file) throws IOException {
    return Safetensors.read(ByteBuffer.wrap(Files.readAllBytes(file)));
  }

  private static Minibatch minibatch(int step) {
    Random random = new Random(step);
    byte[] pixels = new byte[IMAGES * Minibatch.IMAGE_BYTES];
    random.nextBytes(pixels);
    return new Minibatch(ByteBuffer.wrap(pixels), random.longs(IMAGES, 0, 10).toArray());
  }
}
