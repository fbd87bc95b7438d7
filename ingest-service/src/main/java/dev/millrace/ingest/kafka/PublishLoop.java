package dev.millrace.ingest.kafka;

import dev.millrace.ingest.stream.MinibatchSource;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import dev.millrace.protocol.stream.ResendRequest;
import dev.millrace.protocol.stream.StreamDescription;
import dev.millrace.waits.Waits;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/**
 * Publishes the stream to the partitions that this process holds, each from where it ends. Training
 * epochs follow one another as far as {@link BackpressureLimit} allows. {@link FixedSplits}
 * publishes validation before them, and test as soon as trainers need not wait for it.
 *
 * <p>A record is only published after the one before it on its partition, by this process or by
 * another one. So even if two processes overlap, the first occurrences of all records are in order
 * and complete.
 *
 * <p>One thread runs the loop; {@link #state()} may be read by any.
 */
public final class PublishLoop {
  private static final Logger LOG = Logger.getLogger(PublishLoop.class);
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(125);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  private final StreamDescription stream;
  private final KafkaAccess kafka;
  private final BackpressureLimit limit;
  private final OptionalInt epochs;
  private final Waits waits;
  private final PartitionWriter writer;
  private final FixedSplits fixedSplits;
  private final Map<Integer, ResendRequest> resends = new HashMap<>();
  private SortedMap<Integer, PartitionProgress> training = new TreeMap<>();
  private Duration pause = SHORTEST_PAUSE;
  private volatile String state = "waiting for Kafka";

  /** Trainers need records that the partitions no longer hold. */
  private static final class RecordsDeletedException extends RuntimeException {
    private final transient Map<Integer, ResendRequest> requests;

    RecordsDeletedException(Map<Integer, ResendRequest> requests) {
      super("records were deleted before they were trained; publishing them again: " + requests);
      this.requests = requests;
    }
  }

  /**
   * Creates a loop that publishes nothing yet.
   *
   * @param epochs after how many to stop; empty: never
   */
  public PublishLoop(
      MinibatchSource source,
      KafkaAccess kafka,
      BackpressureLimit limit,
      OptionalInt epochs,
      Waits waits) {
    this.stream = source.description();
    this.kafka = kafka;
    this.limit = limit;
    this.epochs = epochs;
    this.waits = waits;
    writer = new PartitionWriter(source, kafka, this::awaitTrainers);
    fixedSplits = new FixedSplits(stream, kafka, writer);
  }

  /** Returns what the loop does, such as {@code epoch 3}, for the health check. */
  public String state() {
    return state;
  }

  /**
   * Publishes until the thread is interrupted.
   *
   * @throws PublishRefusedException if a person has to change something first, for example because
   *     the topic holds another stream
   */
  public void run() throws InterruptedException {
    kafka.retry(this::ensureTopics);
    kafka.retry().setRepair(this::ensureTopics);
    while (true) {
      try {
        publish(kafka.retry(kafka.lease()::acquire));
      } catch (PublisherLease.ReassignedException e) {
        LOG.info(e.getMessage());
        kafka.producer().forgetPartitions();
      } catch (RecordsDeletedException e) {
        LOG.warn(e.getMessage());
        resends.putAll(e.requests);
      }
    }
  }

  private void ensureTopics() {
    kafka.topics().ensureTopics(stream.partitions());
  }

  private void publish(Set<Integer> partitions) throws InterruptedException {
    fixedSplits.begin(partitions);
    openTraining(partitions);
    commit(Topics.INGEST_MAX_AHEAD + limit.maxAhead());
    for (int epoch = firstUnfinishedEpoch(); isToPublish(epoch); epoch++) {
      state = "epoch " + epoch;
      writer.writeEpoch(training, Split.TRAIN, epoch);
      fixedSplits.publishTest();
    }
    fixedSplits.publishTest();
    state = training.isEmpty() ? "spare: every partition has another replica" : "complete";
    LOG.infof("partitions %s: %s", partitions, state);
    if (epochs.isPresent()) {
      commit(Topics.INGEST_COMPLETE + epochs.getAsInt());
    }
    pause = SHORTEST_PAUSE;
    while (true) {
      followTrainers();
      pause();
    }
  }

  private void openTraining(Set<Integer> partitions) throws InterruptedException {
    training = new TreeMap<>();
    for (int number : partitions) {
      PartitionProgress progress = writer.open(Split.TRAIN, number);
      ResendRequest resend = resends.remove(number);
      training.put(
          number, resend == null ? progress : progress.rewindTo(stream.id(), Split.TRAIN, resend));
    }
    resends.clear();
  }

  private int firstUnfinishedEpoch() {
    return training.values().stream().mapToInt(PartitionProgress::unfinishedEpoch).min().orElse(1);
  }

  private boolean isToPublish(int epoch) {
    return !training.isEmpty() && (epochs.isEmpty() || epoch <= epochs.getAsInt());
  }

  /** Commits how far the partitions are published; trainers read the metadata. */
  private void commit(String metadata) throws InterruptedException {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (PartitionProgress progress : training.values()) {
      long next = kafka.producer().nextOffset(progress.partition());
      offsets.put(progress.partition(), new OffsetAndMetadata(next, metadata));
    }
    kafka.retry(() -> kafka.lease().commit(offsets));
  }

  /** Waits until trainers are far enough for the next record of a partition. */
  private void awaitTrainers(TopicPartition partition) throws InterruptedException {
    int number = partition.partition();
    long offset = kafka.producer().nextOffset(partition);
    if (limit.allows(number, offset)) {
      return;
    }
    pause = SHORTEST_PAUSE;
    try (Waits.Wait wait = waits.begin(() -> limit.reason(number, offset))) {
      while (!isAllowed(partition)) {
        fixedSplits.publishTest();
        kafka.retry(kafka.producer()::flush);
        followTrainers();
        if (!isAllowed(partition)) {
          pause();
        }
      }
    }
  }

  /** Asks again for the next offset: flushing may have corrected it. */
  private boolean isAllowed(TopicPartition partition) {
    return limit.allows(partition.partition(), kafka.producer().nextOffset(partition));
  }

  /**
   * Asks how far the trainers are and which records they need again.
   *
   * @throws RecordsDeletedException if one needs records that were deleted
   */
  private void followTrainers() throws InterruptedException {
    Map<Integer, Long> lastOffsets = new HashMap<>();
    training.forEach(
        (number, progress) ->
            lastOffsets.put(number, kafka.producer().lastOffset(progress.partition())));
    limit.update(lastOffsets);
    Map<Integer, ResendRequest> lost = new TreeMap<>();
    training.forEach(
        (number, progress) ->
            limit.resendRequest(progress).ifPresent(request -> lost.put(number, request)));
    if (!lost.isEmpty()) {
      kafka.retry(kafka.producer()::flush);
      throw new RecordsDeletedException(lost);
    }
  }

  /**
   * Sleeps twice as long as the time before: trainers on the same cores have better use for them.
   */
  private void pause() throws InterruptedException {
    Thread.sleep(pause.toMillis());
    Duration twice = pause.multipliedBy(2);
    pause = twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    kafka.retry(kafka.lease()::check);
    fixedSplits.repair();
  }
}
