package dev.millrace.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class OffsetCommitsTest {
  private static final Map<TopicPartition, OffsetAndMetadata> OFFSETS =
      Map.of(new TopicPartition("t", 0), new OffsetAndMetadata(7));

  private final OffsetCommits commits = new OffsetCommits();

  @Test
  void stopEndsACommitThatWaitsForKafka() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Void> commit =
        CompletableFuture.runAsync(() -> commits.commit(OFFSETS, begun::countDown));
    begun.await();
    commits.stop();
    await().atMost(Duration.ofSeconds(5)).until(commit::isDone);
    assertThatThrownBy(commit::get)
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("Kafka did not accept the offsets");
  }

  @Test
  void commitAfterAStopTimesOutSoon() {
    commits.stop();
    long begin = System.nanoTime();
    assertThatThrownBy(() -> commits.commit(OFFSETS, () -> {}))
        .hasMessageContaining("Kafka did not accept the offsets");
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
  }
}
