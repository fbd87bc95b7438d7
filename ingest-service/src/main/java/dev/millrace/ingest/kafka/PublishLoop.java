package dev.millrace.ingest.kafka;

import dev.millrace.ingest.kafka.MinibatchTopics.End;
import dev.millrace.ingest.kafka.MinibatchTopics.Offsets;
import dev.millrace.ingest.stream.MinibatchSource;
import dev.millrace.protocol.EpochEnd;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.MinibatchHeaders;
import dev.millrace.protocol.MinibatchHeaders.Kind;
import dev.millrace.protocol.ResendRequest;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.StreamDescription;
import dev.millrace.protocol.Topics;
import dev.millrace.waits.Waits;
import java.time.Duration;
import java.util.EnumMap;
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
 * Continues the log on the partitions that this process has: training epochs, as far as the
 * trainers' lead allows, and, by whoever has the first partition, validation before them and test
 * as soon as trainers need not wait for it. What the log holds already is not published again.
 *
 * <p>A partition's record is only ever published after the one before it, by this process or by
 * another: so even if two overlapped, the first occurrences of all records would stand in order
 * without a gap.
 */
public final class PublishLoop {
  private static final Logger LOG = Logger.getLogger(PublishLoop.class);
  private static final Duration SHORTEST_REST = Duration.ofMillis(125);
  private static final Duration LONGEST_REST = Duration.ofSeconds(2);
  private static final Duration REPAIR = Duration.ofSeconds(10);

  private final MinibatchSource source;
  private final StreamDescription stream;
  private final String streamId;
  private final MinibatchTopics log;
  private final KafkaRetry kafka;
  private final PublisherLease lease;
  private final MinibatchProducer publisher;
  private final BackpressureLimit lead;
  private final OptionalInt epochs;
  private final Waits waits;
  private SortedMap<Integer, PartitionProgress> trainShares = new TreeMap<>();
  private final Map<Integer, ResendRequest> goBack = new HashMap<>();
  private final Map<TopicPartition, End> ends = new HashMap<>();

  /** Of the splits that are published once, by this process. */
  private final Map<Split, Offsets> published = new EnumMap<>(Split.class);

  private long repairAt = System.nanoTime() + REPAIR.toNanos();
  private boolean testIsDue;
  private Duration rest = SHORTEST_REST;
  private volatile String state = "waiting for Kafka";

  /**
   * @param epochs after how many to stop; empty: never
   */
  public PublishLoop(
      MinibatchSource source,
      MinibatchTopics log,
      KafkaRetry kafka,
      PublisherLease lease,
      MinibatchProducer publisher,
      BackpressureLimit lead,
      OptionalInt epochs,
      Waits waits) {
    this.source = source;
    this.stream = source.description();
    this.streamId = stream.id();
    this.log = log;
    this.kafka = kafka;
    this.lease = lease;
    this.publisher = publisher;
    this.lead = lead;
    this.epochs = epochs;
    this.waits = waits;
  }

  /** Such as {@code epoch 3}, for health. */
  public String state() {
    return state;
  }

  /**
   * Publishes until the process ends.
   *
   * @throws IngestStoppedException if the log holds another stream, say
   */
  public void run() throws InterruptedException {
    kafka.retry(() -> log.ensureTopics(stream.partitions()));
    kafka.repairBy(() -> log.ensureTopics(stream.partitions()));
    while (true) {
      try {
        publish(kafka.retry(lease::take));
      } catch (PublisherLease.ChangedException e) {
        LOG.info(e.getMessage());
        publisher.forget();
      } catch (GoBackException e) {
        LOG.warn(e.getMessage());
        goBack.putAll(e.requests);
      }
    }
  }

  /** Trainers need records again that the partitions no longer hold. */
  private static final class GoBackException extends RuntimeException {
    private final Map<Integer, ResendRequest> requests;

    GoBackException(Map<Integer, ResendRequest> requests) {
      super("records were deleted before they were trained; publishing them again: " + requests);
      this.requests = requests;
    }
  }

  /**
   * Asks how far the trainers are and what they need again.
   *
   * @throws GoBackException if one needs records that are gone
   */
  private void follow() throws InterruptedException {
    lead.follow(lastOffsets());
    Map<Integer, ResendRequest> lost = new TreeMap<>();
    trainShares.forEach(
        (partition, share) -> lead.lost(share).ifPresent(request -> lost.put(partition, request)));
    if (!lost.isEmpty()) {
      kafka.retry(publisher::flush);
      throw new GoBackException(lost);
    }
  }

  private void publish(Set<Integer> partitions) throws InterruptedException {
    testIsDue = partitions.contains(0);
    published.clear();
    if (partitions.contains(0)) {
      publishOnce(Split.VALIDATION);
    }
    trainShares = new TreeMap<>();
    for (int partition : partitions) {
      PartitionProgress share = begin(Split.TRAIN, partition);
      ResendRequest lost = goBack.remove(partition);
      trainShares.put(partition, lost == null ? share : share.backTo(streamId, Split.TRAIN, lost));
    }
    goBack.clear();
    mark("");
    int epoch =
        trainShares.values().stream().mapToInt(PartitionProgress::unfinishedEpoch).min().orElse(1);
    while (!trainShares.isEmpty() && (epochs.isEmpty() || epoch <= epochs.getAsInt())) {
      state = "epoch " + epoch;
      publishEpoch(trainShares, Split.TRAIN, epoch);
      publishTest();
      epoch++;
    }
    publishTest();
    state = trainShares.isEmpty() ? "spare: every partition has another replica" : "complete";
    LOG.infof("partitions %s: %s", partitions, state);
    if (epochs.isPresent()) {
      mark(Topics.INGEST_COMPLETE + epochs.getAsInt());
    }
    while (true) {
      follow();
      rest();
    }
  }

