package dev.millrace.ingest;

import dev.millrace.ingest.StreamLog.End;
import dev.millrace.ingest.stream.MinibatchSource;
import dev.millrace.protocol.EpochEnd;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.MinibatchHeaders;
import dev.millrace.protocol.MinibatchHeaders.Kind;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.StreamDescription;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/**
 * Continues the log on the partitions that this process has: training epochs, as far as the
 * trainers' lead allows, and, by whoever has the first partition, validation before them and test
 * as soon as trainers need not wait for it. What the log holds already is not published again.
 *
 * <p>A partition's record is only ever published after the one before it, by this process or by
 * another: so even if two overlapped, the first occurrences of all records would stand in order
 * without a gap.
 */
final class StreamWriter {
  private static final Logger LOG = Logger.getLogger(StreamWriter.class);
  private static final Duration SHORTEST_REST = Duration.ofMillis(125);
  private static final Duration LONGEST_REST = Duration.ofSeconds(2);

  private final MinibatchSource source;
  private final StreamDescription stream;
  private final String streamId;
  private final StreamLog log;
  private final KafkaPatience kafka;
  private final PublisherLease lease;
  private final StreamPublisher publisher;
  private final TrainerLead lead;
  private final OptionalInt epochs;
  private SortedMap<Integer, PublishedShare> trainShares = new TreeMap<>();
  private boolean testIsDue;
  private Duration rest = SHORTEST_REST;
  private volatile String state = "waiting for Kafka";

  /**
   * @param epochs after how many to stop; empty: never
   */
  StreamWriter(
      MinibatchSource source,
      StreamLog log,
      KafkaPatience kafka,
      PublisherLease lease,
      StreamPublisher publisher,
      TrainerLead lead,
      OptionalInt epochs) {
    this.source = source;
    this.stream = source.description();
    this.streamId = stream.id();
    this.log = log;
    this.kafka = kafka;
    this.lease = lease;
    this.publisher = publisher;
    this.lead = lead;
    this.epochs = epochs;
  }

  /** Such as {@code epoch 3}, for health. */
  String state() {
    return state;
  }

  /**
   * Publishes until the process ends.
   *
   * @throws IngestStoppedException if the log holds another stream, say
   */
  void run() throws InterruptedException {
    kafka.untilItAnswers(() -> log.ensureTopics(stream.partitions()));
    while (true) {
      try {
        publish(kafka.untilItAnswers(lease::take));
      } catch (PublisherLease.ChangedException e) {
        LOG.info(e.getMessage());
        publisher.forget();
      }
    }
  }

  private void publish(Set<Integer> partitions) throws InterruptedException {
    testIsDue = partitions.contains(0);
    if (partitions.contains(0)) {
      publishOnce(Split.VALIDATION);
    }
    trainShares = new TreeMap<>();
    for (int partition : partitions) {
      trainShares.put(partition, begin(Split.TRAIN, partition));
    }
    int epoch =
        trainShares.values().stream().mapToInt(PublishedShare::unfinishedEpoch).min().orElse(1);
    while (!trainShares.isEmpty() && (epochs.isEmpty() || epoch <= epochs.getAsInt())) {
      state = "epoch " + epoch;
      publishEpoch(trainShares, Split.TRAIN, epoch);
      publishTest();
      epoch++;
    }
    publishTest();
    state = trainShares.isEmpty() ? "spare: every partition has another replica" : "complete";
    LOG.infof("partitions %s: %s", partitions, state);
    while (true) {
      lead.follow(lastOffsets());
      rest();
    }
  }

  /** A run reads it last. */
  private void publishTest() throws InterruptedException {
    if (testIsDue) {
      publishOnce(Split.TEST);
      testIsDue = false;
    }
  }

  private void publishOnce(Split split) throws InterruptedException {
    publishEpoch(new TreeMap<>(Map.of(0, begin(split, 0))), split, 0);
  }

