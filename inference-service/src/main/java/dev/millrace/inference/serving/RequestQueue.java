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
 * The requests that wait for a pass of the {@link Classifier}, first come, first served, bounded by
 * their images. Whoever no longer waits for an answer, cancelled or too late, is out at once.
 * Thread-safe; its user holds its lock to wait for something to do.
 */
final class RequestQueue {
  /** A request and the answer that will be given. Equal to no other. */
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

  /** Guards this queue, and whatever else its user waits for. */
  final ReentrantLock lock = new ReentrantLock();

  /** Signalled when as many images wait as somebody waits for, and by this queue's user. */
  final Condition changed = lock.newCondition();

  /** Fewer images take a pass nearly as long. */
  private static final int SMALLEST_SHARE = 4;

  private final BatchLimits limits;
  private final ServingTelemetry telemetry;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private volatile int images;
  private int underWay;

  /** So many images that wait are somebody's signal. */
  private int signalAt = Integer.MAX_VALUE;

  RequestQueue(BatchLimits limits, ServingTelemetry telemetry) {
    this.limits = limits;
    this.telemetry = telemetry;
  }

  /**
   * @return the answer to come
   * @throws RequestRejectedException if there is no room
   */
  CompletableFuture<List<Classification>> add(
      ClassificationRequest request, RequestTelemetry following) {
    Waiting added = new Waiting(request, following);
    lock.lock();
    try {
      if (images + added.images() > limits.maxQueueImages()) {
        throw new RequestRejectedException(
            Kind.QUEUE_FULL, "%d images are waiting already".formatted(images));
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

  /** Images that wait, as of now. */
  int images() {
    return images;
  }

  /** To be asked with the lock held. */
  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /**
   * Waits until so many images wait, or so long, or for any other change. With the lock held, which
   * is free meanwhile. No request wakes a thread that waits for more of them.
   */
  void await(int enough, long nanos) throws InterruptedException {
    signalAt = Math.min(signalAt, enough);
    changed.awaitNanos(nanos);
  }

  /**
   * Nanoseconds that the first request may still wait for others to join it; zero or less if it is
   * time, or if there are enough for a batch. To be asked with the lock held, and not when empty.
   */
  long patienceNanos() {
    if (images >= limits.maxBatchImages()) {
      return 0;
    }
    return limits.maxBatchDelay().toNanos() - (System.nanoTime() - waiting.getFirst().arrived);
  }

  /**
   * The next requests for one of so many passes side by side: its share of all that wait or are
   * under way, or one request alone if that has more images. To be asked with the lock held, and
   * not when empty.
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

  /** So many images that were taken are under way no more. */
  void answered(int images) {
    lock.lock();
    try {
      underWay -= images;
    } finally {
      lock.unlock();
    }
  }
}
