package dev.millrace.checkpoint;

import java.util.Optional;

/** The keys of the objects that {@link CheckpointStore} describes. */
final class RunKeys {
  static final String RUNS = "runs/";
  static final String MANIFEST = "manifest.json";

  /** The marker of a checkpoint that is being deleted. */
  static final String DELETING = "deleting.json";

  private RunKeys() {}

  static String run(String run) {
    return RUNS + run + "/";
  }

  static String checkpoints(String run) {
    return run(run) + "checkpoints/";
  }

  static String checkpoint(String run, String id) {
    return checkpoints(run) + id + "/";
  }

  static String best(String run) {
    return run(run) + "best.json";
  }

  static String pin(Optional<String> run) {
    return run.map(RunKeys::run).orElse("") + "pin.json";
  }
}
