package dev.millrace.trainer.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.stream.ResendRequest;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the trainer while no record arrives. It saves its state, because ingest may wait for that,
 * and asks for deleted records. The weights are those of an undisturbed run.
 */
class IdleStreamIT {
  private static final int EPOCH_RECORDS = PublishedStream.BATCHES + 1;

  private static String undisturbed() {
    TrainerHarness run = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));
    run.runProcess();
    return run.weights();
  }

  @Test
  void savesAndCommitsWhileNoRecordArrives() {
    TrainerHarness run = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));
    run.idleAt.add(1L);
    run.idleAt.add(3L);
    // The last minibatch of the epoch is trained, and the end of the epoch has not arrived yet.
    run.idleAt.add((long) PublishedStream.BATCHES);

    assertThat(run.runProcess()).isTrue();

    assertThat(run.commits)
        .contains(Map.of(0, 1L), Map.of(0, 3L), Map.of(0, (long) PublishedStream.BATCHES));
    assertThat(run.weights()).isEqualTo(undisturbed());
  }

  @Test
  void doesNotSaveBeforeTheFirstStep() {
    TrainerHarness run = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));
    run.idleAt.add(0L);

    run.runProcess();

    assertThat(run.commits).doesNotContain(Map.of(0, 0L), Map.of());
  }

  @Test
  void commitsOffsetsAfterRepeatedRecordsWithoutAStep() {
    PublishedStream stream = PublishedStream.train(TrainerHarness.EPOCHS);
    stream.repeated(0, EPOCH_RECORDS).repeated(0, EPOCH_RECORDS);
    TrainerHarness run = new TrainerHarness(stream);
    run.idleAt.add(EPOCH_RECORDS + 2L);

    assertThat(run.runProcess()).isTrue();

    assertThat(run.commits).contains(Map.of(0, EPOCH_RECORDS + 2L));
    assertThat(run.repeated).hasSize(2);
    assertThat(run.weights()).isEqualTo(undisturbed());
  }

  /**
   * Tests a run that resumes at offset 3 of records 0 to 11 after all records before {@code begin}
   * were deleted.
   */
  @ParameterizedTest
  @ValueSource(longs = {4, 5, 6, 9, 12})
  void requestsDeletedRecordsAndTrainsThemInOrder(long begin) {
    TrainerHarness run = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));
    stopAt(run, 2);
    run.begins.put(0, begin);

    assertThat(run.runProcess()).isTrue();

    assertThat(run.requests).containsExactly(new ResendRequest(1, 2, begin));
    assertThat(run.weights()).isEqualTo(undisturbed());
  }

  @Test
  void killDuringAResendChangesNoWeights() {
    for (int effect = 0; effect < 12; effect++) {
      TrainerHarness run = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));
      stopAt(run, 2);
      run.begins.put(0, 8L);
      run.killAt(effect);
      assertThatThrownBy(run::runProcess).isInstanceOf(TrainerHarness.Killed.class);
      run.runProcess();
      assertThat(run.weights()).as("killed at %d", effect).isEqualTo(undisturbed());
    }
  }

  /**
   * Tests a loss in a process that has trained steps since its last checkpoint. It saves them while
   * it waits, and a process that resumes from that checkpoint must find the loss again.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void killAfterASaveDuringAResendChangesNoWeights(int recordsPerStep) {
    TrainerHarness undisturbed =
        new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS), recordsPerStep);
    undisturbed.runProcess();
    for (int effect = 0; effect < undisturbed.effects(); effect++) {
      TrainerHarness run =
          new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS), recordsPerStep);
      run.beforeRead = offset -> run.begins.put(0, offset < 2 ? 0L : 9L);
      run.killAt(effect);
      assertThatThrownBy(run::runProcess).isInstanceOf(TrainerHarness.Killed.class);
      run.runProcess();
      assertThat(run.weights()).as("killed at %d", effect).isEqualTo(undisturbed.weights());
    }
  }

  @Test
  void requestsRecordsAfterASecondLoss() {
    TrainerHarness run = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));
    stopAt(run, 2);
    run.begins.put(0, 4L);
    run.killAt(2);
    assertThatThrownBy(run::runProcess).isInstanceOf(TrainerHarness.Killed.class);
    run.begins.put(0, 15L);

    assertThat(run.runProcess()).isTrue();

    assertThat(run.requests).last().isEqualTo(new ResendRequest(1, 2, 15));
    assertThat(run.weights()).isEqualTo(undisturbed());
  }

  @Test
  void skipsRecordsOfAnOlderGeneration() {
    PublishedStream stream = PublishedStream.train(TrainerHarness.EPOCHS);
    TrainerHarness run = new TrainerHarness(stream);
    run.requestResend(0, new ResendRequest(1, 2, 0), true);
    // An ingest process that hung publishes its old records between those of the new generation.
    stream.repeated(EPOCH_RECORDS + 1, 2 * EPOCH_RECORDS + 1);
    stopAt(run, 2);
    run.begins.put(0, 2L * EPOCH_RECORDS);

    assertThat(run.runProcess()).isTrue();

    assertThat(run.weights()).isEqualTo(undisturbed());
  }

  @Test
  void requestsEachPartitionSeparately() {
    TrainerHarness undisturbed =
        new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS, 2));
    undisturbed.runProcess();
    TrainerHarness run = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS, 2));
    stopAt(run, 1);
    run.begins.put(0, 3L);
    run.begins.put(1, 2L);

    assertThat(run.runProcess()).isTrue();

    assertThat(run.requests)
        .containsExactlyInAnyOrder(new ResendRequest(1, 2, 3), new ResendRequest(1, 3, 2));
    assertThat(run.weights()).isEqualTo(undisturbed.weights());
  }

  /**
   * Runs a first process that stops normally, with a checkpoint before that offset of every
   * partition.
   */
  private static void stopAt(TrainerHarness run, long offset) {
    run.stopAt = offset;
    assertThat(run.runProcess()).isFalse();
    run.stopAt = Long.MAX_VALUE;
  }
}
