package dev.millrace.inference.serving;

import static dev.millrace.inference.serving.GatedClassifier.assertNotServing;
import static dev.millrace.inference.serving.GatedClassifier.join;
import static dev.millrace.inference.serving.GatedClassifier.labels;
import static dev.millrace.inference.serving.GatedNetwork.image;
import static dev.millrace.inference.serving.GatedNetwork.images;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.inference.serving.RequestRejectedException.Kind;
import dev.millrace.protocol.stream.Minibatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What waits: batches, bounds, and who leaves. */
@Timeout(60)
class ClassifierQueueTest {
  private final GatedClassifier gated = new GatedClassifier(BatchLimits.DEFAULT);

  @AfterEach
  void close() throws InterruptedException {
    gated.close();
  }

  @Test
  void whatWaitsIsAnsweredInOneBatchOfAtMost64() {
    GatedNetwork network = gated.serve(new GatedNetwork("a", 1));
    CompletableFuture<List<Classification>> first = gated.holdAt(network);
    List<CompletableFuture<List<Classification>>> waiting = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      waiting.add(gated.classify(image(i % 10)));
    }
    network.release();

    assertThat(join(first).top(1).get(0).index()).isZero();
    for (int i = 0; i < 100; i++) {
      assertThat(join(waiting.get(i)).top(1).get(0).index()).isEqualTo(i % 10);
    }
    assertThat(gated.batches()).containsExactly(1, 64, 36);
  }

  @Test
  void aFullQueueRefusesAndAnswersWhatItAccepted() {
    GatedNetwork network = gated.serve(new GatedNetwork("a", 1));
    network.hold();
    List<CompletableFuture<List<Classification>>> accepted = new ArrayList<>();
    accepted.add(gated.classify(image(1)));
    network.awaitEntered();
    for (int i = 0; i < BatchLimits.DEFAULT.maxQueueImages(); i++) {
      accepted.add(gated.classify(image(1)));
    }

    assertNotServing(gated.classify(image(1)), Kind.QUEUE_FULL);
    network.release();

    accepted.forEach(answer -> assertThat(join(answer).top(1).get(0).index()).isEqualTo(1));
    assertThat(join(gated.classify(image(2))).top(1).get(0).index()).isEqualTo(2);
  }

  @Test
  void aRequestsImagesAreAnsweredTogetherAndCountOneByOne() {
    GatedNetwork network = gated.serve(new GatedNetwork("a", 1));
    CompletableFuture<List<Classification>> first = gated.holdAt(network);
    CompletableFuture<List<Classification>> forty = gated.classify(images(40));
    CompletableFuture<List<Classification>> thirty = gated.classify(images(30));
    network.release();

    join(first);
    assertThat(labels(forty)).isEqualTo(IntStream.range(0, 40).mapToObj(i -> i % 10).toList());
    assertThat(labels(thirty)).hasSize(30);
    assertThat(gated.batches()).containsExactly(1, 40, 30);
    assertThatThrownBy(() -> gated.classify(images(65)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("65 images; at most 64");
  }

  @Test
  void theQueueIsBoundedByImages() {
    GatedNetwork network = gated.serve(new GatedNetwork("a", 1));
    CompletableFuture<List<Classification>> running = gated.holdAt(network);
    for (int i = 0; i < 3; i++) {
      gated.classify(images(64));
    }
    gated.classify(images(60));

    assertNotServing(gated.classify(images(5)), Kind.QUEUE_FULL);
    CompletableFuture<List<Classification>> fits = gated.classify(images(4));
    network.release();
    assertThat(labels(fits)).hasSize(4);
    join(running);
  }

  @Test
  void floatsAndBytesShareABatch() {
    GatedNetwork network = gated.serve(new GatedNetwork("a", 1));
    CompletableFuture<List<Classification>> running = gated.holdAt(network);
    float[] pixels = new float[Minibatch.IMAGE_BYTES];
    pixels[0] = 7;
    CompletableFuture<List<Classification>> floats =
        gated.classifier().classify(ClassificationRequest.of(Images.of(pixels)));
    CompletableFuture<List<Classification>> bytes = gated.classify(image(8));
    network.release();

    join(running);
    assertThat(labels(floats)).containsExactly(7);
    assertThat(labels(bytes)).containsExactly(8);
    assertThat(gated.batches()).containsExactly(1, 2);
  }

  @Test
  void whoeverCancelsLeavesTheQueueAndIsNotComputed() {
    GatedNetwork network = gated.serve(new GatedNetwork("a", 1));
    CompletableFuture<List<Classification>> running = gated.holdAt(network);
    List<CompletableFuture<List<Classification>>> waiting = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      waiting.add(gated.classify(images(64)));
    }
    assertNotServing(gated.classify(image(0)), Kind.QUEUE_FULL);
    waiting.get(1).cancel(false);
    waiting.get(2).cancel(false);
    CompletableFuture<List<Classification>> last = gated.classify(image(3));
    network.release();

    join(running);
    assertThat(labels(last)).containsExactly(3);
    assertThat(waiting.get(3).join()).hasSize(64);
    assertThat(gated.batches().stream().mapToInt(i -> i).sum()).isEqualTo(1 + 2 * 64 + 1);
    assertThat(gated.telemetry().abandoned).hasValue(128);
  }

  @Test
  void whoseTimeIsUpIsToldSoWhileOthersRun() {
    GatedNetwork network = gated.serve(new GatedNetwork("a", 1));
    CompletableFuture<List<Classification>> running = gated.holdAt(network);
    CompletableFuture<List<Classification>> hasty =
        gated
            .classifier()
            .classify(
                new ClassificationRequest(
                    Images.of(image(1)), Optional.empty(), Optional.of(Duration.ofMillis(20))));

    assertThatThrownBy(hasty::join).hasCauseInstanceOf(TimeoutException.class);
    network.release();
    join(running);
    assertThat(gated.telemetry().abandoned).hasValue(1);
  }

  @Test
  void aLoneRequestWaitsForOthersOnlyAsLongAsIsSet() throws InterruptedException {
    BatchLimits limits = new BatchLimits(4, 16, Duration.ofMillis(200));
    try (GatedClassifier patient = new GatedClassifier(limits)) {
      patient.serve(new GatedNetwork("a", 1));
      long begin = System.nanoTime();
      CompletableFuture<List<Classification>> first = patient.classify(image(1));
      CompletableFuture<List<Classification>> second = patient.classify(image(2));
      join(first);
      assertThat(Duration.ofNanos(System.nanoTime() - begin))
          .isBetween(Duration.ofMillis(200), Duration.ofMillis(5_000));
      assertThat(labels(second)).containsExactly(2);
      assertThat(patient.batches()).containsExactly(2);

      long full = System.nanoTime();
      patient.classify(images(4)).join();
      assertThat(Duration.ofNanos(System.nanoTime() - full)).isLessThan(Duration.ofMillis(200));
    }
  }
}
