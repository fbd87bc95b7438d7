package dev.millrace.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.inference.serving.NotServingException.Kind;
import dev.millrace.model.Checkpoint;
import dev.millrace.protocol.Minibatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ClassifierTest {
  private final List<Integer> batches = new CopyOnWriteArrayList<>();
  private final Classifier classifier =
      new Classifier(
          new CountingTelemetry() {
            @Override
            public void batchCompleted(int images, Duration took) {
              batches.add(images);
            }
          });

  @AfterEach
  void close() throws InterruptedException {
    classifier.close();
  }

  @Test
  void withoutANetworkNothingIsAccepted() {
    assertNotServing(classifier.classify(image(0)), Kind.NO_MODEL);
  }

  @Test
  void whatWaitsIsAnsweredInOneBatchOfAtMost64() {
    GatedNetwork network = serve(new GatedNetwork("a", 1));
    network.hold();
    CompletionStage<Classification> first = classifier.classify(image(0));
    network.awaitEntered();
    List<CompletionStage<Classification>> waiting = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      waiting.add(classifier.classify(image(i % 10)));
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
    List<CompletionStage<Classification>> accepted = new ArrayList<>();
    accepted.add(classifier.classify(image(1)));
    network.awaitEntered();
    for (int i = 0; i < Classifier.MAX_WAITING; i++) {
      accepted.add(classifier.classify(image(1)));
    }

    assertNotServing(classifier.classify(image(1)), Kind.QUEUE_FULL);
    network.release();

    accepted.forEach(answer -> assertThat(join(answer).top(1).get(0).index()).isEqualTo(1));
    assertThat(join(classifier.classify(image(2))).top(1).get(0).index()).isEqualTo(2);
  }

  @Test
  void aNetworkIsExchangedBetweenTwoBatchesAndTheOldOneClosed() {
    GatedNetwork old = serve(new GatedNetwork("old", 1));
    GatedNetwork next = new GatedNetwork("next", 2);
    old.hold();
    CompletionStage<Classification> running = classifier.classify(image(3));
    old.awaitEntered();
    CompletionStage<Classification> waiting = classifier.classify(image(3));
    CompletionStage<Void> replaced = classifier.replace(next);
    assertThat(replaced.toCompletableFuture()).isNotDone();
    assertThat(old.closed()).isFalse();
    old.release();

    replaced.toCompletableFuture().join();
    assertThat(join(running).checkpoint().id()).isEqualTo("old");
    assertThat(join(waiting).checkpoint().id()).isEqualTo("next");
    join(classifier.classify(image(0)));
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

    assertThatThrownBy(() -> join(classifier.classify(image(1))))
        .hasRootCauseMessage("engine broken");
    assertThat(join(classifier.classify(image(2))).top(1).get(0).index()).isEqualTo(2);
    assertThat(classifier.isAlive()).isTrue();
  }

  @Test
  void closingAnswersWhatWasAcceptedAndNothingMore() throws InterruptedException {
    GatedNetwork network = serve(new GatedNetwork("a", 1));
    network.hold();
    List<CompletionStage<Classification>> accepted = new ArrayList<>();
    accepted.add(classifier.classify(image(1)));
    network.awaitEntered();
    for (int i = 0; i < 70; i++) {
      accepted.add(classifier.classify(image(1)));
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

    accepted.forEach(answer -> assertThat(answer.toCompletableFuture()).isCompleted());
    assertThat(network.closed()).isTrue();
    assertNotServing(classifier.classify(image(1)), Kind.CLOSED);
    GatedNetwork late = new GatedNetwork("late", 2);
    assertThat(classifier.replace(late).toCompletableFuture()).isCompletedExceptionally();
    assertThat(late.closed()).isTrue();
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
      List<CompletionStage<Classification>> some = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        some.add(classifier.classify(pixels));
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

  private static Classification join(CompletionStage<Classification> answer) {
    return answer.toCompletableFuture().join();
  }

  private static void assertNotServing(CompletionStage<Classification> answer, Kind kind) {
    assertThatThrownBy(() -> join(answer))
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            NotServingException.class, e -> assertThat(e.kind()).isEqualTo(kind));
  }
}
