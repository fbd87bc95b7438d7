package dev.millrace.trainer.kafka;

import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import dev.millrace.protocol.stream.ResendRequest;
import dev.millrace.trainer.loop.TrainerSettings;
import dev.millrace.trainer.stream.MinibatchStream;
import dev.millrace.trainer.stream.StreamException;
import dev.millrace.waits.Waits;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * The training topic as the training loop reads it. Reading begins at the offsets of the
 * checkpoint, never at the offsets committed in Kafka, which only report the trainer's progress to
 * ingest.
 */
@ApplicationScoped
public class KafkaMinibatchStream implements MinibatchStream {
  private final DeadLetters deadLetters;
  private final Map<String, Object> kafka;
  private final TrainerSettings settings;
  private final IngestWatch ingest;
  private final Waits waits;
  private final MeterRegistry registry;
  private volatile boolean stopping;
  private volatile PartitionReader reader;
  private KafkaClientMetrics metrics;
  private final Map<Integer, String> requests = new ConcurrentHashMap<>();
  private Map<TopicPartition, OffsetAndMetadata> committable = Map.of();

  KafkaMinibatchStream(
      DeadLetters deadLetters,
      @Identifier("default-kafka-broker") Map<String, Object> kafka,
      TrainerSettings settings,
      IngestWatch ingest,
      Waits waits,
      MeterRegistry registry) {
    this.deadLetters = deadLetters;
    this.kafka = kafka;
    this.settings = settings;
    this.ingest = ingest;
    this.waits = waits;
    this.registry = registry;
  }

  @Override
  public void seek(Map<Integer, Long> nextOffsets) {
    if (stopping) {
      return;
    }
    var consumer = KafkaRecords.trainingConsumer(kafka, settings.run());
    metrics = new KafkaClientMetrics(consumer);
    metrics.bindTo(registry);
    reader = new PartitionReader(consumer, nextOffsets);
    reader.start();
    if (stopping) {
      reader.stop();
    }
    // Commits the offsets of the newest checkpoint, or those of the beginning for a new run. From
    // then on ingest waits for this run, even if this process is killed before its first
    // checkpoint.
    if (committable.isEmpty()) {
      committable = offsets(nextOffsets, "");
    }
    commit();
  }

  private void commit() {
    try (Waits.Wait wait = waits.begin("Kafka to accept the offsets of a checkpoint")) {
      reader.commit(committable);
    }
  }

  /** Ends the stream: the record that the loop processes is the last one, and all waits end. */
  public void stop() {
    stopping = true;
    if (reader != null) {
      reader.stop();
    }
  }

  /** Closes the connection to Kafka after the end of the loop. */
  public void close() {
    if (reader != null) {
      metrics.close();
      reader.close();
    }
  }

  @Override
  public boolean await(int partition, Duration patience) {
    return reader == null || reader.await(partition, patience);
  }

  @Override
  public OptionalLong lostBefore(int partition) {
    return reader == null ? OptionalLong.empty() : reader.lostBefore(partition);
  }

  @Override
  public void requestResend(int partition, ResendRequest lost, boolean resumed) {
    if (!resumed) {
      requireNoOtherTrainer();
    }
    requests.put(partition, lost.metadata());
    committable = offsets(Map.of(partition, lost.from()), "");
    commit();
  }

  /**
   * Checks that no other trainer runs. Publishing again from the beginning would make the other
   * trainers wait until this run has caught up.
   */
  private void requireNoOtherTrainer() {
    try {
      List<String> others = ingest.otherTrainers();
      if (!others.isEmpty()) {
        throw new StreamException(
            "run %s starts too late: the first records of the stream were deleted because %s have trained them; start all trainers of a stream before the first checkpoint, or give this one its own Kafka"
                .formatted(settings.run(), others));
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("cannot ask Kafka for other trainers: " + e.getCause(), e);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while asking Kafka for other trainers", e);
    }
  }

  @Override
  public void endResend(int partition) {
    requests.remove(partition);
  }

  @Override
  public String reasonForWaiting() {
    return ingest.state();
  }

  @Override
  public void requirePublished(int epoch) {
    OptionalInt last = ingest.completeAfter();
    if (last.isPresent() && epoch > last.getAsInt()) {
      throw new StreamException(
          "ingest ends after epoch %d, but run %s has %d epochs; set the same MILLRACE_EPOCHS for both, or leave it unset for ingest"
              .formatted(last.getAsInt(), settings.run(), settings.epochs()));
    }
    OptionalInt maxAhead = ingest.maxAhead();
    if (maxAhead.isPresent() && settings.recordsPerStep() > maxAhead.getAsInt()) {
      throw new StreamException(
          "MILLRACE_TRAINER_RECORDS_PER_STEP=%d: allowed: at most ingest's MILLRACE_INGEST_MAX_AHEAD_MINIBATCHES, which is %d; raise that or lower this"
              .formatted(settings.recordsPerStep(), maxAhead.getAsInt()));
    }
  }

  @Override
  public Delivery next(int partition) {
    if (reader == null) {
      return null;
    }
    ConsumerRecord<byte[], byte[]> r = reader.next(partition);
    return r == null ? null : KafkaRecords.delivery(r);
  }

  @Override
  public void commit(Map<Integer, Long> nextOffsets) {
    committable = offsets(nextOffsets, "");
    if (reader != null) {
      commit();
    }
  }

  /**
   * Tells ingest that this run has read all records that it needs, so that other runs do not wait
   * for it.
   */
  public void complete(Map<Integer, Long> nextOffsets) {
    committable = offsets(nextOffsets, Topics.TRAINER_COMPLETE);
    if (reader == null) {
      seek(nextOffsets);
    } else {
      commit();
    }
  }

  /**
   * Returns the offsets to commit. The metadata of a partition contains its pending request, if it
   * has one.
   */
  private Map<TopicPartition, OffsetAndMetadata> offsets(Map<Integer, Long> next, String metadata) {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    next.forEach(
        (partition, offset) ->
            offsets.put(
                new TopicPartition(Split.TRAIN.topic(), partition),
                new OffsetAndMetadata(offset, requests.getOrDefault(partition, metadata))));
    return offsets;
  }

  @Override
  public void deadLetter(Delivery delivery, String reason) {
    deadLetters.send(delivery, reason);
  }
}
