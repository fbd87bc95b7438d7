package dev.millrace.trainer.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.run.EpochMetrics;
import dev.millrace.protocol.stream.EpochDigest;
import dev.millrace.protocol.stream.EpochEnd;
import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.protocol.stream.MinibatchHeaders.Kind;
import dev.millrace.trainer.loop.TrainerSettings.OnMalformed;
import dev.millrace.trainer.stream.StreamException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * Tests that a stream that differs from the published one is detected and never trained silently.
 */
class StreamIntegrityIT {
  private static final int END_OF_FIRST_EPOCH = PublishedStream.BATCHES;
  private static final byte[] NOISE = "not a minibatch".getBytes(StandardCharsets.UTF_8);

  private final PublishedStream stream = PublishedStream.train(TrainerHarness.EPOCHS);

  private void assertStops(String... says) {
    TrainerHarness run = new TrainerHarness(stream);
    assertThatThrownBy(run::runProcess)
        .isInstanceOf(StreamException.class)
        .hasMessageContainingAll(says);
    assertThat(run.deadLetters).isEmpty();
  }

  @Test
  void lostMinibatchStopsTheRun() {
    stream.without(3);
    assertStops(
        "millrace.minibatches.train/0@3",
        "minibatch 4 of epoch 1",
        "expected minibatch 3 of epoch");
  }

  @Test
  void lostEpochEndStopsTheRun() {
    stream.without(END_OF_FIRST_EPOCH);
    assertStops("train/0@5", "minibatch 0 of epoch 2", "expected the end of epoch 1");
  }

  @Test
  void earlyEpochEndStopsTheRun() {
    stream.without(END_OF_FIRST_EPOCH - 1);
    assertStops("train/0@4", "the end of epoch 1", "expected minibatch 4 of epoch 1");
  }

  @Test
  void minibatchesInTheWrongOrderStopTheRun() {
    stream.swapped(2);
    assertStops("train/0@2", "minibatch 3 of epoch 1", "expected minibatch 2 of epoch 1");
  }

