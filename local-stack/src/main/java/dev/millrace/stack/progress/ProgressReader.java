package dev.millrace.stack.progress;

import dev.millrace.protocol.Topics;
import dev.millrace.stack.home.Ports;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads the trainer's events on its own thread, from the time of construction, and shows them. */
public final class ProgressReader implements AutoCloseable {
  /** The broker sends events as soon as they arrive, so a shorter wait only adds requests. */
  private static final Duration WAIT = Duration.ofSeconds(5);

  private final ProgressEvents events;
  private final Thread thread;
  private final KafkaConsumer<byte[], byte[]> consumer;

  public ProgressReader(int kafkaPort, String run, Console console) {
    events = new ProgressEvents(run, console, Clock.systemUTC());
    consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                Ports.HOST + ":" + kafkaPort,
                "auto.offset.reset",
                "latest",
                "fetch.max.wait.ms",
                (int) WAIT.toMillis()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    thread = new Thread(this::read, "progress");
    thread.setDaemon(true);
    thread.start();
  }

  private void read() {
    try {
      consumer.assign(List.of(new TopicPartition(Topics.METRICS, 0)));
      while (true) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(WAIT)) {
          events.show("%s, offset %d".formatted(record.topic(), record.offset()), record.value());
        }
      }
    } catch (WakeupException e) {
      // The reader was closed.
    } finally {
      // Do not leave the group: the broker would read that request only after the pending fetch.
      consumer.close(CloseOptions.timeout(Duration.ZERO));
    }
  }

  public ProgressEvents events() {
    return events;
  }

  @Override
  public void close() throws InterruptedException {
    consumer.wakeup();
    thread.join(Duration.ofSeconds(5).toMillis());
  }
}
