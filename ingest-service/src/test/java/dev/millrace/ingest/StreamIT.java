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

/** The built service and a real broker: how far it goes, and from where. */
class StreamIT {
  private static final String LEAD = "LEAD_MINIBATCHES";

  @TempDir static Path folder;
  private static Mill mill;

  @BeforeAll
  static void start() throws Exception {
    mill = Mill.running(folder, "StreamIT");
  }

  @AfterAll
  static void stop() throws Exception {
    mill.close();
  }

  @AfterEach
  void clear() throws Exception {
    mill.clear();
  }

  @Test
  void waitsAtTheLeadForTheFirstTrainerAndThenForTheSlowest() throws Exception {
    try (ServiceProcess ingest = mill.ingest(LEAD, "7")) {
      Mill.awaitState(ingest, "epoch 1");
      mill.awaitLog(0, 7);
      mill.commit("fast", 5);
      mill.awaitLog(5, 12);
      mill.commit("slow", 6);
      mill.commit("fast", 12);
      mill.awaitLog(6, 13);
      mill.commit("slow", 11);
      mill.awaitLog(11, 18);
      // One that is complete is waited for no longer.
      mill.complete("slow", 11);
      mill.awaitLog(12, 19);
    }
  }

  @Test
  void keepsTheLastRecordAndGoesOnFromItWhenStartedAgain() throws Exception {
    try (ServiceProcess ingest = mill.ingest("EPOCHS", "1")) {
      Mill.awaitState(ingest, "complete");
      mill.commit("a", Mill.EPOCH_RECORDS);
      mill.awaitLog(Mill.EPOCH_RECORDS - 1, Mill.EPOCH_RECORDS);
    }
    try (ServiceProcess ingest = mill.ingest("EPOCHS", "2")) {
      Mill.awaitState(ingest, "complete");
      mill.awaitLog(Mill.EPOCH_RECORDS, 2 * Mill.EPOCH_RECORDS);
      Mill.assertSame(mill.broker().records(Split.TRAIN.topic()), mill.expected(Split.TRAIN, 2, 2));
      for (Split split : List.of(Split.VALIDATION, Split.TEST)) {
        Mill.assertSame(mill.broker().records(split.topic()), mill.expected(split, 0, 0));
      }
    }
  }

  @Test
  void aTrainerThatIsGoneForTooLongIsNoLongerWaitedForUntilItIsBack() throws Exception {
    String gone = Topics.TRAINER_GROUP_PREFIX + "gone";
    try (ServiceProcess ingest = mill.ingest(LEAD, "7", "TRAINER_TIMEOUT_SECONDS", "2")) {
      Mill.awaitState(ingest, "epoch 1");
      mill.commit("gone", 3);
      try (KafkaConsumer<byte[], byte[]> here = trainer("here")) {
        commit(here, 6);
        mill.awaitLog(6, 13);
        assertThat(ingest.get("/q/health/ready").body())
            .contains("trainers-dropped", gone, "\"UP\"");
        assertThat(ingest.get("/q/metrics").body())
            .contains("millrace_ingest_trainers_dropped 1.0");
        assertThat(ingest.log())
            .contains("[" + gone + "]: gone for longer than MILLRACE_INGEST_TRAINER_TIMEOUT");
        try (KafkaConsumer<byte[], byte[]> back = trainer("gone")) {
          await()
              .atMost(Duration.ofSeconds(20))
              .until(() -> !ingest.get("/q/health/ready").body().contains("trainers-dropped"));
          commit(here, 11);
          mill.awaitLog(6, 13);
          commit(back, 8);
          mill.awaitLog(8, 15);
        }
      }
    }
  }

  private static KafkaConsumer<byte[], byte[]> trainer(String name) {
    KafkaConsumer<byte[], byte[]> consumer =
        mill.broker()
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
