package dev.millrace.inference.serving;

import dev.millrace.inference.serving.Images.PixelType;
import dev.millrace.inference.serving.NotServingException.Kind;
import dev.millrace.inference.serving.RequestQueue.Waiting;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;

/**
 * Answers classifications from one thread that owns the network. Requests that wait are answered
 * together in one forward pass; a new network takes over between two passes, so that every answer
 * comes from exactly the checkpoint it names and none is dropped.
 *
 * <p>Thread-safe.
 */
public final class Classifier implements AutoCloseable {
  private record Replacement(ServableNetwork network, CompletableFuture<Void> done) {}

  /** What the worker does next: first exchange, if there is something to exchange, then run. */
  private record Turn(Replacement replacement, List<Waiting> batch) {}

  private final BatchLimits limits;
  private final ServingTelemetry telemetry;
  private final Thread worker = new Thread(this::run, "classifier");

  // The queue's lock guards these too.
  private final RequestQueue queue;
  private final Deque<Replacement> replacements = new ArrayDeque<>();
  private boolean closed;

  private volatile boolean serving;

  // The worker's own.
  private final ByteBuffer pixels;
  private ServableNetwork network;

  public Classifier(BatchLimits limits, ServingTelemetry telemetry) {
    this.limits = limits;
    this.telemetry = telemetry;
    queue = new RequestQueue(limits, telemetry);
    pixels =
        ByteBuffer.allocateDirect(limits.maxBatchImages() * PixelType.FLOAT32.imageBytes())
            .order(ByteOrder.nativeOrder());
    worker.start();
  }

  /** Images that wait for their forward pass now. */
  public int waitingImages() {
    return queue.images();
  }

  /** Images that one request may have. */
  public int maxImages() {
    return limits.maxBatchImages();
  }

  /**
   * Cancelling the answer takes the request out of the queue.
   *
   * @return one classification an image, all by one checkpoint; or a {@link NotServingException} if
   *     the request was not accepted, a {@link java.util.concurrent.TimeoutException} if its time
   *     was up, or the failure of the forward pass
   * @throws IllegalArgumentException if it has more images than {@link #maxImages}
   */
  public CompletableFuture<List<Classification>> classify(ClassificationRequest request) {
    if (request.images().count() > limits.maxBatchImages()) {
      throw new IllegalArgumentException(
          "%d images; at most %d are taken"
              .formatted(request.images().count(), limits.maxBatchImages()));
    }
    RequestTelemetry following = telemetry.requestArrived(request.images().count());
    queue.lock.lock();
    try {
      if (closed) {
        throw new NotServingException(Kind.CLOSED, "the service is stopping");
      }
      if (!serving) {
        throw NotServingException.nothing();
      }
      return queue.add(request, following);
    } catch (NotServingException e) {
      following.failed(e);
      return CompletableFuture.failedFuture(e);
    } finally {
      queue.lock.unlock();
    }
  }

  /**
   * Hands over a network, which is this classifier's to close from now on, accepted or not.
   *
   * @return completed when all that is classified from then on is classified by it
   */
  CompletionStage<Void> replace(ServableNetwork next) {
    queue.lock.lock();
    try {
      if (!closed) {
        Replacement replacement = new Replacement(next, new CompletableFuture<>());
        replacements.add(replacement);
        queue.changed.signalAll();
        return replacement.done;
      }
    } finally {
      queue.lock.unlock();
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
    queue.lock.lock();
    try {
      closed = true;
      queue.changed.signalAll();
    } finally {
      queue.lock.unlock();
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
  private Turn next() throws InterruptedException {
    queue.lock.lock();
    try {
      while (replacements.isEmpty()) {
        if (!queue.isEmpty()) {
          long patience = queue.patienceNanos();
          if (closed || patience <= 0) {
            break;
          }
          queue.changed.awaitNanos(patience);
        } else if (closed) {
          return null;
        } else {
          queue.changed.await();
        }
      }
      return new Turn(replacements.poll(), queue.take());
    } finally {
      queue.lock.unlock();
    }
  }

  private void exchange(Replacement replacement) {
    ServableNetwork old = network;
    network = replacement.network;
    serving = true;
    replacement.done.complete(null);
    if (old != null) {
      old.close();
    }
  }

  private void answer(List<Waiting> batch) {
    List<Waiting> rest = batch.stream().filter(this::isStillWanted).toList();
    if (rest.isEmpty()) {
      return;
    }
    rest.forEach(waiting -> waiting.telemetry.forwardBegun());
    long begin = System.nanoTime();
    int images = rest.stream().mapToInt(Waiting::images).sum();
    try {
      float[][] logits = logits(rest, images);
      Duration took = Duration.ofNanos(System.nanoTime() - begin);
      telemetry.batchCompleted(images, took);
      queue.passCompleted(images, took);
      int first = 0;
      for (Waiting waiting : rest) {
        waiting.answer.complete(
            IntStream.range(first, first + waiting.images())
                .mapToObj(i -> Classification.of(network.checkpoint(), logits[i]))
                .toList());
        first += waiting.images();
      }
    } catch (Throwable failure) {
      // Whatever it is, an Error of the engine included, it is these requests' answer.
      telemetry.batchFailed(images, failure);
      rest.forEach(waiting -> waiting.answer.completeExceptionally(failure));
    }
  }

  private boolean isStillWanted(Waiting waiting) {
    String serving = network.checkpoint().id();
    waiting
        .request
        .checkpoint()
        .filter(wanted -> !wanted.equals(serving))
        .ifPresent(
            wanted ->
                waiting.answer.completeExceptionally(NotServingException.other(wanted, serving)));
    return !waiting.answer.isDone();
  }

  private float[][] logits(List<Waiting> batch, int images) {
    boolean bytes =
        batch.stream().allMatch(waiting -> waiting.request.images().type() == PixelType.UINT8);
    PixelType type = bytes ? PixelType.UINT8 : PixelType.FLOAT32;
    pixels.clear();
    batch.forEach(waiting -> waiting.request.images().put(pixels, type));
    return network.logits(pixels.flip(), type, images);
  }
}
