package dev.millrace.ingest;

import dev.millrace.protocol.MinibatchHeaders;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Message;

/**
 * Sends records in order, a few at a time. One thread uses it. A record that Kafka refuses throws
 * {@link java.util.concurrent.CompletionException} at a later call.
 */
@ApplicationScoped
class StreamPublisher {
  private static final int IN_FLIGHT = 8;

  private final MutinyEmitter<byte[]> minibatches;
  private final Counter bytes;
  private final Counter records;
  private final Deque<CompletableFuture<Void>> pending = new ArrayDeque<>();

  StreamPublisher(
      @Channel("minibatches") MutinyEmitter<byte[]> minibatches, MeterRegistry registry) {
    this.minibatches = minibatches;
    bytes = registry.counter("millrace.ingest.bytes");
    records = registry.counter("millrace.ingest.records");
  }

  void publish(MinibatchHeaders place, byte[] value) {
    Headers headers = new RecordHeaders();
    place.toMap().forEach(headers::add);
    OutgoingKafkaRecordMetadata<byte[]> metadata =
        OutgoingKafkaRecordMetadata.<byte[]>builder()
            .withTopic(place.split().topic())
            .withPartition(0)
            .withHeaders(headers)
            .build();
    while (pending.size() >= IN_FLIGHT) {
      pending.remove().join();
    }
    pending.add(
        minibatches
            .sendMessage(Message.of(value).addMetadata(metadata))
            .subscribeAsCompletionStage());
    records.increment();
    bytes.increment(value.length);
  }

  /** Waits until Kafka has all that was published. */
  void flush() {
    while (!pending.isEmpty()) {
      pending.remove().join();
    }
  }
}
