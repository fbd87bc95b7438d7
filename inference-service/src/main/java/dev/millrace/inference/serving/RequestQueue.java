package dev.millrace.inference.serving;

import dev.millrace.inference.serving.RequestRejectedException.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The queue of requests that wait for a pass of the {@link Classifier}: first in, first out,
 * bounded by the number of images. Cancelled and expired requests leave it at once. Thread-safe;
 * the classifier holds the lock while it waits for requests.
 */
final class RequestQueue {
  /** A queued request and its answer. Compared by identity. */
  static final class Waiting {
    final ClassificationRequest request;
    final CompletableFuture<List<Classification>> answer = new CompletableFuture<>();
    final RequestTelemetry telemetry;
    private final long arrived = System.nanoTime();
    private boolean taken;

    private Waiting(ClassificationRequest request, RequestTelemetry telemetry) {
      this.request = request;
      this.telemetry = telemetry;
    }

    int images() {
      return request.images().count();
    }
  }

  /** Guards this queue and the state of the classifier. */
  final ReentrantLock lock = new ReentrantLock();

  /** Signalled when the awaited number of images is queued, and by the classifier. */
  final Condition changed = lock.newCondition();

  /** The smallest share of a pass. Smaller passes take nearly as long. */
  private static final int SMALLEST_SHARE = 4;

  private final BatchLimits limits;
  private final ServingTelemetry telemetry;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private volatile int images;
  private int underWay;

  /** The number of queued images at which a waiting thread is signalled. */
  private int signalAt = Integer.MAX_VALUE;

  RequestQueue(BatchLimits limits, ServingTelemetry telemetry) {
    this.limits = limits;
    this.telemetry = telemetry;
  }

  /**
   * Adds a request.
   *
   * @return the future answer
   * @throws RequestRejectedException if the queue is full
   */
  CompletableFuture<List<Classification>> add(
      ClassificationRequest request, RequestTelemetry following) {
    Waiting added = new Waiting(request, following);
    lock.lock();
    try {
      if (images + added.images() > limits.maxQueueImages()) {
        throw new RequestRejectedException(
            Kind.QUEUE_FULL, "the queue is full: %d images wait".formatted(images));
      }
      waiting.add(added);
      images += added.images();
      if (images >= signalAt) {
        signalAt = Integer.MAX_VALUE;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
    request
        .timeout()
        .ifPresent(timeout -> added.answer.orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS));
    added.answer.whenComplete(
        (done, failure) -> {
          forget(added);
          if (failure == null) {
            following.answered(done.get(0).checkpoint());
          } else {
            following.failed(failure);
          }
        });
    return added.answer;
  }

  private void forget(Waiting answered) {
    lock.lock();
    try {
      if (answered.taken || !waiting.remove(answered)) {
        return;
      }
      images -= answered.images();
    } finally {
      lock.unlock();
    }
    telemetry.requestAbandoned(answered.images());
  }

  /** Returns the number of queued images. */
  int images() {
    return images;
  }

  /** Returns whether nothing is queued. The caller holds the lock. */
  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /**
   * Waits until a number of images is queued, a time has passed, or anything else changes. The
   * caller holds the lock, which is released while waiting. Requests below that number do not wake
   * the thread.
   */
  void await(int enough, long nanos) throws InterruptedException {
    signalAt = Math.min(signalAt, enough);
    changed.awaitNanos(nanos);
  }

  /**
   * Returns how many nanoseconds the first request may still wait for more requests; zero or less
   * if it is due, or if enough are queued for a batch. The caller holds the lock; the queue is not
   * empty.
   */
  long patienceNanos() {
    if (images >= limits.maxBatchImages()) {
      return 0;
    }
    return limits.maxBatchDelay().toNanos() - (System.nanoTime() - waiting.getFirst().arrived);
  }

  /**
   * Takes the next requests for one of several concurrent passes: its share of all queued and
   * running images, or a single request if that has more images. The caller holds the lock; the
   * queue is not empty.
   */
  List<Waiting> take(int passes) {
    List<Waiting> batch = new ArrayList<>();
    int share = Math.max(SMALLEST_SHARE, (images + underWay + passes - 1) / passes);
    int room = Math.min(limits.maxBatchImages(), share);
    do {
      Waiting next = waiting.removeFirst();
      next.taken = true;
      room -= next.images();
      images -= next.images();
      underWay += next.images();
      batch.add(next);
    } while (!waiting.isEmpty() && waiting.getFirst().images() <= room);
    return batch;
  }

  /** Records that images that were taken are answered. */
  void answered(int images) {
    lock.lock();
    try {
      underWay -= images;
    } finally {
      lock.unlock();
    }
  }
}