  /** Turns to a partition and finds out what it holds. */
  private PublishedShare begin(Split split, int number) throws InterruptedException {
    TopicPartition partition = new TopicPartition(split.topic(), number);
    End end = kafka.untilItAnswers(() -> log.end(partition));
    for (MinibatchHeaders place : end.last()) {
      if (!place.stream().equals(streamId)) {
        throw new IngestStoppedException(
            "%s holds stream %s, but these settings make stream %s; use the settings it was begun with, or an empty Kafka (another --home)"
                .formatted(split.topic(), place.stream(), streamId));
      }
    }
    PublishedShare share = new PublishedShare(partition, end.last());
    if (share.last() != null) {
      LOG.infof(
          "%s ends at offset %d, with %s %d of epoch %d; going on behind it",
          partition,
          end.nextOffset(),
          share.last().kind(),
          share.last().batch(),
          share.last().epoch());
    }
    publisher.begin(partition, end.nextOffset());
    return share;
  }

  private void publishEpoch(SortedMap<Integer, PublishedShare> shares, Split split, int epoch)
      throws InterruptedException {
    int batches = stream.batches(split);
    MinibatchHeaders end = new MinibatchHeaders(streamId, split, epoch, batches, Kind.EPOCH_END);
    for (PublishedShare share : shares.values()) {
      share.beginEpoch(streamId, split, epoch);
    }
    for (int batch = 0; batch < batches; batch++) {
      PublishedShare share = shares.get(split == Split.TRAIN ? stream.partition(batch) : 0);
      if (share != null && !share.held(end)) {
        publishMinibatch(share, split, epoch, batch);
      }
    }
    for (PublishedShare share : shares.values()) {
      if (!share.held(end)) {
        int number = share.partition().partition();
        EpochEnd content = EpochEnd.of(stream, split, epoch, number, share.digest());
        publish(share, end, Json.bytes(content), 0, Duration.ZERO);
      }
    }
    kafka.untilItAnswers(publisher::flush);
  }

  /** A minibatch that the log holds is made again for the digest, and not published. */
  private void publishMinibatch(PublishedShare share, Split split, int epoch, int batch)
      throws InterruptedException {
    long begin = System.nanoTime();
    byte[] value = source.at(split, epoch, batch);
    Duration augmentation = Duration.ofNanos(System.nanoTime() - begin);
    share.add(value);
    MinibatchHeaders place = new MinibatchHeaders(streamId, split, epoch, batch, Kind.MINIBATCH);
    if (!share.held(place)) {
      publish(share, place, value, source.images(split, batch), augmentation);
    }
  }

  private void publish(
      PublishedShare share, MinibatchHeaders place, byte[] value, int images, Duration augmentation)
      throws InterruptedException {
    kafka.untilItAnswers(publisher::awaitRoom);
    kafka.untilItAnswers(lease::check);
    if (place.split() == Split.TRAIN) {
      waitForTrainers(share.partition());
    }
    publisher.publish(share.partition(), place, value, images, augmentation);
    rest = SHORTEST_REST;
  }

  private void waitForTrainers(TopicPartition partition) throws InterruptedException {
    while (!lead.allows(partition.partition(), publisher.nextOffset(partition))) {
      publishTest();
      kafka.untilItAnswers(publisher::flush);
      lead.follow(lastOffsets());
      if (!lead.allows(partition.partition(), publisher.nextOffset(partition))) {
        rest();
      }
    }
  }

  private Map<Integer, Long> lastOffsets() {
    Map<Integer, Long> offsets = new HashMap<>();
    trainShares.forEach(
        (number, share) -> offsets.put(number, publisher.lastOffset(share.partition())));
    return offsets;
  }

  /** The longer the less happens: trainers on the same cores have better use for them. */
  private void rest() throws InterruptedException {
    Thread.sleep(rest.toMillis());
    Duration twice = rest.multipliedBy(2);
    rest = twice.compareTo(LONGEST_REST) < 0 ? twice : LONGEST_REST;
    kafka.untilItAnswers(lease::check);
  }
}
