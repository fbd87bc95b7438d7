package dev.millrace.trainer.kafka;

import dev.millrace.protocol.Topics;
import dev.millrace.trainer.stream.MinibatchStream.Delivery;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The consumer of the training topic, and the form of its records in the training loop. */
final class KafkaRecords {
  private static final int PREFETCH = 8;

  private KafkaRecords() {}

  /**
   * Creates a consumer in the consumer group of a run.
   *
   * @param kafka the settings of the connection
   */
  static KafkaConsumer<byte[], byte[]> trainingConsumer(Map<String, Object> kafka, String run) {
    return new KafkaConsumer<>(
        consumerSettings(kafka, run), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /**
   * Returns the settings of the consumer. A static member rejoins without delay after a kill.
   * Offsets are committed explicitly, and only those of a checkpoint. A poll returns few records,
   * because each is 394 KB large. The operating system sizes the receive buffer: one of 64 KB would
   * wake the thread for every part of a record.
   */
  private static Map<String, Object> consumerSettings(Map<String, Object> kafka, String run) {
    Map<String, Object> consumer = new HashMap<>(kafka);
    consumer.put("group.id", Topics.TRAINER_GROUP_PREFIX + run);
    consumer.put("group.instance.id", Topics.TRAINER_MEMBER);
    consumer.put("enable.auto.commit", false);
    consumer.put("auto.offset.reset", "none");
    consumer.put("allow.auto.create.topics", false);
    consumer.put("max.poll.records", PREFETCH);
    consumer.put("fetch.max.bytes", 8 << 20);
    consumer.put("max.partition.fetch.bytes", 4 << 20);
    consumer.put("receive.buffer.bytes", -1);
    // Otherwise the heartbeat thread would look for work ten times a second.
    consumer.put("retry.backoff.ms", 1000);
    return consumer;
  }

  /** Converts a record for the training loop. */
  static Delivery delivery(ConsumerRecord<byte[], byte[]> r) {
    return new Delivery(
        r.topic(),
        r.partition(),
        r.offset(),
        name -> {
          Header header = r.headers().lastHeader(name);
          return header == null ? null : header.value();
        },
        r.value());
  }
}
