package dev.millrace.trainer.report;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.checkpoint.RunRepair;
import dev.millrace.model.Network;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.EpochMetrics;
import dev.millrace.protocol.run.RunReport;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.trainer.loop.TrainerSettings;
import dev.millrace.trainer.step.ComputeDevice;
import dev.millrace.trainer.stream.EvaluationSplit;
import dev.millrace.trainer.stream.StreamException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;

/**
 * Evaluates the best checkpoint of a run on the test split and writes the report. The JSON is
 * written last: while {@code report/report.json} is missing, the run is not complete.
 */
public final class ReportWriter {
  private static final String FINAL = "report/";
  private static final String INTERIM = "interim-report/";
  private static final String JSON = "report.json";

  private ReportWriter() {}

  /**
   * Returns whether the run is complete: the JSON of its report is written last. A damaged report
   * does not count and is written again.
   */
  public static boolean exists(CheckpointStore store, String run) {
    return RunDocuments.isReadable(store, run, FINAL + JSON);
  }

  /** Evaluates the best checkpoint of a complete run on the test split and stores the report. */
  public static RunReport write(
      TrainerSettings settings, EvaluationSplit test, CheckpointStore store, ComputeDevice device) {
    return write(settings, test, store, device, Instant.now());
  }

  /**
   * Stores an interim report of a run that is not complete, from its best checkpoint so far. The
   * files are in {@code interim-report/}.
   *
   * @throws StreamException if no epoch is complete yet
   */
  public static RunReport writeInterim(
      TrainerSettings settings, EvaluationSplit test, CheckpointStore store, ComputeDevice device) {
    return write(settings, test, store, device, null);
  }

  private static RunReport write(
      TrainerSettings settings,
      EvaluationSplit test,
      CheckpointStore store,
      ComputeDevice device,
      Instant finished) {
    String run = settings.run();
    new RunRepair(store, run).repairBest();
    BestCheckpoint best =
        store
            .best(run)
            .orElseThrow(
                () ->
                    new StreamException(
                        "run %s has no best.json yet; it is written after the first epoch"
                            .formatted(run)));
    CheckpointManifest manifest =
        store
            .manifest(run, best.checkpoint())
            .orElseThrow(
                () ->
                    new StreamException(
                        "run %s: best.json names %s, which is missing"
                            .formatted(run, best.checkpoint())));
    List<EpochMetrics> history = RunDocuments.history(store, manifest);
    Safetensors weights = Safetensors.read(ByteBuffer.wrap(store.loadWeights(manifest)));
    try (Network network = Network.load(manifest, weights, device.device())) {
      TestPredictions predictions = TestPredictions.of(network, test);
      RunReport report =
          TestResults.report(settings, best, manifest, history, predictions, finished);
      String folder = finished == null ? INTERIM : FINAL;
      new ReportFiles(report, predictions)
          .render()
          .forEach(
              (name, file) ->
                  store.putDocument(run, folder + name, file.content(), file.contentType()));
      store.putDocument(run, folder + JSON, Json.prettyBytes(report), "application/json");
      return report;
    }
  }
}
