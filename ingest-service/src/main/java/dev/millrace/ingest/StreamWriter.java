package dev.millrace.ingest;

import dev.millrace.ingest.StreamLog.End;
import dev.millrace.ingest.stream.MinibatchSource;
import dev.millrace.protocol.EpochDigest;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.MinibatchHeaders;
import dev.millrace.protocol.MinibatchHeaders.Kind;
import dev.millrace.protocol.Split;
import java.time.Duration;
import java.util.Comparator;
import java.util.OptionalInt;
import org.jboss.logging.Logger;

/**
 * Continues the log: validation and test once, then training epochs, as far as the trainers' lead
 * allows. What the log holds already is not published again.
 *
 * <p>A record is only ever published after the one before it, by this process or by another: so
 * even if two overlapped, the first occurrences of all records would stand in order without a gap.
 */
final class StreamWriter {
  private static final Logger LOG = Logger.getLogger(StreamWriter.class);
  private static final Duration POLL = Duration.ofMillis(250);
  private static final Comparator<MinibatchHeaders> FURTHEST =
      Comparator.comparingInt(MinibatchHeaders::epoch).thenComparingInt(MinibatchHeaders::batch);

  private final MinibatchSource source;
  private final String streamId;
  private final StreamLog log;
  private final KafkaPatience kafka;
  private final PublisherLease lease;
  private final StreamPublisher publisher;
  private final TrainerLead lead;
  private final OptionalInt epochs;
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
    this.streamId = source.description().id();
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
    kafka.untilItAnswers(log::ensureTopics);
    kafka.untilItAnswers(lease::take);
    publishOnce(Split.VALIDATION);
    publishOnce(Split.TEST);
    MinibatchHeaders last = begin(Split.TRAIN);
    int epoch = 1;
    int batch = 0;
    if (last != null) {
      boolean closed = last.kind() == Kind.EPOCH_END;
      epoch = closed ? last.epoch() + 1 : last.epoch();
      batch = closed ? 0 : last.batch() + 1;
      LOG.infof(
          "the log ends at offset %d; going on with minibatch %d of epoch %d",
          publisher.nextOffset(), batch, epoch);
    }
    while (epochs.isEmpty() || epoch <= epochs.getAsInt()) {
      state = "epoch " + epoch;
      publishEpoch(Split.TRAIN, epoch, batch);
      epoch++;
      batch = 0;
    }
    state = "complete";
    LOG.infof("all %d epochs are published", epochs.getAsInt());
    while (true) {
      lead.follow(publisher.lastOffset());
      rest();
    }
  }

  private void publishOnce(Split split) throws InterruptedException {
    MinibatchHeaders last = begin(split);
    if (last == null) {
      publishEpoch(split, 0, 0);
    } else if (last.kind() == Kind.MINIBATCH) {
      publishEpoch(split, 0, last.batch() + 1);
    }
  }

  /** Turns to a split; null if it has no record yet, else the furthest one's place. */
  private MinibatchHeaders begin(Split split) throws InterruptedException {
    End end = kafka.untilItAnswers(() -> log.end(split));
    for (MinibatchHeaders place : end.last()) {
      if (!place.stream().equals(streamId)) {
        throw new IngestStoppedException(
            "%s holds stream %s, but these settings make stream %s; use the settings it was begun with, or an empty Kafka (another --home)"
                .formatted(split.topic(), place.stream(), streamId));
      }
    }
    publisher.begin(end.nextOffset());
    return end.last().stream().max(FURTHEST).orElse(null);
  }

  /**
   * @param from the first minibatch that is not in the log; those before it are made again for the
   *     digest
   */
  private void publishEpoch(Split split, int epoch, int from) throws InterruptedException {
    int batches = source.description().batches(split);
    EpochDigest digest = EpochDigest.begin(streamId, split, epoch);
    for (int batch = 0; batch < batches; batch++) {
      long begin = System.nanoTime();
      byte[] value = source.at(split, epoch, batch);
      Duration augmentation = Duration.ofNanos(System.nanoTime() - begin);
      digest = digest.add(value);
      if (batch >= from) {
        publish(
            new MinibatchHeaders(streamId, split, epoch, batch, Kind.MINIBATCH),
            value,
            images(split, batch),
            augmentation);
      }
    }
    publish(
        new MinibatchHeaders(streamId, split, epoch, batches, Kind.EPOCH_END),
        Json.bytes(source.end(split, epoch, digest)),
        0,
        Duration.ZERO);
    kafka.untilItAnswers(publisher::flush);
  }

  private int images(Split split, int batch) {
    int size = source.description().batchSize();
    return Math.min(size, source.description().images(split) - batch * size);
  }

  private void publish(MinibatchHeaders place, byte[] value, int images, Duration augmentation)
      throws InterruptedException {
    kafka.untilItAnswers(publisher::awaitRoom);
    kafka.untilItAnswers(lease::check);
    if (place.split() == Split.TRAIN) {
      waitForTrainers();
    }
    publisher.publish(place, value, images, augmentation);
  }

  private void waitForTrainers() throws InterruptedException {
    while (!lead.allows(publisher.nextOffset())) {
      kafka.untilItAnswers(publisher::flush);
      lead.follow(publisher.lastOffset());
      if (!lead.allows(publisher.nextOffset())) {
        rest();
      }
    }
  }

  private void rest() throws InterruptedException {
    Thread.sleep(POLL.toMillis());
    kafka.untilItAnswers(lease::check);
  }
}
