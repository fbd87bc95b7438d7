package dev.millrace.inference.serving;

import dev.millrace.inference.serving.NotServingException.Kind;
import dev.millrace.protocol.Minibatch;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Answers classifications from one thread that owns the tensors. Requests that wait are answered
 * together, up to {@value #MAX_BATCH} in one forward pass; a new network takes over between two
 * passes, so that every answer comes from exactly the checkpoint it names and none is dropped.
 *
 * <p>Thread-safe.
 */
public final class Classifier implements AutoCloseable {
  static final int MAX_BATCH = 64;
  static final int MAX_WAITING = 256;

  private record Request(byte[] pixels, CompletableFuture<Classification> answer) {}

  private record Replacement(ServableNetwork network, CompletableFuture<Void> done) {}

  /** What the worker does next: first exchange, if there is something to exchange, then run. */
  private record Turn(Replacement replacement, List<Request> batch) {}

  private final ServingTelemetry telemetry;
  private final Thread worker = new Thread(this::run, "classifier");

  // Guarded by this.
  private final Deque<Request> waiting = new ArrayDeque<>();
  private final Deque<Replacement> replacements = new ArrayDeque<>();
  private boolean serving;
  private boolean closed;

  // The worker's own.
  private ServableNetwork network;

  public Classifier(ServingTelemetry telemetry) {
    this.telemetry = telemetry;
    worker.start();
  }

  /**
   * @param pixels 3 × 32 × 32 bytes, RGB planes; not to be changed until answered
   * @return the answer; or a {@link NotServingException} if the request was not accepted, or the
   *     failure of the forward pass
   */
  public CompletionStage<Classification> classify(byte[] pixels) {
    if (pixels.length != Minibatch.IMAGE_BYTES) {
      throw new IllegalArgumentException(
          "an image has %d bytes, not %d".formatted(Minibatch.IMAGE_BYTES, pixels.length));
    }
    synchronized (this) {
      if (closed) {
        return refused(Kind.CLOSED, "the service is stopping");
      }
      if (!serving) {
        return refused(Kind.NO_MODEL, "no checkpoint is being served yet");
      }
      if (waiting.size() >= MAX_WAITING) {
        return refused(Kind.QUEUE_FULL, MAX_WAITING + " requests are waiting already");
      }
      Request request = new Request(pixels, new CompletableFuture<>());
      waiting.add(request);
      notifyAll();
      return request.answer;
    }
  }

  private static CompletionStage<Classification> refused(Kind kind, String why) {
    return CompletableFuture.failedFuture(new NotServingException(kind, why));
  }

  /**
   * Hands over a network, which is this classifier's to close from now on, accepted or not.
   *
   * @return completed when all that is classified from then on is classified by it
   */
  CompletionStage<Void> replace(ServableNetwork next) {
    synchronized (this) {
      if (!closed) {
        Replacement replacement = new Replacement(next, new CompletableFuture<>());
        replacements.add(replacement);
        notifyAll();
        return replacement.done;
      }
    }
    next.close();
    return CompletableFuture.failedFuture(
        new NotServingException(Kind.CLOSED, "the service is stopping"));
  }

  /** Whether the thread that answers is there. */
  public boolean isAlive() {
    return worker.isAlive();
  }

  /** Answers what was accepted, then frees the network. Returns when that is done. */
  @Override
  public void close() throws InterruptedException {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    worker.join();
  }

  private void run() {
    try {
      for (Turn turn = next(); turn != null; turn = next()) {
        if (turn.replacement != null) {
          exchange(turn.replacement);
        }
        if (!turn.batch.isEmpty()) {
          answer(turn.batch);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (network != null) {
        network.close();
      }
    }
  }

  /** Waits for work; null when closed and all is done. */
  private synchronized Turn next() throws InterruptedException {
    while (waiting.isEmpty() && replacements.isEmpty()) {
      if (closed) {
        return null;
      }
      wait();
    }
    List<Request> batch = new ArrayList<>();
    while (batch.size() < MAX_BATCH && !waiting.isEmpty()) {
      batch.add(waiting.poll());
    }
    return new Turn(replacements.poll(), batch);
  }

  private void exchange(Replacement replacement) {
    ServableNetwork old = network;
    network = replacement.network;
    synchronized (this) {
      serving = true;
    }
    replacement.done.complete(null);
    if (old != null) {
      old.close();
    }
  }

  private void answer(List<Request> batch) {
    long begin = System.nanoTime();
    try {
      ByteBuffer images = ByteBuffer.allocateDirect(batch.size() * Minibatch.IMAGE_BYTES);
      batch.forEach(request -> images.put(request.pixels));
      float[][] logits = network.logits(images.flip(), batch.size());
      telemetry.batchCompleted(batch.size(), Duration.ofNanos(System.nanoTime() - begin));
      for (int i = 0; i < batch.size(); i++) {
        batch.get(i).answer.complete(Classification.of(network.checkpoint(), logits[i]));
      }
    } catch (Throwable failure) {
      // Whatever it is, an Error of the engine included, it is these requests' answer.
      telemetry.batchFailed(batch.size(), failure);
      batch.forEach(request -> request.answer.completeExceptionally(failure));
    }
  }
}