  @Test
  void repeatedRecordsAreSkippedAndCounted() {
    TrainerHarness undisturbed = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));
    undisturbed.runProcess();
    stream.repeated(1, 2).repeated(END_OF_FIRST_EPOCH + 1, END_OF_FIRST_EPOCH + 4).repeated(0, 9);
    TrainerHarness run = new TrainerHarness(stream);
    assertThat(run.runProcess()).isTrue();
    assertThat(run.repeated).hasSize(3);
    assertThat(run.weights()).isEqualTo(undisturbed.weights());
  }

  @Test
  void recordOfAnotherStreamStopsTheRun() {
    stream.withHeaders(
        1, new MinibatchHeaders("feedfeedfeedfeed", Split.TRAIN, 1, 1, Kind.MINIBATCH));
    assertStops("train/0@1", "feedfeedfeedfeed", stream.description.id());
  }

  @Test
  void minibatchOfAnotherSplitStopsTheRun() {
    String id = stream.description.id();
    stream.withHeaders(1, new MinibatchHeaders(id, Split.TEST, 1, 1, Kind.MINIBATCH));
    assertStops("train/0@1", "split test");
  }

  @Test
  void alteredMinibatchIsDetectedAtTheEndOfTheEpoch() {
    byte[] other = stream.records.get(7).value();
    stream.withValue(2, other);
    assertStops("train/0@5", "ends epoch 1", "digest", "altered");
  }

  @Test
  void epochEndOfAnotherVersionStopsTheRun() {
    EpochEnd end = Json.read(stream.records.get(END_OF_FIRST_EPOCH).value(), EpochEnd.class);
    EpochEnd newer =
        new EpochEnd(
            EpochEnd.SCHEMA + 1,
            end.stream(),
            end.split(),
            end.epoch(),
            end.partition(),
            end.batches(),
            end.images(),
            end.digest());
    stream.withValue(END_OF_FIRST_EPOCH, Json.bytes(newer));
    assertStops("train/0@5", "schema 3", "schema 2");
  }

  @Test
  void epochEndOfAnotherPartitionStopsTheRun() {
    EpochEnd end = Json.read(stream.records.get(END_OF_FIRST_EPOCH).value(), EpochEnd.class);
    EpochEnd other =
        EpochEnd.of(stream.description, Split.TRAIN, 1, 1, new EpochDigest(end.digest()));
    stream.withValue(END_OF_FIRST_EPOCH, Json.bytes(other));
    assertStops("train/0@5", "ends epoch 1");
  }

  @Test
  void unreadableEpochEndStopsTheRunEvenIfMalformedRecordsAreSkipped() {
    stream.withValue(END_OF_FIRST_EPOCH, NOISE);
    assertThatThrownBy(new TrainerHarness(stream, OnMalformed.SKIP, 0.01)::runProcess)
        .isInstanceOf(StreamException.class)
        .hasMessageContainingAll("train/0@5", "should end the epoch");
  }

  @Test
  void malformedMinibatchIsADeadLetterAndStopsTheRun() {
    stream.withValue(2, NOISE);
    TrainerHarness run = new TrainerHarness(stream);
    assertThatThrownBy(run::runProcess)
        .isInstanceOf(StreamException.class)
        .hasMessageContainingAll("train/0@2", "MILLRACE_TRAINER_ON_MALFORMED=skip");
    assertThat(run.deadLetters).singleElement().asString().startsWith("millrace.minibatches.train");
    assertThat(run.steps).isEqualTo(2);
  }

  @Test
  void recordWithoutHeadersIsADeadLetterAndStopsTheRun() {
    stream.withoutHeaders(2);
    TrainerHarness run = new TrainerHarness(stream);
    assertThatThrownBy(run::runProcess)
        .isInstanceOf(StreamException.class)
        .hasMessageContainingAll("train/0@2", "millrace-stream");
    assertThat(run.deadLetters).hasSize(1);
  }

  @Test
  void skippedForeignRecordIsCountedAndChangesNothingElse() {
    TrainerHarness undisturbed = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));
    undisturbed.runProcess();
    stream.repeated(2, 2).withoutHeaders(2);
    TrainerHarness run = new TrainerHarness(stream, OnMalformed.SKIP, 0.01);
    assertThat(run.runProcess()).isTrue();
    assertThat(run.weights()).isEqualTo(undisturbed.weights());
    assertThat(run.deadLetters).hasSize(1);
    assertThat(run.metrics()).extracting(EpochMetrics::rejected).containsExactly(1, 0);
  }

  private TrainerHarness runWithDamagedMinibatch() {
    stream.withValue(8, Arrays.copyOf(stream.records.get(8).value(), 100));
    // The stream is as ingest would have published it: the digest includes the damaged bytes.
    stream.redigest(2);
    TrainerHarness run = new TrainerHarness(stream, OnMalformed.SKIP, 0.01);
    assertThat(run.runProcess()).isTrue();
    return run;
  }

  @Test
  void metricsAndManifestCountASkippedMinibatch() {
    TrainerHarness run = runWithDamagedMinibatch();
    assertThat(run.steps).isEqualTo(TrainerHarness.EPOCHS * PublishedStream.BATCHES - 1);
    assertThat(run.metrics()).extracting(EpochMetrics::rejected).containsExactly(0, 1);
    assertThat(run.store.newest("r").orElseThrow().progress().rejected()).isEqualTo(1);
  }

  @Test
  void resumesExactlyNearASkippedMinibatch() {
    TrainerHarness run = runWithDamagedMinibatch();
    for (int effect = 20; effect < 40; effect++) {
      TrainerHarness killed = new TrainerHarness(stream, OnMalformed.SKIP, 0.01).killAt(effect);
      assertThatThrownBy(killed::runProcess).isInstanceOf(TrainerHarness.Killed.class);
      killed.runProcess();
      assertThat(killed.weights()).as("killed at %d", effect).isEqualTo(run.weights());
      assertThat(killed.metrics()).isEqualTo(run.metrics());
    }
  }
}
