package dev.millrace.inference.serving;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Counts inferences and their durations since the process began, for all checkpoints. Thread-safe.
 */
public final class InferenceStatistics {
  /**
   * A count and a total duration.
   *
   * @param count the number of times
   */
  public record Timed(long count, Duration total) {
    static final Timed NONE = new Timed(0, Duration.ZERO);

    private Timed plus(long more, Duration each) {
      return new Timed(count + more, total.plus(each.multipliedBy(more)));
    }
  }

  /**
   * The forward passes with a given number of images.
   *
   * @param images the images of one pass
   */
  public record BatchSize(int images, Timed input, Timed infer, Timed output) {
    private BatchSize plus(BatchTimes pass) {
      return new BatchSize(
          images,
          input.plus(1, pass.input()),
          infer.plus(1, pass.infer()),
          output.plus(1, pass.output()));
    }
  }

  /**
   * A consistent copy of all counts.
   *
   * @param lastInference when the last forward pass ended; empty before the first
   * @param images the number of inferred images
   * @param passes the number of forward passes
   * @param success answered requests, timed from arrival to answer
   * @param failure requests that failed for any reason
   * @param queue the time that requests waited for a pass
   * @param input the parts of the passes, counted once per request
   * @param batches ascending by the number of images
   */
  public record Snapshot(
      Optional<Instant> lastInference,
      long images,
      long passes,
      Timed success,
      Timed failure,
      Timed queue,
      Timed input,
      Timed infer,
      Timed output,
      List<BatchSize> batches) {}

  private final Map<Integer, BatchSize> batches = new TreeMap<>();
  private Instant lastInference;
  private long images;
  private long passes;
  private Timed success = Timed.NONE;
  private Timed failure = Timed.NONE;
  private Timed queue = Timed.NONE;
  private Timed input = Timed.NONE;
  private Timed infer = Timed.NONE;
  private Timed output = Timed.NONE;

  /** Records that a request left the queue for its pass. */
  public synchronized void waited(Duration inQueue) {
    queue = queue.plus(1, inQueue);
  }

  public synchronized void completed(BatchTimes pass, Instant now) {
    lastInference = now;
    images += pass.images();
    passes++;
    input = input.plus(pass.requests(), pass.input());
    infer = infer.plus(pass.requests(), pass.infer());
    output = output.plus(pass.requests(), pass.output());
    batches.computeIfAbsent(
        pass.images(), size -> new BatchSize(size, Timed.NONE, Timed.NONE, Timed.NONE));
    batches.computeIfPresent(pass.images(), (size, known) -> known.plus(pass));
  }

  public synchronized void answered(Duration sinceArrival) {
    success = success.plus(1, sinceArrival);
  }

  public synchronized void failed(Duration sinceArrival) {
    failure = failure.plus(1, sinceArrival);
  }

  public synchronized Snapshot snapshot() {
    return new Snapshot(
        Optional.ofNullable(lastInference),
        images,
        passes,
        success,
        failure,
        queue,
        input,
        infer,
        output,
        List.copyOf(batches.values()));
  }
}
