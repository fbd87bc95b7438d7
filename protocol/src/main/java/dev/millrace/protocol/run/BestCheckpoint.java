package dev.millrace.protocol.run;

/**
 * The content of a run's {@code best.json}.
 *
 * @param schema version of this JSON, now {@value #SCHEMA}
 * @param validationAccuracy in [0, 1]
 */
public record BestCheckpoint(
    int schema, String run, String checkpoint, int epoch, long step, double validationAccuracy) {
  public static final int SCHEMA = 1;

  /** Creates the description of a checkpoint with metrics, saved at the end of an epoch. */
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
