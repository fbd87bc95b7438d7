package dev.millrace.inference.serving;

import dev.millrace.inference.serving.Images.PixelType;
import dev.millrace.inference.serving.RequestRejectedException.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;

/**
 * Answers classifications by forward passes side by side, one a core. A pass takes its share of the
 * requests that wait, answers them, and after a moment for its clients takes the next: no core
 * waits for another. A new network takes over at once, for all passes that begin from then on;
 * those that are under way end with the one they began with, so that every answer comes from
 * exactly the checkpoint it names and none is dropped.
 *
 * <p>Thread-safe.
 */
public final class Classifier implements AutoCloseable {
  /** The part of a pass's duration to wait for its clients' next requests: 1/8. */
  private static final int LINGER_FRACTION = 8;

  /** The longest such wait, since the pass itself may have been held up. */
  private static final long MAX_LINGER_NANOS = 5_000_000;

  private final BatchLimits limits;
  private final ServingTelemetry telemetry;

  /** Where one core has nothing to do, its thread helps with the pass of another. */
  private final ForkJoinPool threads =
      new ForkJoinPool(
          Runtime.getRuntime().availableProcessors(), Classifier::newThread, null, true);

  private final ThreadLocal<ByteBuffer> pixels = ThreadLocal.withInitial(this::newBuffer);

  // The queue's lock guards these too.
  private final RequestQueue queue;
  private SharedNetwork serving;
  private int passes;
  private boolean closed;

  public Classifier(BatchLimits limits, ServingTelemetry telemetry) {
    this.limits = limits;
    this.telemetry = telemetry;
    queue = new RequestQueue(limits, telemetry);
  }

  private static ForkJoinWorkerThread newThread(ForkJoinPool pool) {
    var thread = ForkJoinPool.defaultForkJoinWorkerThreadFactory.newThread(pool);
    thread.setName("classifier");
    // What is done with an answer begins on this thread, and may look things up by it.
    thread.setContextClassLoader(Classifier.class.getClassLoader());
    return thread;
  }

  private ByteBuffer newBuffer() {
    return ByteBuffer.allocateDirect(limits.maxBatchImages() * PixelType.FLOAT32.imageBytes())
        .order(ByteOrder.nativeOrder());
  }

  /** Images that wait for their forward pass now. */
  public int waitingImages() {
    return queue.images();
  }

  /** Images that one request may have. */
  public int maxImages() {
    return limits.maxBatchImages();
  }

  /** How requests are put together. */
  public BatchLimits limits() {
    return limits;
  }

  /**
   * Cancelling the answer takes the request out of the queue.
   *
   * @return one classification an image, all by one checkpoint; or a {@link
   *     RequestRejectedException} if the request was not accepted, a {@link
   *     java.util.concurrent.TimeoutException} if its time was up, or the failure of the forward
   *     pass
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
      requireOpen();
      if (serving == null) {
        throw RequestRejectedException.nothing();
      }
      CompletableFuture<List<Classification>> answer = queue.add(request, following);
      beginPass();
      return answer;
    } catch (RequestRejectedException e) {
      following.failed(e);
      return CompletableFuture.failedFuture(e);
    } finally {
      queue.lock.unlock();
    }
  }

  /**
   * Has all passes that begin from now on use this network, which is this classifier's to close,
   * accepted or not.
   *
   * @throws RequestRejectedException if this is closed
   */
  public void replace(ServableNetwork next) {
    SharedNetwork old;
    queue.lock.lock();
    try {
      requireOpen();
      old = serving;
      serving = new SharedNetwork(next);
    } catch (RequestRejectedException e) {
      next.close();
      throw e;
    } finally {
      queue.lock.unlock();
    }
    if (old != null) {
      old.release();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new RequestRejectedException(Kind.CLOSED, "the service is stopping");
    }
  }

  /** Whether it answers still; no more when {@link #close} is done. */
  public boolean isAlive() {
    return !threads.isShutdown();
  }

  /** Answers what was accepted, then frees the network. Returns when that is done. */
  @Override
  public void close() throws InterruptedException {
    SharedNetwork last;
    queue.lock.lock();
    try {
      closed = true;
      queue.changed.signalAll();
      while (passes > 0) {
        queue.changed.await();
      }
      last = serving;
      serving = null;
    } finally {
      queue.lock.unlock();
    }
    threads.shutdown();
    if (last != null) {
      last.release();
    }
  }

  /** If something waits and a core is free. With the lock held. */
  private void beginPass() {
    if (!queue.isEmpty() && passes < serving.network().passesAtOnce()) {
      passes++;
      threads.execute(this::passUntilNothingWaits);
    }
  }

  private void passUntilNothingWaits() {
    try {
      for (Batch batch = next(); batch != null; batch = next()) {
        long begin = System.nanoTime();
        try {
          batch.answer(pixels.get(), telemetry);
        } finally {
          queue.answered(batch.images());
        }
        lingerForClients(batch.images(), System.nanoTime() - begin);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      queue.lock.lock();
      passes--;
      beginPass(); // for whoever came since
      queue.changed.signalAll();
      queue.lock.unlock();
    }
  }

  /**
   * Waits a moment for the clients that were just answered, if fewer images wait than were
   * answered. Larger passes cost less for each image, and the threads that receive the requests run
   * on this core meanwhile instead of interrupting other passes.
   */
  private void lingerForClients(int answered, long passNanos) throws InterruptedException {
    long linger = Math.min(passNanos / LINGER_FRACTION, MAX_LINGER_NANOS);
    long end = System.nanoTime() + linger;
    queue.lock.lock();
    try {
      for (long left = linger; left > 0; left = end - System.nanoTime()) {
        if (closed || queue.images() >= answered) {
          return;
        }
        queue.await(answered, left);
      }
    } finally {
      queue.lock.unlock();
    }
  }

  /** Waits until the first request has waited for long enough; null when nothing waits. */
  private Batch next() throws InterruptedException {
    queue.lock.lock();
    try {
      while (!queue.isEmpty()) {
        long patience = closed ? 0 : queue.patienceNanos();
        if (patience <= 0) {
          int cores = serving.network().passesAtOnce();
          return new Batch(serving.retain(), queue.take(cores), Math.max(1, cores - passes + 1));
        }
        queue.await(limits.maxBatchImages(), patience);
      }
      return null;
    } finally {
      queue.lock.unlock();
    }
  }
}
