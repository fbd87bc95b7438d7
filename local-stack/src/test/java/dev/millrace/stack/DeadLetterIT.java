package dev.millrace.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records of an unknown program in the topics of a run. */
class DeadLetterIT {
  private static final byte[] NOISE = "hello".getBytes(StandardCharsets.UTF_8);

  @TempDir private static Path folder;

  @Test
  void malformedRecordsBecomeDeadLetters() throws Exception {
    Path pictures = ColourImages.folder(folder.resolve("pictures"), 60);
    try (Stack stack = new Stack(folder.resolve("home"))) {
      // Ingest reaches its limit and waits for the trainer, so this record lies between
      // minibatches.
      stack
          .with("MILLRACE_INGEST_MAX_AHEAD_MINIBATCHES", 4)
          .with("MILLRACE_TRAINER_CHECKPOINT_EVERY_STEPS", 3)
          .with("MILLRACE_TRAINER_ON_MALFORMED", "skip")
          .up("--dataset", pictures.toString(), "--epochs", "3", "--batch-size", "8");
      await()
          .atMost(Stack.PATIENCE)
          .until(() -> stack.run("pictures-quick", "checkpoints").toFile().exists());
      long offset = write(stack, Split.TRAIN.topic(), NOISE);
      long noise = write(stack, Topics.METRICS, NOISE);
      long nothing = write(stack, Topics.METRICS, null);
      long empty = write(stack, Topics.METRICS, "{}".getBytes(StandardCharsets.UTF_8));
      await()
          .atMost(Stack.PATIENCE)
          .failFast("the launcher ended", () -> !stack.isAlive())
          .until(() -> Files.exists(stack.run("pictures-quick", "report/report.json")));
      assertDeadLetter(stack, "millrace.minibatches.train/0@" + offset);
      int rejected = 0;
      for (int epoch = 1; epoch <= 3; epoch++) {
        Path metrics =
            stack.run("pictures-quick", "metrics/epoch-000000000%d.json".formatted(epoch));
        rejected += new ObjectMapper().readTree(metrics.toFile()).path("rejected").asInt();
      }
      assertThat(rejected).isEqualTo(1);
      // A message for the later records shows that the earlier ones did not end the reader's
      // thread.
      for (long left : new long[] {noise, nothing, empty}) {
        stack.awaitSaid("millrace.metrics, offset %d is not an event".formatted(left));
      }
    }
  }

  private static long write(Stack stack, String topic, byte[] value) throws Exception {
    try (var producer =
        new KafkaProducer<>(
            Map.<String, Object>of("bootstrap.servers", "127.0.0.1:" + stack.ports.kafka()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      return producer
          .send(new ProducerRecord<>(topic, 0, null, value))
          .get(30, TimeUnit.SECONDS)
          .offset();
    }
  }

  private static void assertDeadLetter(Stack stack, String source) {
    TopicPartition letters = new TopicPartition(Topics.DEAD_LETTERS, 0);
    try (var consumer =
        new KafkaConsumer<>(
            Map.<String, Object>of("bootstrap.servers", "127.0.0.1:" + stack.ports.kafka()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(letters));
      consumer.seekToBeginning(List.of(letters));
      List<ConsumerRecord<byte[], byte[]>> records =
          consumer.poll(Duration.ofSeconds(30)).records(letters);
      assertThat(records).hasSize(1);
      assertThat(records.get(0).value()).isEqualTo(NOISE);
      assertThat(header(records.get(0), "millrace-dead-letter-source")).isEqualTo(source);
      assertThat(header(records.get(0), "millrace-dead-letter-reason"))
          .contains("millrace-stream is missing");
    }
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }
}
