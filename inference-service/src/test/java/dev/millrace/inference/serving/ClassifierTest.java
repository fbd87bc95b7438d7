package dev.millrace.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.inference.serving.NotServingException.Kind;
import dev.millrace.model.Checkpoint;
import dev.millrace.protocol.Minibatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ClassifierTest {
  private final List<Integer> batches = new CopyOnWriteArrayList<>();
  private final CountingTelemetry telemetry = counting(batches);
  private final Classifier classifier = new Classifier(BatchLimits.DEFAULT, telemetry);

  private static CountingTelemetry counting(List<Integer> batches) {
    return new CountingTelemetry() {
      @Override
      public void batchCompleted(int images, Duration took) {
        batches.add(images);
      }
    };
  }

  @AfterEach
  void close() throws InterruptedException {
    classifier.close();
  }

  @Test
  void withoutANetworkNothingIsAccepted() {
    assertNotServing(classify(image(0)), Kind.NO_MODEL);
  }

  @Test
  void whatWaitsIsAnsweredInOneBatchOfAtMost64() {
    GatedNetwork network = serve(new GatedNetwork("a", 1));
    network.hold();
    CompletableFuture<List<Classification>> first = classify(image(0));
    network.awaitEntered();
    List<CompletableFuture<List<Classification>>> waiting = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      waiting.add(classify(image(i % 10)));
    }
    network.release();

    assertThat(join(first).top(1).get(0).index()).isZero();
    for (int i = 0; i < 100; i++) {
      assertThat(join(waiting.get(i)).top(1).get(0).index()).isEqualTo(i % 10);
    }
    assertThat(batches).containsExactly(1, 64, 36);
  }

  @Test
  void aFullQueueRefusesAndAnswersWhatItAccepted() {
    GatedNetwork network = serve(new GatedNetwork("a", 1));
    network.hold();
    List<CompletableFuture<List<Classification>>> accepted = new ArrayList<>();
    accepted.add(classify(image(1)));
    network.awaitEntered();
    for (int i = 0; i < BatchLimits.DEFAULT.maxQueueImages(); i++) {
      accepted.add(classify(image(1)));
    }

    assertNotServing(classify(image(1)), Kind.QUEUE_FULL);
    network.release();

    accepted.forEach(answer -> assertThat(join(answer).top(1).get(0).index()).isEqualTo(1));
    assertThat(join(classify(image(2))).top(1).get(0).index()).isEqualTo(2);
  }

  @Test
  void aNetworkIsExchangedBetweenTwoBatchesAndTheOldOneClosed() {
    GatedNetwork old = serve(new GatedNetwork("old", 1));
    GatedNetwork next = new GatedNetwork("next", 2);
    old.hold();
    CompletableFuture<List<Classification>> running = classify(image(3));
    old.awaitEntered();
    CompletableFuture<List<Classification>> waiting = classify(image(3));
    CompletionStage<Void> replaced = classifier.replace(next);
    assertThat(replaced.toCompletableFuture()).isNotDone();
    assertThat(old.closed()).isFalse();
    old.release();

    replaced.toCompletableFuture().join();
    assertThat(join(running).checkpoint().id()).isEqualTo("old");
    assertThat(join(waiting).checkpoint().id()).isEqualTo("next");
    join(classify(image(0)));
    assertThat(old.closed()).isTrue();
    assertThat(next.closed()).isFalse();
  }

  @Test
  void underLoadEveryAnswerIsTheOneOfTheCheckpointItNames() throws Exception {
    Checkpoint first = Checkpoints.of("run", 1, 1);
    Checkpoint second = Checkpoints.of("run", 1, 2);
    byte[] pixels = Checkpoints.pixels(9);
    List<Double> expectedFirst = Checkpoints.probabilities(first, pixels);
    List<Double> expectedSecond = Checkpoints.probabilities(second, pixels);
    replace(first);
    AtomicBoolean stop = new AtomicBoolean();
    List<CompletableFuture<List<Classification>>> clients = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      clients.add(CompletableFuture.supplyAsync(() -> classifyUntil(stop, pixels)));
    }
    for (int i = 0; i < 20; i++) {
      replace(i % 2 == 0 ? second : first);
    }
    stop.set(true);

    List<Classification> answers = new ArrayList<>();
    for (CompletableFuture<List<Classification>> client : clients) {
      answers.addAll(client.get(30, TimeUnit.SECONDS));
    }
    assertThat(answers.stream().map(answer -> answer.checkpoint().step()).distinct())
        .containsExactlyInAnyOrder(1L, 2L);
    for (Classification answer : answers) {
      List<Double> expected = answer.checkpoint().step() == 1 ? expectedFirst : expectedSecond;
      for (int i = 0; i < expected.size(); i++) {
        assertThat(Math.abs(answer.probabilities().get(i) - expected.get(i))).isLessThan(1e-5);
      }
    }
  }

  @Test
  void aFailingPassIsTheAnswerOfItsRequestsAndNoOthers() {
    GatedNetwork network = serve(new GatedNetwork("a", 1));
    network.failNext(new IllegalStateException("engine broken"));

    assertThatThrownBy(() -> join(classify(image(1)))).hasRootCauseMessage("engine broken");
    assertThat(join(classify(image(2))).top(1).get(0).index()).isEqualTo(2);
    assertThat(classifier.isAlive()).isTrue();
  }

  @Test
  void closingAnswersWhatWasAcceptedAndNothingMore() throws InterruptedException {
    GatedNetwork network = serve(new GatedNetwork("a", 1));
    network.hold();
    List<CompletableFuture<List<Classification>>> accepted = new ArrayList<>();
    accepted.add(classify(image(1)));
    network.awaitEntered();
    for (int i = 0; i < 70; i++) {
      accepted.add(classify(image(1)));
    }
    CompletableFuture<Void> closing =
        CompletableFuture.runAsync(
            () -> {
              try {
                classifier.close();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    network.release();
    closing.join();

    accepted.forEach(answer -> assertThat(answer).isCompleted());
    assertThat(network.closed()).isTrue();
    assertNotServing(classify(image(1)), Kind.CLOSED);
    GatedNetwork late = new GatedNetwork("late", 2);
    assertThat(classifier.replace(late).toCompletableFuture()).isCompletedExceptionally();
    assertThat(late.closed()).isTrue();
  }

  @Test
  void aRequestsImagesAreAnsweredTogetherAndCountOneByOne() {
    GatedNetwork network = serve(new GatedNetwork("a", 1));
    network.hold();
    CompletableFuture<List<Classification>> first = classify(image(0));
    network.awaitEntered();
    CompletableFuture<List<Classification>> forty = classify(images(40));
    CompletableFuture<List<Classification>> thirty = classify(images(30));
    network.release();

    join(first);
    assertThat(labels(forty)).isEqualTo(IntStream.range(0, 40).mapToObj(i -> i % 10).toList());
    assertThat(labels(thirty)).hasSize(30);
    assertThat(batches).containsExactly(1, 40, 30);
    assertThatThrownBy(() -> classify(images(65)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("65 images; at most 64");
  }

  @Test
  void theQueueIsBoundedByImages() {
    GatedNetwork network = serve(new GatedNetwork("a", 1));
    network.hold();
    CompletableFuture<List<Classification>> running = classify(image(0));
    network.awaitEntered();
    for (int i = 0; i < 3; i++) {
      classify(images(64));
    }
    classify(images(60));

    assertNotServing(classify(images(5)), Kind.QUEUE_FULL);
    CompletableFuture<List<Classification>> fits = classify(images(4));
    network.release();
    assertThat(labels(fits)).hasSize(4);
    join(running);
  }

  @Test
  void floatsAndBytesShareABatch() {
    GatedNetwork network = serve(new GatedNetwork("a", 1));
    network.hold();
    CompletableFuture<List<Classification>> running = classify(image(0));
    network.awaitEntered();
    float[] pixels = new float[Minibatch.IMAGE_BYTES];
    pixels[0] = 7;
    CompletableFuture<List<Classification>> floats =
        classifier.classify(ClassificationRequest.of(Images.of(pixels)));
    CompletableFuture<List<Classification>> bytes = classify(image(8));
    network.release();

    join(running);
    assertThat(labels(floats)).containsExactly(7);
    assertThat(labels(bytes)).containsExactly(8);
    assertThat(batches).containsExactly(1, 2);
  }

  @Test
  void whoeverCancelsLeavesTheQueueAndIsNotComputed() {
    GatedNetwork network = serve(new GatedNetwork("a", 1));
    network.hold();
    CompletableFuture<List<Classification>> running = classify(image(0));
    network.awaitEntered();
    List<CompletableFuture<List<Classification>>> waiting = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      waiting.add(classify(images(64)));
    }
    assertNotServing(classify(image(0)), Kind.QUEUE_FULL);
    waiting.get(1).cancel(false);
    waiting.get(2).cancel(false);
    CompletableFuture<List<Classification>> last = classify(image(3));
    network.release();

    join(running);
    assertThat(labels(last)).containsExactly(3);
    assertThat(waiting.get(3).join()).hasSize(64);
    assertThat(batches.stream().mapToInt(i -> i).sum()).isEqualTo(1 + 2 * 64 + 1);
    assertThat(telemetry.abandoned).hasValue(128);
  }

  @Test
  void whoseTimeIsUpIsToldSoWhileOthersRun() {
    GatedNetwork network = serve(new GatedNetwork("a", 1));
    network.hold();
    CompletableFuture<List<Classification>> running = classify(image(0));
    network.awaitEntered();
    CompletableFuture<List<Classification>> hasty =
        classifier.classify(
            new ClassificationRequest(
                Images.of(image(1)), Optional.empty(), Optional.of(Duration.ofMillis(20))));

    assertThatThrownBy(hasty::join).hasCauseInstanceOf(TimeoutException.class);
    network.release();
    join(running);
    assertThat(telemetry.abandoned).hasValue(1);
  }

  @Test
  void aCheckpointThatIsAskedForByNameAnswersOrNoneDoes() {
    GatedNetwork old = serve(new GatedNetwork("old", 1));
    old.hold();
    CompletableFuture<List<Classification>> running = classifyBy("old", image(1));
    old.awaitEntered();
    CompletableFuture<List<Classification>> waitingForOld = classifyBy("old", image(1));
    CompletableFuture<List<Classification>> waitingForNext = classifyBy("next", image(1));
    classifier.replace(new GatedNetwork("next", 2));
    old.release();

    assertThat(join(running).checkpoint().id()).isEqualTo("old");
    assertNotServing(waitingForOld, Kind.OTHER_CHECKPOINT);
    assertThat(join(waitingForNext).checkpoint().id()).isEqualTo("next");
  }

  @Test
  void aLoneRequestWaitsForOthersOnlyAsLongAsIsSet() throws InterruptedException {
    List<Integer> together = new CopyOnWriteArrayList<>();
    BatchLimits limits = new BatchLimits(4, 16, Duration.ofMillis(200));
    try (Classifier patient = new Classifier(limits, counting(together))) {
      patient.replace(new GatedNetwork("a", 1)).toCompletableFuture().join();
      long begin = System.nanoTime();
      CompletableFuture<List<Classification>> first =
          patient.classify(ClassificationRequest.of(Images.of(image(1))));
      CompletableFuture<List<Classification>> second =
          patient.classify(ClassificationRequest.of(Images.of(image(2))));
      join(first);
      assertThat(Duration.ofNanos(System.nanoTime() - begin))
          .isBetween(Duration.ofMillis(200), Duration.ofMillis(5_000));
      assertThat(labels(second)).containsExactly(2);
      assertThat(together).containsExactly(2);

      long full = System.nanoTime();
      patient.classify(ClassificationRequest.of(Images.of(images(4)))).join();
      assertThat(Duration.ofNanos(System.nanoTime() - full)).isLessThan(Duration.ofMillis(200));
    }
  }

  private CompletableFuture<List<Classification>> classifyBy(String checkpoint, byte[] pixels) {
    return classifier.classify(
        new ClassificationRequest(Images.of(pixels), Optional.of(checkpoint), Optional.empty()));
  }

  private static List<Integer> labels(CompletableFuture<List<Classification>> answer) {
    return answer.join().stream().map(image -> image.top(1).get(0).index()).toList();
  }

  /** Images whose labels count up to 9 and begin again. */
  private static byte[] images(int count) {
    byte[] pixels = new byte[count * Minibatch.IMAGE_BYTES];
    for (int i = 0; i < count; i++) {
      pixels[i * Minibatch.IMAGE_BYTES] = (byte) (i % 10);
    }
    return pixels;
  }

  private GatedNetwork serve(GatedNetwork network) {
    classifier.replace(network).toCompletableFuture().join();
    return network;
  }

  private void replace(Checkpoint checkpoint) {
    classifier
        .replace(CheckpointVerifier.verify(checkpoint.manifest(), checkpoint.weights()))
        .toCompletableFuture()
        .join();
  }

  private List<Classification> classifyUntil(AtomicBoolean stop, byte[] pixels) {
    List<Classification> answers = new ArrayList<>();
    while (!stop.get()) {
      List<CompletableFuture<List<Classification>>> some = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        some.add(classify(pixels));
      }
      some.forEach(answer -> answers.add(join(answer)));
    }
    return answers;
  }

  /** An image that {@link GatedNetwork} takes for this class. */
  private static byte[] image(int label) {
    byte[] pixels = new byte[Minibatch.IMAGE_BYTES];
    pixels[0] = (byte) label;
    return pixels;
  }

  private CompletableFuture<List<Classification>> classify(byte[] pixels) {
    return classifier.classify(ClassificationRequest.of(Images.of(pixels)));
  }

  private static Classification join(CompletableFuture<List<Classification>> answer) {
    List<Classification> images = answer.join();
    assertThat(images).hasSize(1);
    return images.get(0);
  }

  private static void assertNotServing(CompletableFuture<List<Classification>> answer, Kind kind) {
    assertThatThrownBy(() -> join(answer))
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            NotServingException.class, e -> assertThat(e.kind()).isEqualTo(kind));
  }
}
