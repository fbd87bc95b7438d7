package dev.millrace.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.Minibatch;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RequestQueueTest {
  private static final Duration LONG_PASS = Duration.ofSeconds(1);

  private final CountingTelemetry telemetry = new CountingTelemetry();
  private final RequestQueue queue = new RequestQueue(BatchLimits.DEFAULT, telemetry);

  private void ask() {
    queue.add(
        ClassificationRequest.of(Images.of(new byte[Minibatch.IMAGE_BYTES])),
        telemetry.requestArrived(1));
  }

  @Test
  @Timeout(30)
  void whileFewerWaitThanBeforeThoseJustAnsweredAreWaitedForBriefly() {
    ask();
    long patience;
    do { // until this thread is not held up for all that time
      queue.passCompleted(3, LONG_PASS);
      patience = queue.patienceNanos();
    } while (patience <= 0);
    assertThat(patience).isLessThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(10));
  }

  @Test
  void whenAllAreBackThereIsNothingToWaitFor() {
    ask();
    queue.passCompleted(1, LONG_PASS);
    ask();
    assertThat(queue.patienceNanos()).isNotPositive();
  }

  @Test
  void aLoneClientWaitsForNobody() {
    queue.passCompleted(1, LONG_PASS);
    ask();
    assertThat(queue.patienceNanos()).isNotPositive();
  }

  @Test
  void aFullBatchIsNotHeldBack() {
    for (int i = 0; i < BatchLimits.DEFAULT.maxBatchImages(); i++) {
      ask();
    }
    queue.passCompleted(BatchLimits.DEFAULT.maxBatchImages(), LONG_PASS);
    assertThat(queue.patienceNanos()).isNotPositive();
  }
}