  /** Tells trainers how far this process goes, by its committed offsets. */
  private void mark(String metadata) throws InterruptedException {
    Map<TopicPartition, OffsetAndMetadata> marks = new HashMap<>();
    for (PartitionProgress share : trainShares.values()) {
      long next = publisher.nextOffset(share.partition());
      marks.put(share.partition(), new OffsetAndMetadata(next, metadata));
    }
    kafka.retry(() -> lease.commit(marks));
  }

  /** A run reads it last. */
  private void publishTest() throws InterruptedException {
    if (testIsDue) {
      publishOnce(Split.TEST);
      testIsDue = false;
    }
  }

  /** Publishes a split that is read whole; again, if a part of it was deleted. */
  private void publishOnce(Split split) throws InterruptedException {
    PartitionProgress share = begin(split, 0);
    End end = ends.get(share.partition());
    int records = stream.batches(split) + 1;
    if (share.last() != null
        && end.firstOffset() > 0
        && end.nextOffset() - end.firstOffset() < records) {
      LOG.warnf("%s: a part of the split was deleted; publishing it again", split.topic());
      share = share.backTo(streamId, split, new ResendRequest(0, 0, end.firstOffset()));
    }
    publishEpoch(new TreeMap<>(Map.of(0, share)), split, 0);
    published.put(split, new Offsets(end.firstOffset(), publisher.nextOffset(share.partition())));
  }

  /** Looks from time to time whether somebody deleted what a trainer still has to read. */
  private void repairTopics() throws InterruptedException {
    if (System.nanoTime() < repairAt) {
      return;
    }
    repairAt = System.nanoTime() + REPAIR.toNanos();
    kafka.retry(() -> log.ensureTopics(stream.partitions()));
    for (Split split : Set.copyOf(published.keySet())) {
      Offsets now = kafka.retry(() -> log.offsets(new TopicPartition(split.topic(), 0)));
      Offsets then = published.get(split);
      if (now.first() != then.first() || now.next() < then.next()) {
        publishOnce(split);
      }
    }
  }

  /** Turns to a partition and finds out what it holds. */
  private PartitionProgress begin(Split split, int number) throws InterruptedException {
    TopicPartition partition = new TopicPartition(split.topic(), number);
    End end = kafka.retry(() -> log.end(partition));
    for (MinibatchHeaders place : end.last()) {
      if (!place.stream().equals(streamId)) {
        throw new IngestStoppedException(
            "%s holds stream %s, but these settings make stream %s; use the settings it was begun with, or an empty Kafka (another --home)"
                .formatted(split.topic(), place.stream(), streamId));
      }
    }
    ends.put(partition, end);
    PartitionProgress share = PartitionProgress.atEnd(partition, end.last());
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

  private void publishEpoch(SortedMap<Integer, PartitionProgress> shares, Split split, int epoch)
      throws InterruptedException {
    int batches = stream.batches(split);
    for (PartitionProgress share : shares.values()) {
      share.beginEpoch(streamId, split, epoch);
    }
    for (int batch = 0; batch < batches; batch++) {
      PartitionProgress share = shares.get(split == Split.TRAIN ? stream.partition(batch) : 0);
      if (share != null && !share.held(end(share, split, epoch))) {
        publishMinibatch(share, split, epoch, batch);
      }
    }
    for (PartitionProgress share : shares.values()) {
      MinibatchHeaders end = end(share, split, epoch);
      if (!share.held(end)) {
        int number = share.partition().partition();
        EpochEnd content = EpochEnd.of(stream, split, epoch, number, share.digest());
        publish(share, end, Json.bytes(content), 0, Duration.ZERO);
      }
    }
    kafka.retry(publisher::flush);
  }

  private MinibatchHeaders end(PartitionProgress share, Split split, int epoch) {
    return new MinibatchHeaders(
        streamId, split, epoch, stream.batches(split), Kind.EPOCH_END, share.generation());
  }

  /** A minibatch that the log holds is made again for the digest, and not published. */
  private void publishMinibatch(PartitionProgress share, Split split, int epoch, int batch)
      throws InterruptedException {
    long begin = System.nanoTime();
    byte[] value = source.at(split, epoch, batch);
    Duration augmentation = Duration.ofNanos(System.nanoTime() - begin);
    share.add(value);
    MinibatchHeaders place =
        new MinibatchHeaders(streamId, split, epoch, batch, Kind.MINIBATCH, share.generation());
    if (!share.held(place)) {
      publish(share, place, value, source.images(split, batch), augmentation);
    }
  }

  private void publish(
      PartitionProgress share,
      MinibatchHeaders place,
      byte[] value,
      int images,
      Duration augmentation)
      throws InterruptedException {
    kafka.retry(publisher::awaitRoom);
    kafka.retry(lease::check);
    if (place.split() == Split.TRAIN) {
      waitForTrainers(share.partition());
    }
    publisher.publish(share.partition(), place, value, images, augmentation);
    share.published(place);
    rest = SHORTEST_REST;
  }

  private void waitForTrainers(TopicPartition partition) throws InterruptedException {
    if (isAllowed(partition)) {
      return;
    }
    long offset = publisher.nextOffset(partition);
    try (Waits.Wait wait = waits.begin(() -> lead.sentence(partition.partition(), offset))) {
      while (!isAllowed(partition)) {
        publishTest();
        kafka.retry(publisher::flush);
        follow();
        if (!isAllowed(partition)) {
          rest();
        }
      }
    }
  }

  private boolean isAllowed(TopicPartition partition) {
    return lead.allows(partition.partition(), publisher.nextOffset(partition));
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
    kafka.retry(lease::check);
    repairTopics();
  }
}
