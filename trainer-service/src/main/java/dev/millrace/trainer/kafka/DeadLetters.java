package dev.millrace.trainer.kafka;

import dev.millrace.trainer.stream.MinibatchStream.Delivery;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Message;

/** The dead-letter topic, to which the trainer sends records that it cannot decode. */
@Singleton
class DeadLetters {
  private final MutinyEmitter<byte[]> channel;

  DeadLetters(@Channel("dead-letters") MutinyEmitter<byte[]> channel) {
    this.channel = channel;
  }

  /** Sends a record with its origin and the reason, and waits until Kafka has accepted it. */
  void send(Delivery delivery, String reason) {
    OutgoingKafkaRecordMetadata<byte[]> metadata =
        OutgoingKafkaRecordMetadata.<byte[]>builder()
            .addHeaders(
                new RecordHeader(
                    "millrace-dead-letter-source",
                    delivery.where().getBytes(StandardCharsets.UTF_8)),
                new RecordHeader(
                    "millrace-dead-letter-reason", reason.getBytes(StandardCharsets.UTF_8)))
            .build();
    channel.sendMessage(Message.of(delivery.value()).addMetadata(metadata)).await().indefinitely();
  }
}
