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
 * A step of a network that is thrown away, on another thread, while the stream's first records are
 * on their way: when they come, its code is compiled, and the engine has its memory.
 */
public final class WarmUp implements AutoCloseable {
  private static final int CLASSES = 10;
  private static final int IMAGES = 32;

  private final CompletableFuture<Void> step;

  /** Begins it. */
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
            network, settings.momentum(), settings.weightDecay(), settings.recipe().shards())) {
      session.train(new Minibatch(images, new long[IMAGES]), settings.learningRate());
    }
  }

  /** Waits for its end, and throws what it failed with, as the first step would. */
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
