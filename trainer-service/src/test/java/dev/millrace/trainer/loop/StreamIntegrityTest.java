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
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * Tests that a stream that differs from the published one is detected and never trained silently.
 */
class StreamIntegrityTest {
  private static final int END_OF_FIRST_EPOCH = PublishedStream.BATCHES;
  private static final byte[] NOISE = "not a minibatch".getBytes(StandardCharsets.UTF_8);

  private final PublishedStream stream = PublishedStream.train(Run.EPOCHS);

  private void assertStops(String... says) {
    Run run = new Run(stream);
    assertThatThrownBy(run::live).isInstanceOf(StreamException.class).hasMessageContainingAll(says);
    assertThat(run.deadLetters).isEmpty();
  }

  @Test
  void aLostMinibatchStopsTheRun() {
    stream.without(3);
    assertStops(
        "millrace.minibatches.train/0@3",
        "minibatch 4 of epoch 1",
        "expected minibatch 3 of epoch");
  }

  @Test
  void aLostEpochEndStopsTheRun() {
    stream.without(END_OF_FIRST_EPOCH);
    assertStops("train/0@5", "minibatch 0 of epoch 2", "expected the end of epoch 1");
  }

  @Test
  void anEpochThatEndsEarlyStopsTheRun() {
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
    Run undisturbed = new Run(PublishedStream.train(Run.EPOCHS));
    undisturbed.live();
    stream.repeated(1, 2).repeated(END_OF_FIRST_EPOCH + 1, END_OF_FIRST_EPOCH + 4).repeated(0, 9);
    Run run = new Run(stream);
    assertThat(run.live()).isTrue();
    assertThat(run.repeated).hasSize(3);
    assertThat(run.weights()).isEqualTo(undisturbed.weights());
  }

  @Test
  void aForeignStreamStopsTheRun() {
    stream.withHeaders(
        1, new MinibatchHeaders("feedfeedfeedfeed", Split.TRAIN, 1, 1, Kind.MINIBATCH));
    assertStops("train/0@1", "feedfeedfeedfeed", stream.description.id());
  }

  @Test
  void anotherSplitsMinibatchStopsTheRun() {
    String id = stream.description.id();
    stream.withHeaders(1, new MinibatchHeaders(id, Split.TEST, 1, 1, Kind.MINIBATCH));
    assertStops("train/0@1", "split test");
  }

  @Test
  void anAlteredMinibatchIsFoundAtTheEpochsEnd() {
    byte[] other = stream.records.get(7).value();
    stream.withValue(2, other);
    assertStops("train/0@5", "closes epoch 1", "digest", "altered");
  }

  @Test
  void anEpochEndOfAnotherVersionStopsTheRun() {
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
  void anEpochEndOfAnotherPartitionStopsTheRun() {
    EpochEnd end = Json.read(stream.records.get(END_OF_FIRST_EPOCH).value(), EpochEnd.class);
    EpochEnd other =
        EpochEnd.of(stream.description, Split.TRAIN, 1, 1, new EpochDigest(end.digest()));
    stream.withValue(END_OF_FIRST_EPOCH, Json.bytes(other));
    assertStops("train/0@5", "closes epoch 1");
  }

  @Test
  void anUnreadableEpochEndStopsTheRunWhateverTheSettings() {
    stream.withValue(END_OF_FIRST_EPOCH, NOISE);
    assertThatThrownBy(new Run(stream, OnMalformed.SKIP, 0.01)::live)
        .isInstanceOf(StreamException.class)
        .hasMessageContainingAll("train/0@5", "should end the epoch");
  }

  @Test
  void aMalformedMinibatchIsADeadLetterAndStopsTheRun() {
    stream.withValue(2, NOISE);
    Run run = new Run(stream);
    assertThatThrownBy(run::live)
        .isInstanceOf(StreamException.class)
        .hasMessageContainingAll("train/0@2", "MILLRACE_TRAINER_ON_MALFORMED=skip");
    assertThat(run.deadLetters).singleElement().asString().startsWith("millrace.minibatches.train");
    assertThat(run.steps).isEqualTo(2);
  }

  @Test
  void aRecordWithoutHeadersIsADeadLetterAndStopsTheRun() {
    stream.withoutHeaders(2);
    Run run = new Run(stream);
    assertThatThrownBy(run::live)
        .isInstanceOf(StreamException.class)
        .hasMessageContainingAll("train/0@2", "millrace-stream");
    assertThat(run.deadLetters).hasSize(1);
  }

  @Test
  void skippedNoiseBetweenMinibatchesIsCountedAndChangesNothingElse() {
    Run undisturbed = new Run(PublishedStream.train(Run.EPOCHS));
    undisturbed.live();
    stream.repeated(2, 2).withoutHeaders(2);
    Run run = new Run(stream, OnMalformed.SKIP, 0.01);
    assertThat(run.live()).isTrue();
    assertThat(run.weights()).isEqualTo(undisturbed.weights());
    assertThat(run.deadLetters).hasSize(1);
    assertThat(run.metrics()).extracting(EpochMetrics::rejected).containsExactly(1, 0);
  }

  @Test
  void aSkippedMinibatchIsCountedInMetricsAndManifestAndTheRunIsKilledSafelyToo() {
    byte[] cut = Arrays.copyOf(stream.records.get(8).value(), 100);
    stream.withValue(8, cut);
    Run run = new Run(stream, OnMalformed.SKIP, 0.01);
    // The stream is as ingest would have published it: the digest includes the damaged bytes.
    stream.redigest(2);
    assertThat(run.live()).isTrue();
    assertThat(run.steps).isEqualTo(Run.EPOCHS * PublishedStream.BATCHES - 1);
    assertThat(run.metrics()).extracting(EpochMetrics::rejected).containsExactly(0, 1);
    assertThat(run.store.newest("r").orElseThrow().progress().rejected()).isEqualTo(1);
    for (int effect = 20; effect < 40; effect++) {
      Run killed = new Run(stream, OnMalformed.SKIP, 0.01).killAt(effect);
      assertThatThrownBy(killed::live).isInstanceOf(Run.Killed.class);
      killed.live();
      assertThat(killed.weights()).as("killed at %d", effect).isEqualTo(run.weights());
      assertThat(killed.metrics()).isEqualTo(run.metrics());
    }
  }
}
