package dev.millrace.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.protocol.Split;
import dev.millrace.testing.KafkaBroker;
import dev.millrace.testing.ServiceProcess;
import dev.millrace.trainer.stream.StreamException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests that partitions with different progress are read in any order and that none of them fills
 * the memory.
 */
class PartitionReaderIT {
  private static final String TOPIC = Split.TRAIN.topic();
  private static final int PARTITIONS = 3;
  private static final int RECORDS = 200;

  @TempDir private static Path folder;
  private static int port;
  private static KafkaBroker broker;
  private static Admin admin;

  private final String group = "reader-" + System.nanoTime();
  private final List<PartitionReader> readers = new ArrayList<>();

  @BeforeAll
  static void startBroker() throws Exception {
    port = ServiceProcess.freePort();
    broker = KafkaBroker.start(folder, port);
    admin = broker.admin();
  }

  @AfterAll
  static void stopBroker() throws Exception {
    admin.close();
    broker.close();
  }

  @BeforeEach
  void makeTopic() throws Exception {
    admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1))).all().get();
  }

  @AfterEach
  void close() throws Exception {
    readers.forEach(PartitionReader::close);
    admin.deleteTopics(List.of(TOPIC)).all().get();
    await().until(() -> admin.listTopics().names().get().isEmpty());
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    return broker.consumer(
        Map.of(
            "group.id",
            group,
            "group.instance.id",
            "trainer",
            "auto.offset.reset",
            "earliest",
            "enable.auto.commit",
            false,
            "max.poll.records",
            8,
            "interceptor.classes",
            Count.class.getName()));
  }

  private PartitionReader reader(KafkaConsumer<byte[], byte[]> consumer, Map<Integer, Long> at) {
    PartitionReader reader = new PartitionReader(consumer, at);
    readers.add(reader);
    reader.start();
    return reader;
  }

  private static void send(int partition, int from, int to) throws Exception {
    try (var producer = broker.producer()) {
      for (int i = from; i < to; i++) {
        byte[] value = ByteBuffer.allocate(Integer.BYTES).putInt(i).array();
        producer.send(new ProducerRecord<>(TOPIC, partition, null, value));
      }
    }
  }

  private static int number(ConsumerRecord<byte[], byte[]> record) {
    return ByteBuffer.wrap(record.value()).getInt();
  }

  /** Counts the records that the consumer returns. */
  public static final class Count implements ConsumerInterceptor<byte[], byte[]> {
    private static final AtomicInteger RECORDS = new AtomicInteger();

    @Override
    public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
      RECORDS.addAndGet(records.count());
      return records;
    }

    @Override
    public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {
      // Only records are counted.
    }

    @Override
    public void close() {
      // There is nothing to close.
    }

    @Override
    public void configure(Map<String, ?> settings) {
      RECORDS.set(0);
    }
  }

  @Test
  void buffersFewRecordsWhileAPartitionLags() throws Exception {
    send(0, 0, RECORDS);
    send(1, 0, RECORDS);
    PartitionReader reader = reader(consumer(), Map.of());
    assertThat(number(reader.next(1))).isZero();
    assertThat(number(reader.next(0))).isZero();
    var lagging = CompletableFuture.supplyAsync(() -> number(reader.next(2)));
    await().during(1, TimeUnit.SECONDS).until(() -> !lagging.isDone());
    assertThat(Count.RECORDS).satisfies(count -> assertThat(count.get()).isBetween(2, 40));
    send(2, 0, RECORDS);
    assertThat(lagging.get(30, TimeUnit.SECONDS)).isZero();
    for (int i = 1; i < RECORDS; i++) {
      for (int partition = 0; partition < PARTITIONS; partition++) {
        assertThat(number(reader.next(partition))).isEqualTo(i);
      }
    }
    assertThat(Count.RECORDS).hasValue(3 * RECORDS);
  }

  @Test
  void readsFromTheGivenOffsetsAndCommits() throws Exception {
    send(0, 0, 20);
    send(1, 0, 20);
    PartitionReader reader = reader(consumer(), Map.of(0, 7L));
    assertThat(number(reader.next(0))).isEqualTo(7);
    assertThat(number(reader.next(1))).isZero();
    var offsets =
        Map.of(
            new TopicPartition(TOPIC, 0),
            new OffsetAndMetadata(8),
            new TopicPartition(TOPIC, 1),
            new OffsetAndMetadata(1, Optional.empty(), "complete"));
    reader.commit(offsets);
    assertThat(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get())
        .containsAllEntriesOf(offsets);
  }

  @Test
  void readsEveryRecordOnceAcrossABrokerRestart() throws Exception {
    send(0, 0, RECORDS);
    PartitionReader reader = reader(consumer(), Map.of());
    for (int i = 0; i < 50; i++) {
      assertThat(number(reader.next(0))).isEqualTo(i);
    }
    broker.kill();
    broker = KafkaBroker.start(folder, port);
    for (int i = 50; i < RECORDS; i++) {
      assertThat(number(reader.next(0))).isEqualTo(i);
    }
    reader.commit(Map.of(new TopicPartition(TOPIC, 0), new OffsetAndMetadata(RECORDS)));
  }

  @Test
  void secondTrainerOfARunStopsTheFirst() throws Exception {
    send(0, 0, RECORDS);
    PartitionReader first = reader(consumer(), Map.of());
    assertThat(number(first.next(0))).isZero();
    PartitionReader second = reader(consumer(), Map.of(0, 1L));
    assertThat(number(second.next(0))).isEqualTo(1);
    assertThatThrownBy(
            () -> {
              while (true) {
                first.next(1);
              }
            })
        .isInstanceOf(StreamException.class)
        .hasMessageContainingAll("another trainer", "MILLRACE_TRAINER_RUN");
    // The first reader does not return its buffered records either, because the second one trains
    // them.
    assertThatThrownBy(() -> first.next(0)).isInstanceOf(StreamException.class);
  }

  @Test
  void stopEndsWaitsButNotCommits() throws Exception {
    PartitionReader reader = reader(consumer(), Map.of());
    var waiting = CompletableFuture.supplyAsync(() -> reader.next(0));
    await().during(200, TimeUnit.MILLISECONDS).until(() -> !waiting.isDone());
    reader.stop();
    assertThat(waiting.get(5, TimeUnit.SECONDS)).isNull();
    reader.commit(Map.of(new TopicPartition(TOPIC, 0), new OffsetAndMetadata(0)));
  }
}
