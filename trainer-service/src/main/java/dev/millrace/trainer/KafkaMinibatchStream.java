package dev.millrace.trainer;

import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import dev.millrace.trainer.training.EvaluationSplit;
import dev.millrace.trainer.training.MinibatchStream;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.mutiny.Multi;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.kafka.IncomingKafkaRecord;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Message;

/**
 * The minibatch topics as the training loop reads them. Where to begin comes from the checkpoint
 * and never from the offsets committed in Kafka, which only tell ingest how far we are.
 */
@ApplicationScoped
class KafkaMinibatchStream implements MinibatchStream {
  private static final int PREFETCH = 8;

  @Inject
  @Channel("minibatches-validation")
  Multi<IncomingKafkaRecord<byte[], byte[]>> validation;

  @Inject
  @Channel("minibatches-test")
  Multi<IncomingKafkaRecord<byte[], byte[]>> test;

  @Inject
  @Channel("dead-letters")
  MutinyEmitter<byte[]> deadLetters;

  @Inject
  @Identifier("default-kafka-broker")
  Map<String, Object> kafka;

  @Inject TrainerConfig config;
  @Inject MeterRegistry registry;

  private final StoppableWaits waits = new StoppableWaits();
  private volatile PartitionReader reader;
  private KafkaClientMetrics metrics;
  private Map<TopicPartition, OffsetAndMetadata> committable = Map.of();

  @Override
  public void seek(Map<Integer, Long> nextOffsets) {
    var consumer =
        new KafkaConsumer<>(settings(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    metrics = new KafkaClientMetrics(consumer);
    metrics.bindTo(registry);
    reader = new PartitionReader(consumer, nextOffsets);
    reader.start();
    // What a checkpoint held before this process joined the group.
    if (!committable.isEmpty()) {
      reader.commit(committable);
    }
  }

  /**
   * A static member takes its place again at once after a kill; offsets are committed by hand, and
   * only those that a checkpoint holds. Few records a poll: each is 393 KB. The system's receive
   * buffer grows by need: one of 64 KB would wake the thread for every part of a record.
   */
  private Map<String, Object> settings() {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.put("group.id", Topics.TRAINER_GROUP_PREFIX + config.trainer().run());
    settings.put("group.instance.id", "trainer");
    settings.put("enable.auto.commit", false);
    settings.put("auto.offset.reset", "earliest");
    settings.put("max.poll.records", PREFETCH);
    settings.put("fetch.max.bytes", 8 << 20);
    settings.put("max.partition.fetch.bytes", 4 << 20);
    settings.put("receive.buffer.bytes", -1);
    // The thread for heartbeats would look for work ten times a second otherwise.
    settings.put("retry.backoff.ms", 1000);
    return settings;
  }

  /** A split that is published once, from its begin. */
  EvaluationSplit evaluation(Split split) {
    Multi<IncomingKafkaRecord<byte[], byte[]>> channel =
        split == Split.VALIDATION ? validation : test;
    try (Stream<IncomingKafkaRecord<byte[], byte[]>> stream =
        channel.subscribe().asStream(PREFETCH, () -> new ArrayBlockingQueue<>(2 * PREFETCH))) {
      Iterator<Delivery> deliveries =
          stream
              .map(
                  r ->
                      delivery(
                          r.getTopic(),
                          r.getPartition(),
                          r.getOffset(),
                          r.getHeaders(),
                          r.getPayload()))
              .iterator();
      return EvaluationSplit.read(split, waits.untilStopped(deliveries));
    }
  }

  /** Ends the stream: the record that the loop is at is its last, and nobody waits for another. */
  void stop() {
    waits.stop();
    if (reader != null) {
      reader.stop();
    }
  }

  /** Leaves Kafka, after the loop's end. */
  void close() {
    if (reader != null) {
      metrics.close();
      reader.close();
    }
  }

  @Override
  public Delivery next(int partition) {
    ConsumerRecord<byte[], byte[]> r = reader.next(partition);
    return r == null
        ? null
        : delivery(r.topic(), r.partition(), r.offset(), r.headers(), r.value());
  }

  private static Delivery delivery(
      String topic, int partition, long offset, Headers headers, byte[] value) {
    return new Delivery(
        topic,
        partition,
        offset,
        name -> {
          Header header = headers.lastHeader(name);
          return header == null ? null : header.value();
        },
        value);
  }

  @Override
  public void commit(Map<Integer, Long> nextOffsets) {
    committable = offsets(nextOffsets, "");
    if (reader != null) {
      reader.commit(committable);
    }
  }

  /**
   * Tells ingest that this run has read all that it needs, so that other runs do not wait for it.
   */
  void complete(Map<Integer, Long> nextOffsets) {
    committable = offsets(nextOffsets, Topics.TRAINER_COMPLETE);
    if (reader == null) {
      seek(nextOffsets);
    } else {
      reader.commit(committable);
    }
  }

  private static Map<TopicPartition, OffsetAndMetadata> offsets(
      Map<Integer, Long> next, String metadata) {
    return next.entrySet().stream()
        .collect(
            Collectors.toMap(
                e -> new TopicPartition(Split.TRAIN.topic(), e.getKey()),
                e -> new OffsetAndMetadata(e.getValue(), metadata)));
  }

  @Override
  public void deadLetter(Delivery delivery, String reason) {
    OutgoingKafkaRecordMetadata<byte[]> metadata =
        OutgoingKafkaRecordMetadata.<byte[]>builder()
            .addHeaders(
                new RecordHeader(
                    "millrace-dead-letter-source",
                    delivery.where().getBytes(StandardCharsets.UTF_8)),
                new RecordHeader(
                    "millrace-dead-letter-reason", reason.getBytes(StandardCharsets.UTF_8)))
            .build();
    deadLetters
        .sendMessage(Message.of(delivery.value()).addMetadata(metadata))
        .await()
        .indefinitely();
  }
}
