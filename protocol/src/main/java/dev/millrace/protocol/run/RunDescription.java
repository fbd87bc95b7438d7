package dev.millrace.protocol.run;

import dev.millrace.protocol.stream.StreamDescription;
import java.util.Map;

/**
 * The description of a run, {@code run.json}: everything that is needed to repeat the run.
 *
 * @param schema version of this JSON, now {@value #SCHEMA}
 * @param streamId {@link StreamDescription#id()}
 * @param device the device on which the run was started, such as {@code cpu}
 * @param versions versions of the engine and the JDK, by name
 * @param host operating system, architecture and number of processors
 */
public record RunDescription(
    int schema,
    Settings settings,
    StreamDescription stream,
    String streamId,
    String device,
    Map<String, String> versions,
    Map<String, String> host) {
  public static final int SCHEMA = 1;
  public static final String PATH = "run.json";

  /**
   * The trainer's settings, as docs/settings.md describes them.
   *
   * @param recordsPerStep absent, which is read as 1, in descriptions of earlier versions
   * @param schedule a schedule's constant, such as {@code ONE_CYCLE}
   * @param onMalformed {@code STOP} or {@code SKIP}
   */
  public record Settings(
      String run,
      String architecture,
      int epochs,
      long seed,
      double learningRate,
      double momentum,
      double weightDecay,
      String schedule,
      Integer shards,
      Integer recordsPerStep,
      int checkpointEverySteps,
      int keepCheckpoints,
      String onMalformed) {
    public Settings {
      recordsPerStep = recordsPerStep == null ? 1 : recordsPerStep;
    }
  }
}
