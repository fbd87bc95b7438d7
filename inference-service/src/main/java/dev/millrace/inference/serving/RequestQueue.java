package dev.millrace.inference.serving;

import dev.millrace.inference.serving.NotServingException.Kind;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The requests that wait for the {@link Classifier}'s thread, first come, first served, bounded by
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

  /** There may be something to do. */
  final Condition changed = lock.newCondition();

  /** The part of a pass's time that the next one is held back for those just answered. */
  private static final int LINGERING = 5;

  private static final Duration LONGEST_LINGERING = Duration.ofMillis(10);

  private final BatchLimits limits;
  private final ServingTelemetry telemetry;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private volatile int images;
  private int expected;
  private long lingerUntil = System.nanoTime();

  RequestQueue(BatchLimits limits, ServingTelemetry telemetry) {
    this.limits = limits;
    this.telemetry = telemetry;
  }

  /**
   * @return the answer to come
   * @throws NotServingException if there is no room
   */
  CompletableFuture<List<Classification>> add(
      ClassificationRequest request, RequestTelemetry following) {
    Waiting added = new Waiting(request, following);
    lock.lock();
    try {
      if (images + added.images() > limits.maxQueueImages()) {
        throw new NotServingException(
            Kind.QUEUE_FULL, "%d images are waiting already".formatted(images));
      }
      waiting.add(added);
      images += added.images();
      changed.signalAll();
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
   * Nanoseconds that the first request may still wait for others to join it; zero or less if it is
   * time, or if there are enough for a batch. To be asked with the lock held, and not when empty.
   */
  long patienceNanos() {
    if (images >= limits.maxBatchImages()) {
      return 0;
    }
    long now = System.nanoTime();
    long delay = limits.maxBatchDelay().toNanos() - (now - waiting.getFirst().arrived);
    return images < expected ? Math.max(delay, lingerUntil - now) : delay;
  }

  /**
   * Holds the next pass back for a moment. Clients that were just answered tend to ask again at
   * once; without that they would find it begun, and take turns with the others in two batches of
   * half the size.
   *
   * @param answered images that the pass computed
   */
  void passCompleted(int answered, Duration took) {
    lock.lock();
    try {
      expected = Math.min(limits.maxBatchImages(), answered + images);
      lingerUntil =
          System.nanoTime() + Math.min(took.toNanos() / LINGERING, LONGEST_LINGERING.toNanos());
    } finally {
      lock.unlock();
    }
  }

  /** The next requests that fit into one batch together. To be asked with the lock held. */
  List<Waiting> take() {
    List<Waiting> batch = new ArrayList<>();
    int room = limits.maxBatchImages();
    while (!waiting.isEmpty() && waiting.getFirst().images() <= room) {
      Waiting next = waiting.removeFirst();
      next.taken = true;
      room -= next.images();
      images -= next.images();
      batch.add(next);
    }
    return batch;
  }
}
