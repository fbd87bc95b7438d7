package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.protocol.Split;
import dev.millrace.testing.ServiceProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several ingest processes share the partitions of one stream while some start and stop. */
class ReplicasIT {
  private static final int PARTITIONS = 3;
  private static final int EPOCHS = 120;
  private static final int RECORDS = EPOCHS * (IngestFixture.EPOCH_RECORDS + PARTITIONS - 1);
  private static final List<TopicPartition> TRAIN =
      IntStream.range(0, PARTITIONS)
          .mapToObj(partition -> new TopicPartition(Split.TRAIN.topic(), partition))
          .toList();

  @TempDir Path folder;
  private IngestFixture fixture;
  private final List<ServiceProcess> replicas = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    fixture = IngestFixture.running(folder, "ReplicasIT", PARTITIONS);
  }

  @AfterEach
  void stop() throws Exception {
    for (ServiceProcess replica : replicas) {
      replica.close();
    }
    fixture.close();
  }

  private ServiceProcess replica(int number) throws IOException {
    return replica(number, 1_000_000);
  }

  private ServiceProcess replica(int number, int lead) throws IOException {
    ServiceProcess replica =
        fixture.ingest(
            "REPLICA_INDEX",
            Integer.toString(number),
            "EPOCHS",
            Integer.toString(EPOCHS),
            "MAX_AHEAD_MINIBATCHES",
            Integer.toString(lead));
    replicas.add(replica);
    return replica;
  }

  private long records() {
    try (KafkaConsumer<byte[], byte[]> consumer = fixture.broker().consumer(Map.of())) {
      return consumer.endOffsets(TRAIN).values().stream().mapToLong(end -> end).sum();
    }
  }

  private void awaitRecords(long count) {
    await()
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(5))
        .ignoreExceptions()
        .until(() -> records() >= count);
  }

  private void assertTheLogIsThatOfThePureFunction() {
    for (TopicPartition partition : TRAIN) {
      IngestFixture.assertSame(
          fixture.broker().records(partition),
          fixture.expected(Split.TRAIN, partition.partition(), 1, EPOCHS));
    }
    for (Split split : List.of(Split.VALIDATION, Split.TEST)) {
      IngestFixture.assertSame(
          fixture.broker().records(split.topic()), fixture.expected(split, 0, 0));
    }
  }

  @Test
  void killedReplicasLeaveTheSameLog() throws Exception {
    long seed = 2027;
    Random random = new Random(seed);
    List<ServiceProcess> alive = new ArrayList<>(List.of(replica(0), replica(1), replica(2)));
    long at = 0;
    for (int kill = 0; kill < 5; kill++) {
      at += 1 + random.nextInt(100);
      awaitRecords(at);
      int victim = random.nextInt(alive.size());
      alive.get(victim).kill();
      at = records();
      alive.set(victim, replica(victim));
    }
    for (ServiceProcess replica : alive) {
      IngestFixture.awaitState(replica, "complete");
    }
    awaitRecords(RECORDS);
    assertTheLogIsThatOfThePureFunction();
  }

  @Test
  void spareReplicaTakesOver() throws Exception {
    int lead = 20;
    for (int number = 0; number <= PARTITIONS; number++) {
      replica(number, lead * PARTITIONS);
    }
    awaitSpares(1);
    awaitRecords(lead * PARTITIONS);
    ServiceProcess busy = inState("epoch").get(0);
    busy.kill();
    replicas.remove(busy);
    awaitSpares(0);
    int committed = 10;
    fixture.commit("t", committed);
    awaitRecords((committed + lead) * PARTITIONS);
    for (TopicPartition partition : TRAIN) {
      IngestFixture.assertSame(
          fixture.broker().records(partition),
          fixture
              .expected(Split.TRAIN, partition.partition(), 1, EPOCHS)
              .subList(committed, committed + lead));
    }
  }

  private void awaitSpares(int count) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> inState("epoch").size() == PARTITIONS && inState("spare").size() == count);
  }

  private List<ServiceProcess> inState(String state) throws Exception {
    List<ServiceProcess> found = new ArrayList<>();
    for (ServiceProcess replica : replicas) {
      replica.awaitStatus("/q/health/ready", 200);
      if (replica.get("/q/health/ready").body().contains("\"" + state)) {
        found.add(replica);
      }
    }
    return found;
  }

  @Test
  void refusesAnotherNumberOfPartitions() throws Exception {
    awaitTopics();
    try (ServiceProcess ingest = fixture.ingest("PARTITIONS", "2")) {
      assertThat(ingest.exitCode()).isEqualTo(78);
      assertThat(ingest.words())
          .singleElement()
          .asString()
          .contains("MILLRACE_INGEST_PARTITIONS=2: allowed: 3");
    }
  }

  private void awaitTopics() throws Exception {
    ServiceProcess first = replica(0);
    awaitRecords(1);
    first.kill();
  }
}
