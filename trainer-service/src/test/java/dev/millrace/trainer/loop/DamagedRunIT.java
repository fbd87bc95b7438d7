package dev.millrace.trainer.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.checkpoint.CorruptCheckpointException;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.EpochMetrics;
import dev.millrace.protocol.run.RunReport;
import dev.millrace.trainer.report.ReportWriter;
import dev.millrace.trainer.step.ComputeDevice;
import dev.millrace.trainer.stream.EvaluationSplit;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests that a run whose objects are damaged between two processes ends as an undisturbed one. */
class DamagedRunIT {
  private static final String FOLDER = "runs/r/checkpoints/";
  private static final String BEST = "epoch-0000000001-step-0000000005";
  private static final String NEWEST = "epoch-0000000002-step-0000000006";
  private static final ComputeDevice CPU = ComputeDevice.choose(ComputeDevice.Choice.CPU);
  private static final EvaluationSplit TEST = PublishedStream.train(0).evaluation(Split.TEST);
  private static final TrainerHarness UNDISTURBED =
      new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));

  private final TrainerHarness run =
      new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));

  @BeforeAll
  static void runUndisturbed() {
    assertThat(UNDISTURBED.runProcess()).isTrue();
  }

  /** Trains up to the first checkpoint of the second epoch. */
  @BeforeEach
  void runAndKill() {
    run.beforePut =
        key -> {
          if (key.contains("step-0000000008")) {
            throw new TrainerHarness.Killed();
          }
        };
    assertThatThrownBy(run::runProcess).isInstanceOf(TrainerHarness.Killed.class);
    run.beforePut = key -> {};
    assertThat(run.store.checkpoints("r")).containsExactly(BEST, NEWEST);
  }

  /** Truncates an object to its first bytes. */
  private void cut(String key, int bytes) {
    byte[] content = run.objects.get(key).orElseThrow().content();
    run.objects.put(key, Arrays.copyOf(content, bytes), "");
  }

  private void assertEndsAsUndisturbed() {
    assertThat(run.runProcess()).isTrue();
    assertThat(run.weights()).isEqualTo(UNDISTURBED.weights());
    assertThat(run.metrics()).isEqualTo(UNDISTURBED.metrics());
    assertThat(run.store.best("r")).isEqualTo(UNDISTURBED.store.best("r"));
  }

  @ParameterizedTest
  @CsvSource({
    "weights.safetensors, 0",
    "weights.safetensors, 1000",
    "optimizer.safetensors, 1000",
    "manifest.json, 0",
    "manifest.json, 100"
  })
  void resumesFromTheCheckpointBeforeADamagedOne(String file, int bytes) {
    cut(FOLDER + NEWEST + "/" + file, bytes);
    assertEndsAsUndisturbed();
  }

  @Test
  void keepsADamagedCheckpointUntilItsStepIsSavedAgain() {
    cut(FOLDER + NEWEST + "/weights.safetensors", 7);
    run.killAt(0);
    assertThatThrownBy(run::runProcess).isInstanceOf(TrainerHarness.Killed.class);
    assertThat(run.objects.get(FOLDER + NEWEST + "/weights.safetensors").orElseThrow().content())
        .hasSize(7);
    assertThat(run.store.checkpoints("r")).containsExactly(BEST, NEWEST);
  }

  @Test
  void runWithoutAnIntactCheckpointFailsWithFileAndRemedy() {
    cut(FOLDER + NEWEST + "/weights.safetensors", 7);
    cut(FOLDER + BEST + "/optimizer.safetensors", 7);
    assertThatThrownBy(run::runProcess)
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining(FOLDER + NEWEST + "/weights.safetensors")
        .hasMessageContaining("delete runs/r");
  }

  @Test
  void replacesABestCheckpointThatWasDeletedBeforeTheResume() {
    run.objects.keys(FOLDER + BEST).forEach(run.objects::delete);
    assertThat(run.runProcess()).isTrue();
    assertThat(run.weights()).isEqualTo(UNDISTURBED.weights());
    BestCheckpoint best = run.store.best("r").orElseThrow();
    assertThat(best.epoch()).isEqualTo(2);
    RunReport report = ReportWriter.write(run.settings(), TEST, run.store, CPU);
    assertThat(report.bestCheckpoint()).isEqualTo(best.checkpoint());
  }

  @Test
  void reportReplacesABestCheckpointThatWasDeletedDuringTheRun() {
    assertThat(run.runProcess()).isTrue();
    String best = run.store.best("r").orElseThrow().checkpoint();
    String last = run.store.newest("r").orElseThrow().id();
    String other = best.equals(last) ? BEST : last;
    assertThat(run.store.checkpoints("r")).contains(other);
    run.store.delete("r", best);
    RunReport report = ReportWriter.write(run.settings(), TEST, run.store, CPU);
    assertThat(report.bestCheckpoint()).isEqualTo(other);
    assertThat(run.store.best("r").orElseThrow().checkpoint()).isEqualTo(other);
  }

  @ParameterizedTest
  @CsvSource({"0", "20"})
  void repairsATruncatedBestJson(int bytes) {
    cut("runs/r/best.json", bytes);
    assertEndsAsUndisturbed();
  }

  @Test
  void repairsABestJsonThatIsTruncatedDuringTheRun() {
    run.beforePut =
        key -> {
          if (key.equals(FOLDER + "epoch-0000000002-step-0000000008/weights.safetensors")) {
            cut("runs/r/best.json", 20);
          }
        };
    assertEndsAsUndisturbed();
  }

  @ParameterizedTest
  @CsvSource({"0", "30"})
  void ignoresADamagedPin(int bytes) {
    run.objects.put("runs/r/pin.json", new byte[bytes], "");
    assertEndsAsUndisturbed();
  }

  @Test
  void reportOmitsDamagedEpochMetrics() {
    assertThat(run.runProcess()).isTrue();
    cut("runs/r/metrics/epoch-0000000001.json", 20);
    RunReport report = ReportWriter.write(run.settings(), TEST, run.store, CPU);
    assertThat(report.history()).extracting(EpochMetrics::epoch).containsExactly(2);
    assertThat(report.epochsTrained()).isEqualTo(2);
    cut("runs/r/metrics/epoch-0000000002.json", 0);
    report = ReportWriter.write(run.settings(), TEST, run.store, CPU);
    assertThat(report.history())
        .singleElement()
        .satisfies(
            epoch -> {
              assertThat(epoch.epoch()).isEqualTo(run.store.best("r").orElseThrow().epoch());
              assertThat(epoch.trainLoss()).isPositive();
            });
  }

  @Test
  void runWithATruncatedReportIsNotComplete() {
    CheckpointStore store = run.store;
    assertThat(run.runProcess()).isTrue();
    ReportWriter.write(run.settings(), TEST, store, CPU);
    assertThat(ReportWriter.exists(store, "r")).isTrue();
    for (int bytes : new int[] {200, 0}) {
      cut("runs/r/report/report.json", bytes);
      assertThat(ReportWriter.exists(store, "r")).isFalse();
    }
  }
}
