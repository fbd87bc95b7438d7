package dev.millrace.inference.oip;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dev.millrace.inference.serving.InferenceStatistics;
import dev.millrace.inference.serving.InferenceStatistics.BatchSize;
import dev.millrace.inference.serving.InferenceStatistics.Timed;
import dev.millrace.protocol.run.CheckpointManifest;
import java.time.Instant;
import java.util.List;

/**
 * A model in the answer of the statistics extension. The counts cover this process and all
 * checkpoints that it served; the version is the one that serves now.
 *
 * @param lastInference in milliseconds since 1970; 0 before the first
 * @param inferenceCount the number of inferred images
 * @param executionCount the number of forward passes
 */
@JsonNaming(SnakeCaseStrategy.class)
public record ModelStats(
    String name,
    String version,
    long lastInference,
    long inferenceCount,
    long executionCount,
    Parts inferenceStats,
    List<Batches> batchStats) {

  /** A count and a total duration in nanoseconds. */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Duration(long count, long ns) {
    private static final Duration NONE = new Duration(0, 0);

    private static Duration of(Timed timed) {
      return new Duration(timed.count(), timed.total().toNanos());
    }
  }

  /**
   * Durations of requests. There is no cache.
   *
   * @param fail all requests without an answer, including those rejected by a full queue
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Parts(
      Duration success,
      Duration fail,
      Duration queue,
      Duration computeInput,
      Duration computeInfer,
      Duration computeOutput,
      Duration cacheHit,
      Duration cacheMiss) {}

  /**
   * Durations of forward passes.
   *
   * @param batchSize the images of one pass
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Batches(
      long batchSize, Duration computeInput, Duration computeInfer, Duration computeOutput) {
    private static Batches of(BatchSize size) {
      return new Batches(
          size.images(),
          Duration.of(size.input()),
          Duration.of(size.infer()),
          Duration.of(size.output()));
    }
  }

  static ModelStats of(CheckpointManifest checkpoint, InferenceStatistics.Snapshot counted) {
    return new ModelStats(
        checkpoint.architecture(),
        checkpoint.id(),
        counted.lastInference().map(Instant::toEpochMilli).orElse(0L),
        counted.images(),
        counted.passes(),
        new Parts(
            Duration.of(counted.success()),
            Duration.of(counted.failure()),
            Duration.of(counted.queue()),
            Duration.of(counted.input()),
            Duration.of(counted.infer()),
            Duration.of(counted.output()),
            Duration.NONE,
            Duration.NONE),
        counted.batches().stream().map(Batches::of).toList());
  }
}
