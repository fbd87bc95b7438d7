package dev.millrace.inference.serving;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Counts what was inferred since this process began, by whichever checkpoint, and the time that its
 * parts took. Thread-safe.
 */
public final class InferenceStatistics {
  /**
   * How often something was done, and how long all of it took.
   *
   * @param count how often
   */
  public record Timed(long count, Duration total) {
    static final Timed NONE = new Timed(0, Duration.ZERO);

    private Timed plus(long more, Duration each) {
      return new Timed(count + more, total.plus(each.multipliedBy(more)));
    }
  }

  /**
   * The forward passes over one number of images.
   *
   * @param images of one pass
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
   * All counts at one moment.
   *
   * @param lastInference when the last forward pass ended; empty before the first
   * @param images inferred
   * @param passes that inferred them
   * @param success requests that were answered, from their arrival to their answer
   * @param failure requests that were not answered, for any reason
   * @param queue their waiting for a pass
   * @param input the parts of the passes, each counted once for every request
   * @param batches by images, ascending
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

  /** A request left the queue for its pass. */
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
