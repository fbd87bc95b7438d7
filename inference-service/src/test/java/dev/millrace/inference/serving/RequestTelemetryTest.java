package dev.millrace.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.protocol.stream.Minibatch;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every request is followed to exactly one end. */
@Timeout(60)
class RequestTelemetryTest {
  private final CountingTelemetry telemetry = new CountingTelemetry();
  private final Classifier classifier =
      new Classifier(new BatchLimits(1, 1, Duration.ZERO), telemetry);

  @AfterEach
  void close() throws InterruptedException {
    classifier.close();
  }

  @Test
  void anAnswerIsFollowedToTheCheckpointThatComputedIt() {
    serve();
    classify().join();
    awaitOutcomes("forward", "answered by a");
  }

  @Test
  void aRefusalIsAnEndToo() {
    assertThatThrownBy(() -> classify().join()).hasCauseInstanceOf(RequestRejectedException.class);
    awaitOutcomes("RequestRejectedException");
  }

  @Test
  void aRequestThatIsCancelledInTheQueueNeverBeginsItsPass() {
    GatedNetwork network = serve();
    network.hold();
    CompletableFuture<List<Classification>> running = classify();
    network.awaitEntered();
    classify().cancel(false);
    network.release();
    running.join();
    awaitOutcomes("forward", "CancellationException", "answered by a");
  }

  @Test
  void aFailedPassIsToldWithItsFailure() {
    serve().failNext(new IllegalStateException("broken"));
    assertThatThrownBy(() -> classify().join()).hasRootCauseMessage("broken");
    awaitOutcomes("forward", "IllegalStateException");
  }

  private GatedNetwork serve() {
    GatedNetwork network = new GatedNetwork("a", 1);
    classifier.replace(network);
    return network;
  }

  private CompletableFuture<List<Classification>> classify() {
    return classifier.classify(
        ClassificationRequest.of(Images.of(new byte[Minibatch.IMAGE_BYTES])));
  }

  private void awaitOutcomes(String... expected) {
    await().untilAsserted(() -> assertThat(telemetry.outcomes).containsExactly(expected));
  }
}
