package dev.millrace.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.inference.serving.RequestQueue.Waiting;
import dev.millrace.protocol.stream.Minibatch;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a pass takes, and when. */
@Timeout(60)
class RequestQueueTest {
  private final CountingTelemetry telemetry = new CountingTelemetry();
  private final RequestQueue queue = new RequestQueue(BatchLimits.DEFAULT, telemetry);

  private void ask(int images) {
    queue.add(
        ClassificationRequest.of(Images.of(new byte[images * Minibatch.IMAGE_BYTES])),
        telemetry.requestArrived(images));
  }

  private void askOneByOne(int requests) {
    IntStream.range(0, requests).forEach(i -> ask(1));
  }

  private List<Integer> take(int passes) {
    return queue.take(passes).stream().map(Waiting::images).toList();
  }

  @Test
  void aPassTakesItsShareOfWhatWaitsOrIsUnderWay() {
    askOneByOne(20);
    assertThat(take(2)).hasSize(10);
    askOneByOne(10);
    assertThat(take(2)).hasSize(15);
    queue.answered(10);
    askOneByOne(20);
    assertThat(take(2)).hasSize(20);
    assertThat(queue.images()).isEqualTo(5);
  }

  @Test
  void whoWaitsForSeveralIsNotWokenByOne() {
    CompletableFuture<Integer> woken = CompletableFuture.supplyAsync(this::awaitTwo);
    await().until(this::isAwaited);
    ask(1);
    ask(1);
    assertThat(woken.join()).isEqualTo(2);
  }

  private int awaitTwo() {
    queue.lock.lock();
    try {
      queue.await(2, Duration.ofMinutes(1).toNanos());
      return queue.images();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      queue.lock.unlock();
    }
  }

  private boolean isAwaited() {
    queue.lock.lock();
    try {
      return queue.lock.hasWaiters(queue.changed);
    } finally {
      queue.lock.unlock();
    }
  }

  @Test
  void whatIsTooLittleToShareIsNotShared() {
    askOneByOne(5);
    assertThat(take(16)).hasSize(4);
    assertThat(take(16)).hasSize(1);
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void noPassIsLargerThanIsSet() {
    askOneByOne(100);
    assertThat(take(1)).hasSize(BatchLimits.DEFAULT.maxBatchImages());
  }

  @Test
  void aRequestThatIsLargerThanTheShareIsTakenAlone() {
    ask(30);
    ask(1);
    assertThat(take(2)).containsExactly(30);
    assertThat(take(2)).containsExactly(1);
  }

  @Test
  void nobodyWaitsForOthersUnlessThatIsSet() {
    ask(1);
    assertThat(queue.patienceNanos()).isNotPositive();
  }

  @Test
  void whereItIsSetTheFirstWaitsUntilThereAreEnoughForABatch() {
    RequestQueue patient =
        new RequestQueue(new BatchLimits(2, 4, Duration.ofMinutes(1)), telemetry);
    var one = ClassificationRequest.of(Images.of(new byte[Minibatch.IMAGE_BYTES]));
    patient.add(one, telemetry.requestArrived(1));
    assertThat(patient.patienceNanos()).isBetween(1L, Duration.ofMinutes(1).toNanos());
    patient.add(one, telemetry.requestArrived(1));
    assertThat(patient.patienceNanos()).isNotPositive();
  }
}
