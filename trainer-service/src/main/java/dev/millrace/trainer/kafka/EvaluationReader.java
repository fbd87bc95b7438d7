package dev.millrace.trainer.kafka;

import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import dev.millrace.start.CannotStartException;
import dev.millrace.start.kafka.TopicAccess;
import dev.millrace.trainer.stream.EvaluationSplit;
import dev.millrace.trainer.stream.StreamException;
import dev.millrace.waits.Waits;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads the splits that are published once, completely and from the beginning. One thread reads;
 * any thread may call {@link #stop()}.
 */
@Singleton
public final class EvaluationReader {
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Map<String, List<AclOperation>> NEEDED = needed();

  private final Map<String, Object> kafka;
  private final TopicAccess access;
  private final IngestWatch ingest;
  private final Waits waits;
  private volatile boolean stopping;

  EvaluationReader(
      @Identifier("default-kafka-broker") Map<String, Object> kafka,
      Admin admin,
      IngestWatch ingest,
      Waits waits) {
    this.kafka = kafka;
    this.access = new TopicAccess(admin);
    this.ingest = ingest;
    this.waits = waits;
  }

  private static Map<String, List<AclOperation>> needed() {
    Map<String, List<AclOperation>> needed = new LinkedHashMap<>();
    for (Split split : Split.values()) {
      needed.put(split.topic(), List.of(AclOperation.READ));
    }
    for (String topic : List.of(Topics.METRICS, Topics.CHECKPOINTS, Topics.DEAD_LETTERS)) {
      needed.put(topic, List.of(AclOperation.WRITE));
    }
    return needed;
  }

  /** Ends all waits; the waiting methods then return or throw {@link StreamException}. */
  public void stop() {
    stopping = true;
  }

  /**
   * Waits until ingest has created all topics that the trainer uses.
   *
   * @throws CannotStartException if Kafka denies a permission on one of the topics
   */
  public void awaitTopics() throws InterruptedException {
    String answer = "Kafka at %s to answer".formatted(kafka.get("bootstrap.servers"));
    String[] problem = {answer};
    try (Waits.Wait wait = waits.begin(() -> problem[0])) {
      while (!stopping) {
        try {
          List<String> missing = access.missing(NEEDED);
          if (missing.isEmpty()) {
            return;
          }
          ingest.completeAfter();
          problem[0] = "the topics %s, which ingest creates%s".formatted(missing, ingest.state());
        } catch (TopicAccess.DeniedException e) {
          throw new CannotStartException(e.getMessage());
        } catch (ExecutionException e) {
          problem[0] = answer + ": " + e.getCause().getMessage();
        }
        Thread.sleep(POLL.toMillis() / 2);
      }
    }
  }

  /**
   * Reads a split.
   *
   * @throws StreamException if the records are not what their epoch-end describes, or after {@link
   *     #stop()}
   */
  public EvaluationSplit read(Split split) {
    TopicPartition partition = new TopicPartition(split.topic(), 0);
    EvaluationSplit.Reader reader = new EvaluationSplit.Reader(split);
    try (var consumer =
            new KafkaConsumer<>(
                settings(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        Waits.Wait wait = waits.begin(() -> describeWait(split, reader))) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      while (!stopping) {
        var records = consumer.poll(POLL);
        for (ConsumerRecord<byte[], byte[]> record : records) {
          Optional<EvaluationSplit> whole = reader.add(KafkaRecords.delivery(record));
          if (whole.isPresent()) {
            return whole.get();
          }
        }
        if (records.isEmpty()) {
          ingest.completeAfter();
        }
      }
    }
    throw new StreamException("stopped before %s was read".formatted(split.topic()));
  }

  private String describeWait(Split split, EvaluationSplit.Reader reader) {
    return "the %s split, which ingest publishes; %d minibatches read so far%s"
        .formatted(split.wireName(), reader.minibatches(), ingest.state());
  }

  private Map<String, Object> settings() {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.put("enable.auto.commit", false);
    settings.put("auto.offset.reset", "earliest");
    settings.put("allow.auto.create.topics", false);
    settings.put("max.partition.fetch.bytes", 4 << 20);
    settings.put("receive.buffer.bytes", -1);
    return settings;
  }
}
