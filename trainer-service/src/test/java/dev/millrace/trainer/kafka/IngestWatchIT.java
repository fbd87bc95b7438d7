package dev.millrace.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import dev.millrace.testing.KafkaBroker;
import dev.millrace.testing.ServiceProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests what a trainer finds out about ingest and other trainers from a real broker. */
class IngestWatchIT {
  private static final TopicPartition TRAIN = new TopicPartition(Split.TRAIN.topic(), 0);

  @TempDir private Path folder;

  @Test
  void reportsWhetherIngestIsAbsentRunningOrComplete() throws Exception {
    try (KafkaBroker broker = KafkaBroker.start(folder, ServiceProcess.freePort());
        Admin admin = broker.admin()) {
      broker.createTopics(TRAIN.topic());
      IngestWatch watch = new IngestWatch(admin, Topics.TRAINER_GROUP_PREFIX + "own");
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () -> {
                assertThat(watch.completeAfter()).isEmpty();
                assertThat(watch.state()).contains("no ingest process publishes");
              });
      try (KafkaConsumer<byte[], byte[]> ingest = member(broker, Topics.INGEST_GROUP)) {
        commit(ingest, Topics.INGEST_MAX_AHEAD + "20");
        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(
                () -> {
                  assertThat(watch.completeAfter()).isEmpty();
                  assertThat(watch.maxAhead()).isEqualTo(OptionalInt.of(20));
                  assertThat(watch.state()).isEmpty();
                });
        commit(ingest, Topics.INGEST_COMPLETE + "12");
        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(() -> assertThat(watch.completeAfter()).isEqualTo(OptionalInt.of(12)));
        assertThat(watch.state()).contains("ended with epoch 12");
        assertThat(watch.maxAhead()).isEmpty();
      }
      try (KafkaConsumer<byte[], byte[]> own = member(broker, Topics.TRAINER_GROUP_PREFIX + "own");
          KafkaConsumer<byte[], byte[]> other =
              member(broker, Topics.TRAINER_GROUP_PREFIX + "other")) {
        assertThat(watch.otherTrainers()).containsExactly(Topics.TRAINER_GROUP_PREFIX + "other");
      }
    }
  }

  private static KafkaConsumer<byte[], byte[]> member(KafkaBroker broker, String group) {
    KafkaConsumer<byte[], byte[]> consumer =
        broker.consumer(
            Map.of(
                "group.id", group, "enable.auto.commit", false, "auto.offset.reset", "earliest"));
    consumer.subscribe(List.of(TRAIN.topic()));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              consumer.poll(Duration.ofMillis(100));
              return !consumer.assignment().isEmpty();
            });
    return consumer;
  }

  private static void commit(KafkaConsumer<byte[], byte[]> ingest, String metadata) {
    ingest.commitSync(Map.of(TRAIN, new OffsetAndMetadata(0, metadata)));
  }
}
