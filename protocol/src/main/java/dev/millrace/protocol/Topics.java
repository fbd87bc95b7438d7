package dev.millrace.protocol;

/** The names on Kafka that all services agree on. */
public final class Topics {
  static final String MINIBATCHES_PREFIX = "millrace.minibatches.";

  /** JSON of {@code TrainingEvent}. */
  public static final String METRICS = "millrace.metrics";

  /** JSON of {@code CheckpointEvent}. */
  public static final String CHECKPOINTS = "millrace.checkpoints";

  /** Records that no service could decode, with headers that say where they came from and why. */
  public static final String DEAD_LETTERS = "millrace.dead-letters";

  /**
   * A trainer's consumer group is this prefix and its run's name; ingest finds its trainers by it.
   */
  public static final String TRAINER_GROUP_PREFIX = "millrace.trainer.";

  /**
   * The static member of a trainer's consumer group. A group of that prefix without it belongs to
   * another program, for which ingest does not wait.
   */
  public static final String TRAINER_MEMBER = "trainer";

  /**
   * The metadata of a trainer's committed offset once its run needs no more of the stream: ingest
   * waits for it no longer.
   */
  public static final String TRAINER_COMPLETE = "complete";

  /** The consumer group by which ingest processes share the training topic's partitions. */
  public static final String INGEST_GROUP = "millrace.ingest";

  /**
   * Begins the metadata of ingest's committed offset once it has published its last epoch; the
   * number of that epoch follows.
   */
  public static final String INGEST_COMPLETE = "complete=";

  private Topics() {}
}
