package dev.millrace.ingest.kafka;

import dev.millrace.ingest.kafka.KafkaRetry.KafkaUnavailableException;
import dev.millrace.ingest.telemetry.IngestMeters;
import dev.millrace.ingest.telemetry.IngestTracing;
import dev.millrace.protocol.stream.MinibatchHeaders;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.OutgoingMessageMetadata;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.jboss.logging.Logger;

/**
 * Sends records in order, with a limited number in flight, and tracks their offsets. One thread
 * uses it.
 */
@ApplicationScoped
public class MinibatchProducer {
  private static final Logger LOG = Logger.getLogger(MinibatchProducer.class);
  private static final int MAX_IN_FLIGHT = 8;
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final MutinyEmitter<byte[]> minibatches;
  private final IngestMeters meters;
  private final IngestTracing tracing;
  private final Deque<InFlight> pending = new ArrayDeque<>();
  private final Map<TopicPartition, PartitionTail> tails = new HashMap<>();

  /** The end of a partition and the number of its records in flight. */
  private static final class PartitionTail {
    private long nextOffset;
    private int pending;

    private PartitionTail(long nextOffset) {
      this.nextOffset = nextOffset;
    }
  }

  /**
   * A record that Kafka has not acknowledged yet.
   *
   * @param result has the offset once the record is acknowledged
   */
  private record InFlight(
      MinibatchHeaders place,
      TopicPartition partition,
      CompletableFuture<Void> done,
      OutgoingMessageMetadata<RecordMetadata> result) {}

  MinibatchProducer(
      @Channel("minibatches") MutinyEmitter<byte[]> minibatches,
      IngestMeters meters,
      IngestTracing tracing) {
    this.minibatches = minibatches;
    this.meters = meters;
    this.tracing = tracing;
  }

  /**
   * Begins to publish to a partition that has no record in flight.
   *
   * @param offset the offset of its next record
   */
  void begin(TopicPartition partition, long offset) {
    tails.put(partition, new PartitionTail(offset));
  }

  /** Forgets all partitions and records in flight, after the partitions went to another process. */
  void forgetPartitions() {
    pending.clear();
    tails.clear();
  }

  /** Returns the expected offset of a partition's next record. */
  long nextOffset(TopicPartition partition) {
    return tails.get(partition).nextOffset;
  }

  /** Returns the offset of a partition's last acknowledged record; -1 if the partition is empty. */
  long lastOffset(TopicPartition partition) {
    PartitionTail tail = tails.get(partition);
    return tail.nextOffset - tail.pending - 1;
  }

  /**
   * Waits until another record may be sent.
   *
   * @throws KafkaUnavailableException if Kafka does not acknowledge a record in time; the caller
   *     retries
   * @throws PublishRefusedException if a topic does not accept records of this size
   */
  void awaitCapacity() {
    while (pending.size() >= MAX_IN_FLIGHT) {
      awaitOldest();
    }
  }

  /** Waits like {@link #awaitCapacity()} until Kafka has acknowledged all records. */
  public void flush() {
    while (!pending.isEmpty()) {
      awaitOldest();
    }
  }

  /**
   * Sends a record without waiting for Kafka.
   *
   * @param images in the value; 0 at an epoch's end
   * @param augmentation how long it took to make the value
   */
  void publish(
      TopicPartition partition,
      MinibatchHeaders place,
      byte[] value,
      int images,
      Duration augmentation) {
    Headers headers = new RecordHeaders();
    place.toMap().forEach(headers::add);
    IngestTracing.Publication trace = tracing.begin(place, augmentation, headers);
    OutgoingKafkaRecordMetadata<byte[]> metadata =
        OutgoingKafkaRecordMetadata.<byte[]>builder()
            .withTopic(partition.topic())
            .withPartition(partition.partition())
            .withHeaders(headers)
            .build();
    OutgoingMessageMetadata<RecordMetadata> result = new OutgoingMessageMetadata<>();
    long sent = System.nanoTime();
    CompletableFuture<Void> done =
        minibatches
            .sendMessage(Message.of(value).addMetadata(metadata).addMetadata(result))
            .subscribeAsCompletionStage();
    done.whenComplete(
        (nothing, failure) -> {
          trace.end(failure);
          if (failure == null) {
            meters.recordAcknowledgement(Duration.ofNanos(System.nanoTime() - sent));
          }
        });
    pending.add(new InFlight(place, partition, done, result));
    PartitionTail tail = tails.get(partition);
    tail.nextOffset++;
    tail.pending++;
    meters.countPublished(place, images, value.length);
  }

  private void awaitOldest() {
    InFlight oldest = pending.element();
    try {
      oldest.done().get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new KafkaUnavailableException(
          "Kafka has not acknowledged a record of %s for %d s"
              .formatted(oldest.partition(), TIMEOUT.toSeconds()),
          e);
    } catch (ExecutionException e) {
      throw SendErrors.explain(oldest.place().split().topic(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaUnavailableException("interrupted", e);
    }
    pending.remove();
    compareOffset(oldest);
  }

  private void compareOffset(InFlight sent) {
    PartitionTail tail = tails.get(sent.partition());
    long expected = tail.nextOffset - tail.pending;
    tail.pending--;
    RecordMetadata result = sent.result().getResult();
    if (result != null && result.hasOffset() && result.offset() != expected) {
      meters.countOverlap();
      LOG.warnf(
          "minibatch %d of epoch %d has offset %d instead of %d: another ingest process published in the meantime, or one that was killed; trainers skip duplicates",
          sent.place().batch(), sent.place().epoch(), result.offset(), expected);
      tail.nextOffset += result.offset() - expected;
    }
  }
}
