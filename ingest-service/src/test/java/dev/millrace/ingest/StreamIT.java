package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import dev.millrace.testing.ServiceProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built service and a real broker: where it begins to publish, and where it stops. */
class StreamIT {
  private static final String LEAD = "MAX_AHEAD_MINIBATCHES";

  @TempDir static Path folder;
  private static IngestFixture fixture;

  @BeforeAll
  static void start() throws Exception {
    fixture = IngestFixture.running(folder, "StreamIT");
  }

  @AfterAll
  static void stop() throws Exception {
    fixture.close();
  }

  @AfterEach
  void clear() throws Exception {
    fixture.clear();
  }

  @Test
  void waitsForTheSlowestTrainer() throws Exception {
    try (ServiceProcess ingest = fixture.ingest(LEAD, "7")) {
      IngestFixture.awaitState(ingest, "epoch 1");
      fixture.awaitLog(0, 7);
      fixture.commit("fast", 5);
      fixture.awaitLog(5, 12);
      fixture.commit("slow", 6);
      fixture.commit("fast", 12);
      fixture.awaitLog(6, 13);
      fixture.commit("slow", 11);
      fixture.awaitLog(11, 18);
      // The stream does not wait for a trainer whose run is complete.
      fixture.complete("slow", 11);
      fixture.awaitLog(12, 19);
    }
  }

  @Test
  void resumesFromTheLastRecord() throws Exception {
    try (ServiceProcess ingest = fixture.ingest("EPOCHS", "1")) {
      IngestFixture.awaitState(ingest, "complete");
      fixture.commit("a", IngestFixture.EPOCH_RECORDS);
      fixture.awaitLog(IngestFixture.EPOCH_RECORDS - 1, IngestFixture.EPOCH_RECORDS);
    }
    try (ServiceProcess ingest = fixture.ingest("EPOCHS", "2")) {
      IngestFixture.awaitState(ingest, "complete");
      fixture.awaitLog(IngestFixture.EPOCH_RECORDS, 2 * IngestFixture.EPOCH_RECORDS);
      IngestFixture.assertSame(
          fixture.broker().records(Split.TRAIN.topic()), fixture.expected(Split.TRAIN, 2, 2));
      for (Split split : List.of(Split.VALIDATION, Split.TEST)) {
        IngestFixture.assertSame(
            fixture.broker().records(split.topic()), fixture.expected(split, 0, 0));
      }
    }
  }

  @Test
  void dropsAnAbsentTrainerUntilItReturns() throws Exception {
    String gone = Topics.TRAINER_GROUP_PREFIX + "gone";
    try (ServiceProcess ingest = fixture.ingest(LEAD, "7", "TRAINER_TIMEOUT_SECONDS", "2")) {
      IngestFixture.awaitState(ingest, "epoch 1");
      fixture.commit("gone", 3);
      try (KafkaConsumer<byte[], byte[]> here = trainer("here")) {
        commit(here, 6);
        fixture.awaitLog(6, 13);
        assertThat(ingest.get("/q/health/ready").body())
            .contains("trainers-dropped", gone, "\"UP\"");
        assertThat(ingest.get("/q/metrics").body())
            .contains("millrace_ingest_trainers_dropped 1.0");
        assertThat(ingest.log())
            .contains("[" + gone + "]: absent for longer than MILLRACE_INGEST_TRAINER_TIMEOUT");
        try (KafkaConsumer<byte[], byte[]> back = trainer("gone")) {
          await()
              .atMost(Duration.ofSeconds(20))
              .until(() -> !ingest.get("/q/health/ready").body().contains("trainers-dropped"));
          commit(here, 11);
          fixture.awaitLog(6, 13);
          commit(back, 8);
          fixture.awaitLog(8, 15);
        }
      }
    }
  }

  private static KafkaConsumer<byte[], byte[]> trainer(String name) {
    KafkaConsumer<byte[], byte[]> consumer =
        fixture
            .broker()
            .consumer(
                Map.of(
                    "group.id",
                    Topics.TRAINER_GROUP_PREFIX + name,
                    "enable.auto.commit",
                    false,
                    "auto.offset.reset",
                    "earliest"));
    consumer.subscribe(List.of(Split.TRAIN.topic()));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              consumer.poll(Duration.ofMillis(50));
              return !consumer.assignment().isEmpty();
            });
    return consumer;
  }

  private static void commit(KafkaConsumer<byte[], byte[]> trainer, long offset) {
    TopicPartition partition = new TopicPartition(Split.TRAIN.topic(), 0);
    trainer.commitSync(Map.of(partition, new OffsetAndMetadata(offset)));
  }
}
