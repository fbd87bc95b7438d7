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
 * Answers classification requests with concurrent forward passes, one per core. A pass takes its
 * share of the queued requests, answers them, lingers briefly for its clients, and takes the next
 * share. A replaced network is used by all passes that begin afterwards. Running passes finish with
 * the network that they began with, so every answer comes from the checkpoint that it names, and no
 * request is dropped.
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

  /** Runs the passes. The thread of an idle core helps with the pass of another core. */
  private final ForkJoinPool threads =
      new ForkJoinPool(
          Runtime.getRuntime().availableProcessors(), Classifier::newThread, null, true);

  private final ThreadLocal<ByteBuffer> pixels = ThreadLocal.withInitial(this::newBuffer);

  // These are guarded by the queue's lock too.
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
    // Continuations of answers run on this thread and may load classes.
    thread.setContextClassLoader(Classifier.class.getClassLoader());
    return thread;
  }

  private ByteBuffer newBuffer() {
    return ByteBuffer.allocateDirect(limits.maxBatchImages() * PixelType.FLOAT32.imageBytes())
        .order(ByteOrder.nativeOrder());
  }

  /** Returns the number of images that wait for a forward pass. */
  public int waitingImages() {
    return queue.images();
  }

  /** Returns the most images that one request may have. */
  public int maxImages() {
    return limits.maxBatchImages();
  }

  /** Returns the limits of batches and of the queue. */
  public BatchLimits limits() {
    return limits;
  }

  /**
   * Queues a request. Cancelling the answer removes the request from the queue.
   *
   * @return one classification per image, all by the same checkpoint; or a {@link
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
   * Uses another network for all passes that begin from now on. This classifier closes the network,
   * whether it is accepted or not.
   *
   * @throws RequestRejectedException if this classifier is closed
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

  /** Returns whether it still answers requests. False after {@link #close}. */
  public boolean isAlive() {
    return !threads.isShutdown();
  }

  /** Answers all accepted requests, then closes the network. Returns when that is done. */
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

  /** Begins a pass if a request waits and a core is idle. The caller holds the lock. */
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
      beginPass(); // for requests that arrived in between
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

  /** Waits until the first request is due. Returns null if the queue is empty. */
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
