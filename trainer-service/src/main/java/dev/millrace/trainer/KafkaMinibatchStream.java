package dev.millrace.trainer;

import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import dev.millrace.trainer.training.EvaluationSplit;
import dev.millrace.trainer.training.MinibatchStream;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.mutiny.Multi;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.kafka.IncomingKafkaRecord;
import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import io.smallrye.reactive.messaging.kafka.KafkaConsumerRebalanceListener;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Message;

/**
 * The minibatch topics as the training loop reads them. Where to begin comes from the checkpoint
 * and never from the offsets committed in Kafka, which only tell ingest how far we are.
 */
@ApplicationScoped
@Identifier("resume-from-checkpoint")
class KafkaMinibatchStream implements MinibatchStream, KafkaConsumerRebalanceListener {
  private static final String TRAIN = "minibatches-train";
  private static final int PREFETCH = 8;
  private static final Duration COMMIT_PATIENCE = Duration.ofMinutes(10);

  @Inject
  @Channel(TRAIN)
  Multi<IncomingKafkaRecord<byte[], byte[]>> train;

  @Inject
  @Channel("minibatches-validation")
  Multi<IncomingKafkaRecord<byte[], byte[]>> validation;

  @Inject
  @Channel("minibatches-test")
  Multi<IncomingKafkaRecord<byte[], byte[]>> test;

  @Inject
  @Channel("dead-letters")
  MutinyEmitter<byte[]> deadLetters;

  @Inject KafkaClientService clients;

  private Iterator<IncomingKafkaRecord<byte[], byte[]>> records;
  private final StoppableWaits waits = new StoppableWaits();
  private volatile Map<Integer, Long> position = Map.of();
  private volatile Map<TopicPartition, OffsetAndMetadata> committable = Map.of();

  @Override
  public void seek(Map<Integer, Long> nextOffsets) {
    position = nextOffsets;
    records =
        waits.untilStopped(
            train
                .subscribe()
                .asIterable(PREFETCH, () -> new ArrayBlockingQueue<>(2 * PREFETCH))
                .iterator());
  }

  /** A split that is published once, from its begin. */
  EvaluationSplit evaluation(Split split) {
    Multi<IncomingKafkaRecord<byte[], byte[]>> channel =
        split == Split.VALIDATION ? validation : test;
    try (Stream<IncomingKafkaRecord<byte[], byte[]>> stream =
        channel.subscribe().asStream(PREFETCH, () -> new ArrayBlockingQueue<>(2 * PREFETCH))) {
      Iterator<Delivery> deliveries = stream.map(KafkaMinibatchStream::delivery).iterator();
      return EvaluationSplit.read(split, waits.untilStopped(deliveries));
    }
  }

  /** Ends the stream: the record that the loop is at is its last, and nobody waits for another. */
  void stop() {
    waits.stop();
  }

  @Override
  public Delivery next() {
    if (!records.hasNext()) {
      return null;
    }
    Delivery delivery = delivery(records.next());
    // A rebalance begins after what the loop has; what was prefetched comes again.
    position = Map.of(delivery.partition(), delivery.offset() + 1);
    return delivery;
  }

  private static Delivery delivery(IncomingKafkaRecord<byte[], byte[]> record) {
    return new Delivery(
        record.getTopic(),
        record.getPartition(),
        record.getOffset(),
        name -> {
          Header header = record.getHeaders().lastHeader(name);
          return header == null ? null : header.value();
        },
        record.getPayload());
  }

  @Override
  public void onPartitionsAssigned(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
    for (TopicPartition partition : partitions) {
      Long next = position.get(partition.partition());
      if (next == null) {
        consumer.seekToBeginning(List.of(partition));
      } else {
        consumer.seek(partition, next);
      }
    }
    // What a checkpoint held before this process joined the group.
    if (!committable.isEmpty()) {
      consumer.commitSync(committable);
    }
  }

  @Override
  public void commit(Map<Integer, Long> nextOffsets) {
    committable = offsets(nextOffsets, "");
    commit();
  }

  /**
   * Tells ingest that this run has read all that it needs, so that other runs do not wait for it.
   */
  void complete(Map<Integer, Long> nextOffsets) {
    committable = offsets(nextOffsets, Topics.TRAINER_COMPLETE);
    commit();
  }

  private void commit() {
    if (records == null) {
      return;
    }
    clients
        .<byte[], byte[]>getConsumer(TRAIN)
        .commit(committable)
        .onFailure()
        .retry()
        .withBackOff(Duration.ofMillis(200), Duration.ofSeconds(2))
        .expireIn(COMMIT_PATIENCE.toMillis())
        .await()
        .indefinitely();
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
