package dev.millrace.trainer.loop;

import dev.millrace.model.Architecture;
import dev.millrace.model.Network;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.trainer.step.ComputeDevice;
import dev.millrace.trainer.step.TrainingSession;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Trains one step of a throwaway network on another thread while the first records of the stream
 * are being fetched. When they arrive, the code is compiled and the engine has allocated its
 * memory.
 */
public final class WarmUp implements AutoCloseable {
  private static final int CLASSES = 10;
  private static final int IMAGES = 32;

  private final CompletableFuture<Void> step;

  /** Begins the step. */
  public WarmUp(TrainerSettings settings, ComputeDevice device) {
    step = CompletableFuture.runAsync(() -> step(settings, device));
  }

  private static void step(TrainerSettings settings, ComputeDevice device) {
    Network network =
        Network.initialize(
            Architecture.named(settings.architecture()),
            CLASSES,
            Normalization.CIFAR10,
            settings.seed(),
            device.device());
    ByteBuffer images = ByteBuffer.allocate(IMAGES * Minibatch.IMAGE_BYTES);
    try (TrainingSession session =
        new TrainingSession(
            network,
            settings.sgd().momentum(),
            settings.sgd().weightDecay(),
            settings.recipe().shards())) {
      session.train(new Minibatch(images, new long[IMAGES]), settings.sgd().learningRate());
    }
  }

  /** Waits for the end of the step. If the step failed, throws its exception. */
  @Override
  public void close() {
    try {
      step.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) e.getCause(); // a Runnable throws nothing else
    }
  }
}
