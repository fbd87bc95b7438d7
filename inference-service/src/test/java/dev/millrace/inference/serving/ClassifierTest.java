package dev.millrace.inference.serving;

import static dev.millrace.inference.serving.GatedClassifier.assertNotServing;
import static dev.millrace.inference.serving.GatedClassifier.join;
import static dev.millrace.inference.serving.GatedNetwork.image;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.checkpoint.Checkpoint;
import dev.millrace.inference.reload.CheckpointVerifier;
import dev.millrace.inference.reload.Checkpoints;
import dev.millrace.inference.serving.RequestRejectedException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ClassifierTest {
  private final GatedClassifier gated = new GatedClassifier(BatchLimits.DEFAULT);

  @AfterEach
  void close() throws InterruptedException {
    gated.close();
  }

  @Test
  void withoutANetworkNothingIsAccepted() {
    assertNotServing(gated.classify(image(0)), Kind.NO_MODEL);
  }

  @Test
  void aNetworkTakesOverAtOnceAndTheOldOneIsClosedBehindItsPass() {
    GatedNetwork old = gated.serve(new GatedNetwork("old", 1));
    CompletableFuture<List<Classification>> running = gated.holdAt(old);
    CompletableFuture<List<Classification>> waiting = gated.classify(image(3));
    GatedNetwork next = gated.serve(new GatedNetwork("next", 2));
    assertThat(old.closed()).isFalse();
    old.release();

    assertThat(join(running).checkpoint().id()).isEqualTo("old");
    assertThat(join(waiting).checkpoint().id()).isEqualTo("next");
    assertThat(old.closed()).isTrue();
    assertThat(next.closed()).isFalse();
  }

  @Test
  void aNetworkIsClosedBehindTheLastOfItsPasses() {
    GatedNetwork old = gated.serve(new GatedNetwork("old", 1, 2));
    CompletableFuture<List<Classification>> first = gated.holdAt(old);
    CompletableFuture<List<Classification>> second = gated.holdAt(old);
    GatedNetwork next = gated.serve(new GatedNetwork("next", 2, 2));
    old.release();
    CompletableFuture.anyOf(first, second).join();
    // Answered on the thread that is free again, so what it used before it has let go.
    assertThat(join(gated.classify(image(0))).checkpoint().id()).isEqualTo("next");
    assertThat(old.closed()).isFalse();
    old.release();

    assertThat(join(first).checkpoint().id()).isEqualTo("old");
    assertThat(join(second).checkpoint().id()).isEqualTo("old");
    await().until(old::closed);
    assertThat(next.closed()).isFalse();
  }

  @Test
  void whileOnePassIsHeldUpTheOtherCoreAnswers() {
    GatedNetwork network = gated.serve(new GatedNetwork("a", 1, 2));
    CompletableFuture<List<Classification>> heldUp = gated.holdAt(network);
    for (int i = 0; i < 10; i++) {
      assertThat(join(gated.classify(image(i))).top(1).get(0).index()).isEqualTo(i);
    }
    assertThat(heldUp).isNotDone();
    network.release();
    join(heldUp);
  }

  @Test
  void aCheckpointThatIsAskedForByNameAnswersOrNoneDoes() {
    GatedNetwork old = gated.serve(new GatedNetwork("old", 1));
    old.hold();
    CompletableFuture<List<Classification>> running = gated.classifyBy("old", image(1));
    old.awaitEntered();
    CompletableFuture<List<Classification>> waitingForOld = gated.classifyBy("old", image(1));
    CompletableFuture<List<Classification>> waitingForNext = gated.classifyBy("next", image(1));
    gated.classifier().replace(new GatedNetwork("next", 2));
    old.release();

    assertThat(join(running).checkpoint().id()).isEqualTo("old");
    assertNotServing(waitingForOld, Kind.OTHER_CHECKPOINT);
    assertThat(join(waitingForNext).checkpoint().id()).isEqualTo("next");
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
    GatedNetwork network = gated.serve(new GatedNetwork("a", 1));
    network.failNext(new IllegalStateException("engine broken"));

    assertThatThrownBy(() -> join(gated.classify(image(1)))).hasRootCauseMessage("engine broken");
    assertThat(join(gated.classify(image(2))).top(1).get(0).index()).isEqualTo(2);
    assertThat(gated.classifier().isAlive()).isTrue();
  }

  @Test
  void closingAnswersWhatWasAcceptedAndNothingMore() throws InterruptedException {
    GatedNetwork network = gated.serve(new GatedNetwork("a", 1));
    network.hold();
    List<CompletableFuture<List<Classification>>> accepted = new ArrayList<>();
    accepted.add(gated.classify(image(1)));
    network.awaitEntered();
    for (int i = 0; i < 70; i++) {
      accepted.add(gated.classify(image(1)));
    }
    CompletableFuture<Void> closing =
        CompletableFuture.runAsync(
            () -> {
              try {
                gated.classifier().close();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    network.release();
    closing.join();

    accepted.forEach(answer -> assertThat(answer).isCompleted());
    assertThat(network.closed()).isTrue();
    assertNotServing(gated.classify(image(1)), Kind.CLOSED);
    GatedNetwork late = new GatedNetwork("late", 2);
    assertThatThrownBy(() -> gated.serve(late)).isInstanceOf(RequestRejectedException.class);
    assertThat(late.closed()).isTrue();
  }

  private void replace(Checkpoint checkpoint) {
    gated
        .classifier()
        .replace(CheckpointVerifier.verify(checkpoint.manifest(), checkpoint.weights()));
  }

  private List<Classification> classifyUntil(AtomicBoolean stop, byte[] pixels) {
    List<Classification> answers = new ArrayList<>();
    while (!stop.get()) {
      List<CompletableFuture<List<Classification>>> some = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        some.add(gated.classify(pixels));
      }
      some.forEach(answer -> answers.add(join(answer)));
    }
    return answers;
  }
}
