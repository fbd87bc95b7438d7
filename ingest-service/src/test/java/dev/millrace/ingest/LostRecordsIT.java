package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import dev.millrace.protocol.stream.ResendRequest;
import dev.millrace.testing.ServiceProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ingest publishes records again that were deleted although a trainer needs them. */
class LostRecordsIT {
  private static final TopicPartition TRAIN = new TopicPartition(Split.TRAIN.topic(), 0);
  private static final int EPOCH = IngestFixture.EPOCH_RECORDS;

  @TempDir static Path folder;
  private static IngestFixture fixture;

  @BeforeAll
  static void start() throws Exception {
    fixture = IngestFixture.running(folder, "LostRecordsIT");
  }

  @AfterAll
  static void stop() throws Exception {
    fixture.close();
  }

  @AfterEach
  void clear() throws Exception {
    fixture.clear();
  }

  private static void delete(TopicPartition partition, long before) throws Exception {
    fixture
        .admin()
        .deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(before)))
        .all()
        .get();
  }

  private static List<ConsumerRecord<byte[], byte[]>> from(long offset) throws Exception {
    return fixture.broker().records(Split.TRAIN.topic()).stream()
        .filter(record -> record.offset() >= offset)
        .toList();
  }

  /** Asserts that the values are equal; generations may differ. */
  private static void assertValues(
      List<ConsumerRecord<byte[], byte[]>> found, List<IngestFixture.Expected> expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i).value()).as("record %d", i).isEqualTo(expected.get(i).value());
      assertThat(IngestFixture.place(found.get(i)).batch())
          .isEqualTo(expected.get(i).place().batch());
    }
  }

  @Test
  void republishesRecordsThatWereNotTrained() throws Exception {
    try (ServiceProcess ingest = fixture.ingest("MAX_AHEAD_MINIBATCHES", "20")) {
      IngestFixture.awaitState(ingest, "epoch 2");
      fixture.awaitLog(0, 20);
      fixture.commit("a", 3);
      fixture.awaitLog(3, 23);
      delete(TRAIN, 18);
      // The trainer needs minibatch 3 of epoch 1 and reads on at offset 18, then at 23.
      ResendRequest lost = new ResendRequest(1, 3, 18);
      fixture.request("a", 18, lost);
      fixture.awaitLog(18, 38);
      fixture.request("a", 23, lost);
      fixture.awaitLog(23, 43);
      List<IngestFixture.Expected> expected = fixture.expected(Split.TRAIN, 1, 2);
      assertValues(from(23), expected.subList(3, 23));
      assertThat(from(23))
          .allSatisfy(r -> assertThat(IngestFixture.place(r).generation()).isEqualTo(1));
    }
    // A restarted process continues the newest generation, not the record with the highest index.
    fixture.commit("a", 24);
    try (ServiceProcess ingest = fixture.ingest("MAX_AHEAD_MINIBATCHES", "20")) {
      IngestFixture.awaitState(ingest, "epoch 2");
      fixture.awaitLog(24, 44);
      assertValues(from(43), fixture.expected(Split.TRAIN, 1, 2).subList(23, 24));
    }
  }

  @Test
  void emptyLogContinuesWhereTheTrainersAre() throws Exception {
    try (ServiceProcess ingest = fixture.ingest("MAX_AHEAD_MINIBATCHES", "30")) {
      IngestFixture.awaitState(ingest, "epoch 3");
      fixture.awaitLog(0, 30);
    }
    delete(TRAIN, 30);
    fixture.request("a", 30, new ResendRequest(2, 12, 30));
    try (ServiceProcess ingest = fixture.ingest("MAX_AHEAD_MINIBATCHES", "5")) {
      IngestFixture.awaitState(ingest, "epoch 3");
      fixture.awaitLog(30, 35);
      assertValues(from(30), fixture.expected(Split.TRAIN, 2, 3).subList(12, 17));
    }
  }

  @Test
  void republishesASplitWithDeletedRecords() throws Exception {
    TopicPartition validation = new TopicPartition(Split.VALIDATION.topic(), 0);
    int records = fixture.expected(Split.VALIDATION, 0, 0).size();
    try (ServiceProcess ingest = fixture.ingest("EPOCHS", "1")) {
      IngestFixture.awaitState(ingest, "complete");
      delete(validation, 1);
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () ->
                  assertThat(fixture.broker().offsets(validation.topic()))
                      .containsExactly(1L, 2L * records));
    }
    try (ServiceProcess ingest = fixture.ingest("EPOCHS", "1")) {
      IngestFixture.awaitState(ingest, "complete");
      assertThat(fixture.broker().offsets(validation.topic())).containsExactly(1L, 2L * records);
    }
    List<ConsumerRecord<byte[], byte[]>> found = fixture.broker().records(validation.topic());
    assertValues(
        found.subList(records - 1, found.size()), fixture.expected(Split.VALIDATION, 0, 0));
  }

  @Test
  void recreatesADeletedTopic() throws Exception {
    try (ServiceProcess ingest = fixture.ingest("MAX_AHEAD_MINIBATCHES", "5")) {
      IngestFixture.awaitState(ingest, "epoch 1");
      fixture.awaitLog(0, 5);
      fixture.admin().deleteTopics(List.of(TRAIN.topic())).all().get();
      // Its group's offset went with it; the trainer asks again once it sees the new log.
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> fixture.admin().listTopics().names().get().contains(TRAIN.topic()));
      fixture.request("a", 0, new ResendRequest(1, 2, 0));
      await()
          .atMost(Duration.ofSeconds(90))
          .pollInterval(Duration.ofMillis(200))
          .ignoreExceptions()
          .untilAsserted(
              () -> assertThat(fixture.broker().offsets(TRAIN.topic())).containsExactly(0L, 5L));
    }
  }

  @Test
  void aReaderDoesNotHoldUpTheStream() throws Exception {
    String group = Topics.TRAINER_GROUP_PREFIX + "dashboard";
    try (ServiceProcess ingest = fixture.ingest("MAX_AHEAD_MINIBATCHES", "7");
        KafkaConsumer<byte[], byte[]> stranger =
            fixture.broker().consumer(Map.of("group.id", group, "enable.auto.commit", false))) {
      IngestFixture.awaitState(ingest, "epoch 1");
      join(stranger);
      fixture.commit("a", 5);
      fixture.awaitLog(5, 12);
      assertThat(ingest.get("/q/health/ready").body())
          .contains("ignored: " + group, "is not a trainer");
    }
  }

  @Test
  void aLateTrainerDoesNotHoldUpTheOthers() throws Exception {
    String group = Topics.TRAINER_GROUP_PREFIX + "late";
    try (ServiceProcess ingest = fixture.ingest("MAX_AHEAD_MINIBATCHES", "7")) {
      IngestFixture.awaitState(ingest, "epoch 1");
      fixture.commit("a", 5);
      fixture.awaitLog(5, 12);
      try (KafkaConsumer<byte[], byte[]> late =
          fixture
              .broker()
              .consumer(
                  Map.of(
                      "group.id",
                      group,
                      "group.instance.id",
                      Topics.TRAINER_MEMBER,
                      "session.timeout.ms",
                      6_000,
                      "enable.auto.commit",
                      false))) {
        join(late);
        fixture.commit("a", 9);
        fixture.awaitLog(9, 16);
        assertThat(ingest.get("/q/health/ready").body())
            .contains("ignored: " + group, "first records are deleted");
      }
    }
  }

  private static void join(KafkaConsumer<byte[], byte[]> consumer) {
    consumer.subscribe(List.of(Split.TRAIN.topic()));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              consumer.poll(Duration.ofMillis(50));
              return !consumer.assignment().isEmpty();
            });
  }

  @Test
  void logAndHealthNameTheSlowestTrainer() throws Exception {
    try (ServiceProcess ingest = fixture.ingest("MAX_AHEAD_MINIBATCHES", "7")) {
      IngestFixture.awaitState(ingest, "epoch 1");
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(ingest.get("/q/health/ready").body())
                      .contains("waits", "a trainer to start on this Kafka"));
      await()
          .atMost(Duration.ofSeconds(5))
          .until(() -> ingest.log().contains("waiting for a trainer to start on this Kafka"));
      assertThat(
              ingest
                  .send("GET", "/q/metrics", new byte[0], "Accept", "application/openmetrics-text")
                  .statusCode())
          .isEqualTo(200);
      fixture.commit("a", 2);
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(ingest.get("/q/health/ready").body())
                      .contains(
                          "millrace.trainer.a (not running) to save a checkpoint past offset 2"));
    }
  }
}
