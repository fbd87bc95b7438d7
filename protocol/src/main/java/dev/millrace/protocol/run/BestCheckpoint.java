package dev.millrace.protocol.run;

/**
 * What stands in a run's {@code best.json}.
 *
 * @param validationAccuracy in [0, 1]
 */
public record BestCheckpoint(
    int schema, String run, String checkpoint, int epoch, long step, double validationAccuracy) {
  public static final int SCHEMA = 1;

  /** Describes a checkpoint of an epoch's end, which has metrics. */
  public static BestCheckpoint of(CheckpointManifest manifest) {
    return new BestCheckpoint(
        SCHEMA,
        manifest.run(),
        manifest.id(),
        manifest.epoch(),
        manifest.step(),
        manifest.validationAccuracy());
  }
}
