package dev.millrace.protocol;

/** The names on Kafka that all services share. */
public final class Topics {
  static final String MINIBATCHES_PREFIX = "millrace.minibatches.";

  /** The topic of training events: JSON of {@code TrainingEvent}. */
  public static final String METRICS = "millrace.metrics";

  /** The topic of checkpoint events: JSON of {@code CheckpointEvent}. */
  public static final String CHECKPOINTS = "millrace.checkpoints";

  /**
   * The topic of records that could not be decoded; headers describe their origin and the reason.
   */
  public static final String DEAD_LETTERS = "millrace.dead-letters";

  /**
   * The prefix of a trainer's consumer group, followed by the name of its run. Ingest finds its
   * trainers by this prefix.
   */
  public static final String TRAINER_GROUP_PREFIX = "millrace.trainer.";

  /**
   * The static member id in a trainer's consumer group. A group with the prefix but without this
   * member belongs to another program, and ingest does not wait for it.
   */
  public static final String TRAINER_MEMBER = "trainer";

  /**
   * The metadata of a trainer's committed offset when its run needs no more of the stream. Ingest
   * then no longer waits for this trainer.
   */
  public static final String TRAINER_COMPLETE = "complete";

  /** The consumer group in which ingest processes share the partitions of the training topic. */
  public static final String INGEST_GROUP = "millrace.ingest";

  /**
   * The prefix of the metadata of ingest's committed offset after it has published its last epoch,
   * followed by the number of this epoch.
   */
  public static final String INGEST_COMPLETE = "complete=";

  /**
   * The prefix of the metadata of ingest's committed offset until then, followed by the number of
   * minibatches that it publishes at most ahead of the slowest trainer's checkpoint.
   */
  public static final String INGEST_MAX_AHEAD = "max-ahead=";

  private Topics() {}
}
