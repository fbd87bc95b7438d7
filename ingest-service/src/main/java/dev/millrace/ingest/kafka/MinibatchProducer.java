package dev.millrace.ingest.kafka;

import dev.millrace.ingest.kafka.KafkaRetry.BrokerException;
import dev.millrace.ingest.telemetry.IngestMeters;
import dev.millrace.ingest.telemetry.IngestTracing;
import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.start.kafka.KafkaErrors;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.OutgoingMessageMetadata;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.jboss.logging.Logger;

/** Sends records in order, a few at a time, and counts their offsets. One thread uses it. */
@ApplicationScoped
public class MinibatchProducer {
  private static final Logger LOG = Logger.getLogger(MinibatchProducer.class);
  private static final int IN_FLIGHT = 8;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final MutinyEmitter<byte[]> minibatches;
  private final IngestMeters meters;
  private final IngestTracing tracing;
  private final Deque<Sent> pending = new ArrayDeque<>();
  private final Map<TopicPartition, Tail> tails = new HashMap<>();

  /** Where a partition ends. */
  private static final class Tail {
    private long nextOffset;
    private int pending;

    private Tail(long nextOffset) {
      this.nextOffset = nextOffset;
    }
  }

  /**
   * @param result tells the offset once it is done
   */
  private record Sent(
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
   * Goes on with a partition, of which nothing is under way.
   *
   * @param offset that its next record will get
   */
  void begin(TopicPartition partition, long offset) {
    tails.put(partition, new Tail(offset));
  }

  /** Forgets what is under way; it belongs to whoever goes on with the partitions. */
  void forget() {
    pending.clear();
    tails.clear();
  }

  /** The offset that a partition's next record will get, as far as Kafka has told. */
  long nextOffset(TopicPartition partition) {
    return tails.get(partition).nextOffset;
  }

  /** A partition's last offset that Kafka is known to have; -1 if it is empty. */
  long lastOffset(TopicPartition partition) {
    Tail tail = tails.get(partition);
    return tail.nextOffset - tail.pending - 1;
  }

  /**
   * Waits until another record may be sent.
   *
   * @throws BrokerException if Kafka does not take those before it in time; to be asked again
   * @throws IngestStoppedException if a topic takes no records of this size
   */
  void awaitRoom() {
    while (pending.size() >= IN_FLIGHT) {
      awaitOldest();
    }
  }

  /** Like {@link #awaitRoom()}, until Kafka has all that was sent. */
  public void flush() {
    while (!pending.isEmpty()) {
      awaitOldest();
    }
  }

  /**
   * @param images in the value; none at an epoch's end
   * @param augmentation how long the value took to be made
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
            meters.acknowledged(Duration.ofNanos(System.nanoTime() - sent));
          }
        });
    pending.add(new Sent(place, partition, done, result));
    Tail tail = tails.get(partition);
    tail.nextOffset++;
    tail.pending++;
    meters.published(place, images, value.length);
  }

  private void awaitOldest() {
    Sent oldest = pending.element();
    try {
      oldest.done().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new BrokerException(
          "Kafka has not taken a record of %s for %d s"
              .formatted(oldest.partition(), PATIENCE.toSeconds()),
          e);
    } catch (ExecutionException e) {
      throw refused(oldest, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BrokerException("interrupted", e);
    }
    pending.remove();
    compareOffset(oldest);
  }

  private void compareOffset(Sent sent) {
    Tail tail = tails.get(sent.partition());
    long expected = tail.nextOffset - tail.pending;
    tail.pending--;
    RecordMetadata result = sent.result().getResult();
    if (result != null && result.hasOffset() && result.offset() != expected) {
      meters.overlapped();
      LOG.warnf(
          "minibatch %d of epoch %d went to offset %d instead of %d: another ingest process has"
              + " published meanwhile, or one that was killed; trainers skip what is there twice",
          sent.place().batch(), sent.place().epoch(), result.offset(), expected);
      tail.nextOffset += result.offset() - expected;
    }
  }

  private static RuntimeException refused(Sent sent, Throwable cause) {
    String topic = sent.place().split().topic();
    if (cause instanceof RecordTooLargeException) {
      return new IngestStoppedException(
          "%s does not take records of this size (%s); raise the topic's max.message.bytes to %s or lower MILLRACE_INGEST_BATCH_SIZE"
              .formatted(topic, cause.getMessage(), MinibatchTopics.MAX_MESSAGE_BYTES),
          cause);
    }
    Optional<String> permanent =
        cause instanceof InvalidRecordException
            ? Optional.of("%s refuses a record: %s".formatted(topic, cause.getMessage()))
            : KafkaErrors.permanent(cause);
    if (permanent.isPresent()) {
      return new IngestStoppedException(permanent.get(), cause);
    }
    return new IllegalStateException("%s refuses a record: %s".formatted(topic, cause), cause);
  }
}
