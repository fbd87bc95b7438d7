package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.protocol.Split;
import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.testing.ServiceProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The records on Kafka are complete and in order after kills of ingest and of the broker. */
class KillIT {
  private static final int EPOCHS = 100;
  private static final int RECORDS = EPOCHS * IngestFixture.EPOCH_RECORDS;
  private static final String[] AT_FULL_SPEED = {
    "EPOCHS", Integer.toString(EPOCHS), "MAX_AHEAD_MINIBATCHES", "1000000"
  };

  @TempDir Path folder;
  private IngestFixture fixture;

  @BeforeEach
  void start() throws Exception {
    fixture = IngestFixture.running(folder, "KillIT");
  }

  @AfterEach
  void stop() throws Exception {
    fixture.close();
  }

  /** Polls without a pause, so that the following kill hits a process that is publishing. */
  private void awaitRecords(long count) {
    TopicPartition train = new TopicPartition(Split.TRAIN.topic(), 0);
    try (KafkaConsumer<byte[], byte[]> consumer = fixture.broker().consumer(Map.of())) {
      await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(1))
          .until(() -> consumer.endOffsets(List.of(train)).get(train) >= count);
    }
  }

  private List<ConsumerRecord<byte[], byte[]>> records() {
    return fixture.broker().records(Split.TRAIN.topic());
  }

  @Test
  void killedIngestLeavesTheSameLog() throws Exception {
    long seed = 2026;
    Random random = new Random(seed);
    long at = 0;
    for (int kill = 0; kill < 4; kill++) {
      at += 1 + random.nextInt(120);
      try (ServiceProcess ingest = fixture.ingest(AT_FULL_SPEED)) {
        awaitRecords(at);
        ingest.kill();
      }
      at = fixture.broker().offsets(Split.TRAIN.topic()).get(1);
    }
    assertThat(at).as("seed %d: killed in the middle", seed).isLessThan(RECORDS);
    try (ServiceProcess ingest = fixture.ingest(AT_FULL_SPEED)) {
      IngestFixture.awaitState(ingest, "complete");
    }
    IngestFixture.assertSame(records(), fixture.expected(Split.TRAIN, 1, EPOCHS));
    for (Split split : List.of(Split.VALIDATION, Split.TEST)) {
      IngestFixture.assertSame(
          fixture.broker().records(split.topic()), fixture.expected(split, 0, 0));
    }
  }

  @Test
  void waitsForAKilledBroker() throws Exception {
    try (ServiceProcess ingest = fixture.ingest(AT_FULL_SPEED)) {
      awaitRecords(100);
      fixture.broker().kill();
      ingest.awaitStatus("/q/health/ready", 503);
      assertThat(ingest.get("/q/health/ready").body()).contains("Kafka");
      fixture.startBroker();
      IngestFixture.awaitState(ingest, "complete");
      assertThat(ingest.words()).isEmpty();
    }
    IngestFixture.assertSame(records(), fixture.expected(Split.TRAIN, 1, EPOCHS));
  }

  @Test
  void newerProcessReplacesTheOlder() throws Exception {
    try (ServiceProcess older = fixture.ingest("MAX_AHEAD_MINIBATCHES", "7")) {
      fixture.awaitLog(0, 7);
      try (ServiceProcess newer = fixture.ingest("MAX_AHEAD_MINIBATCHES", "20")) {
        assertThat(older.exitCode()).isEqualTo(78);
        assertThat(older.words()).hasSize(1).first().asString().contains("another ingest process");
        fixture.awaitLog(0, 20);
        assertThat(newer.isAlive()).isTrue();
      }
    }
    IngestFixture.assertSame(records(), fixture.expected(Split.TRAIN, 1, 2).subList(0, 20));
  }

  @Test
  void suspendedProcessDoesNotDisturbItsSuccessor() throws Exception {
    try (ServiceProcess older = fixture.ingest(AT_FULL_SPEED)) {
      awaitRecords(100);
      older.signal("STOP");
      try (ServiceProcess newer = fixture.ingest(AT_FULL_SPEED)) {
        IngestFixture.awaitState(newer, "complete");
      }
      older.signal("CONT");
      assertThat(older.exitCode()).isEqualTo(78);
    }
    long end = fixture.broker().offsets(Split.TRAIN.topic()).get(1);
    assertThat(end).isLessThan(RECORDS + 16);
    assertFirstOccurrencesAreTheStream(fixture.expected(Split.TRAIN, 1, EPOCHS));
    try (ServiceProcess again = fixture.ingest(AT_FULL_SPEED)) {
      IngestFixture.awaitState(again, "complete");
    }
    assertThat(fixture.broker().offsets(Split.TRAIN.topic())).containsExactly(0L, end);
  }

  /** Returns the records as a trainer reads them: without duplicates. */
  private void assertFirstOccurrencesAreTheStream(List<IngestFixture.Expected> expected) {
    Set<MinibatchHeaders> seen = new LinkedHashSet<>();
    List<ConsumerRecord<byte[], byte[]>> first = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : records()) {
      if (seen.add(IngestFixture.place(record))) {
        first.add(record);
      }
    }
    IngestFixture.assertSame(first, expected);
  }
}
