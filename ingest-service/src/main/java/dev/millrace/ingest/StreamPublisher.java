package dev.millrace.ingest;

import dev.millrace.ingest.KafkaPatience.BrokerException;
import dev.millrace.protocol.MinibatchHeaders;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.OutgoingMessageMetadata;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.jboss.logging.Logger;

/** Sends records of one topic in order, a few at a time. One thread uses it. */
@ApplicationScoped
class StreamPublisher {
  private static final Logger LOG = Logger.getLogger(StreamPublisher.class);
  private static final int IN_FLIGHT = 8;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final MutinyEmitter<byte[]> minibatches;
  private final IngestMeters meters;
  private final IngestTracing tracing;
  private final Deque<Sent> pending = new ArrayDeque<>();
  private long nextOffset;

  /**
   * @param result tells the offset once it is done
   */
  private record Sent(
      MinibatchHeaders place,
      CompletableFuture<Void> done,
      OutgoingMessageMetadata<RecordMetadata> result) {}

  StreamPublisher(
      @Channel("minibatches") MutinyEmitter<byte[]> minibatches,
      IngestMeters meters,
      IngestTracing tracing) {
    this.minibatches = minibatches;
    this.meters = meters;
    this.tracing = tracing;
  }

  /**
   * Goes to the next topic.
   *
   * @param offset that its next record will get
   */
  void begin(long offset) {
    nextOffset = offset;
  }

  /** The offset that the next record will get, as far as Kafka has told. */
  long nextOffset() {
    return nextOffset;
  }

  /** The last offset that Kafka is known to have; -1 in an empty topic. */
  long lastOffset() {
    return nextOffset - pending.size() - 1;
  }

  /**
   * Waits until another record may be sent.
   *
   * @throws BrokerException if Kafka does not take those before it in time; to be asked again
   * @throws IngestStoppedException if the topic takes no records of this size
   */
  void awaitRoom() {
    while (pending.size() >= IN_FLIGHT) {
      awaitOldest();
    }
  }

  /** Like {@link #awaitRoom()}, until Kafka has all that was sent. */
  void flush() {
    while (!pending.isEmpty()) {
      awaitOldest();
    }
  }

  /**
   * @param images in the value; none at an epoch's end
   * @param augmentation how long the value took to be made
   */
  void publish(MinibatchHeaders place, byte[] value, int images, Duration augmentation) {
    Headers headers = new RecordHeaders();
    place.toMap().forEach(headers::add);
    IngestTracing.Publication trace = tracing.begin(place, augmentation, headers);
    OutgoingKafkaRecordMetadata<byte[]> metadata =
        OutgoingKafkaRecordMetadata.<byte[]>builder()
            .withTopic(place.split().topic())
            .withPartition(0)
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
          meters.acknowledged(Duration.ofNanos(System.nanoTime() - sent));
        });
    pending.add(new Sent(place, done, result));
    nextOffset++;
    meters.published(place, images, value.length);
  }

  private void awaitOldest() {
    Sent oldest = pending.element();
    try {
      oldest.done().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new BrokerException(
          "Kafka has not taken a record of %s for %d s"
              .formatted(oldest.place().split().topic(), PATIENCE.toSeconds()),
          e);
    } catch (ExecutionException e) {
      throw refused(oldest, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BrokerException("interrupted", e);
    }
    long expected = nextOffset - pending.size();
    pending.remove();
    RecordMetadata result = oldest.result().getResult();
    if (result != null && result.hasOffset() && result.offset() != expected) {
      meters.overlapped();
      LOG.warnf(
          "minibatch %d of epoch %d went to offset %d instead of %d: another ingest process has published meanwhile, or one that was killed; trainers skip what is there twice",
          oldest.place().batch(), oldest.place().epoch(), result.offset(), expected);
      nextOffset += result.offset() - expected;
    }
  }

  private static RuntimeException refused(Sent sent, Throwable cause) {
    String topic = sent.place().split().topic();
    if (cause instanceof RecordTooLargeException) {
      return new IngestStoppedException(
          "%s does not take records of this size (%s); raise the topic's max.message.bytes to %s or lower MILLRACE_INGEST_BATCH_SIZE"
              .formatted(topic, cause.getMessage(), StreamLog.MAX_MESSAGE_BYTES),
          cause);
    }
    return new IllegalStateException("%s refuses a record: %s".formatted(topic, cause), cause);
  }
}
