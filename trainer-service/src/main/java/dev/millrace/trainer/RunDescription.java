package dev.millrace.trainer;

import dev.millrace.protocol.StreamDescription;
import dev.millrace.trainer.training.ComputeDevice;
import dev.millrace.trainer.training.TrainerSettings;
import java.util.Map;

/** What stands in {@code run.json}: all that is needed to repeat the run. */
record RunDescription(
    int schema,
    TrainerSettings settings,
    StreamDescription stream,
    String streamId,
    String device,
    Map<String, String> versions,
    Map<String, String> host) {
  private static final int SCHEMA = 1;

  static RunDescription of(
      TrainerSettings settings, StreamDescription stream, ComputeDevice device) {
    return new RunDescription(
        SCHEMA,
        settings,
        stream,
        stream.id(),
        device.name(),
        Map.of(
            "pytorch", ComputeDevice.engineVersion(),
            "djl", ComputeDevice.djlVersion(),
            "java", System.getProperty("java.version")),
        Map.of(
            "os", System.getProperty("os.name") + " " + System.getProperty("os.version"),
            "arch", System.getProperty("os.arch"),
            "processors", Integer.toString(Runtime.getRuntime().availableProcessors())));
  }
}
