package dev.millrace.ingest;

import dev.millrace.ingest.StreamLog.BrokerException;
import dev.millrace.ingest.StreamLog.End;
import dev.millrace.ingest.stream.MinibatchSource;
import dev.millrace.protocol.EpochDigest;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.MinibatchHeaders;
import dev.millrace.protocol.MinibatchHeaders.Kind;
import dev.millrace.protocol.Split;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Continues the log: validation and test once, then training epochs, never more than the lead ahead
 * of the slowest trainer's last checkpoint. What the log holds already is not published again.
 */
final class StreamWriter {
  private static final Logger LOG = Logger.getLogger(StreamWriter.class);
  private static final Duration POLL = Duration.ofMillis(250);
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final MinibatchSource source;
  private final String streamId;
  private final StreamLog log;
  private final StreamPublisher publisher;
  private final int lead;
  private final OptionalInt epochs;
  private long nextOffset;
  private long trainersAt;
  private long deletedBefore;
  private volatile String trouble;
  private volatile String state = "starting";

  /** The topic holds another stream than the one that this service is to publish. */
  static final class ForeignStreamException extends RuntimeException {
    ForeignStreamException(String message) {
      super(message);
    }
  }

  /**
   * @param lead in records
   * @param epochs after how many to stop; empty: never
   */
  StreamWriter(
      MinibatchSource source,
      StreamLog log,
      StreamPublisher publisher,
      int lead,
      OptionalInt epochs) {
    if (lead < 1) {
      throw new IllegalArgumentException(
          "MILLRACE_INGEST_LEAD_MINIBATCHES is %d; allowed: 1 or more".formatted(lead));
    }
    this.source = source;
    this.streamId = source.description().id();
    this.log = log;
    this.publisher = publisher;
    this.lead = lead;
    this.epochs = epochs;
  }

  /** Why Kafka does not answer at present; null when it does. */
  String trouble() {
    return trouble;
  }

  /** Such as {@code epoch 3}, for health. */
  String state() {
    return state;
  }

  void run() throws InterruptedException {
    untilKafkaAnswers(
        () -> {
          log.ensureTopics();
          return null;
        });
    publishOnce(Split.VALIDATION);
    publishOnce(Split.TEST);
    End end = end(Split.TRAIN);
    nextOffset = end.nextOffset();
    MinibatchHeaders last = end.headers();
    int epoch = 1;
    int batch = 0;
    if (last != null) {
      boolean closed = last.kind() == Kind.EPOCH_END;
      epoch = closed ? last.epoch() + 1 : last.epoch();
      batch = closed ? 0 : last.batch() + 1;
      LOG.infof(
          "the log ends at offset %d; going on with minibatch %d of epoch %d",
          nextOffset, batch, epoch);
    }
    while (epochs.isEmpty() || epoch <= epochs.getAsInt()) {
      state = "epoch " + epoch;
      publishEpoch(Split.TRAIN, epoch, batch);
      epoch++;
      batch = 0;
    }
    publisher.flush();
    state = "complete";
    LOG.infof("all %d epochs are published", epochs.getAsInt());
    while (true) {
      followTrainers();
      Thread.sleep(POLL.toMillis());
    }
  }

  private void publishOnce(Split split) throws InterruptedException {
    MinibatchHeaders last = end(split).headers();
    if (last == null) {
      publishEpoch(split, 0, 0);
    } else if (last.kind() == Kind.MINIBATCH) {
      publishEpoch(split, 0, last.batch() + 1);
    }
  }

  private End end(Split split) throws InterruptedException {
    End end = untilKafkaAnswers(() -> log.end(split));
    if (end.headers() != null && !end.headers().stream().equals(streamId)) {
      throw new ForeignStreamException(
          "%s holds stream %s, but these settings make stream %s; use the settings it was begun with, or an empty Kafka (another --home)"
              .formatted(split.topic(), end.headers().stream(), streamId));
    }
    return end;
  }

  /**
   * @param from the first minibatch that is not in the log; those before it are made again for the
   *     digest
   */
  private void publishEpoch(Split split, int epoch, int from) throws InterruptedException {
    int batches = source.description().batches(split);
    EpochDigest digest = EpochDigest.begin(streamId, split, epoch);
    for (int batch = 0; batch < batches; batch++) {
      byte[] value = source.at(split, epoch, batch);
      digest = digest.add(value);
      if (batch >= from) {
        publish(new MinibatchHeaders(streamId, split, epoch, batch, Kind.MINIBATCH), value);
      }
    }
    publish(
        new MinibatchHeaders(streamId, split, epoch, batches, Kind.EPOCH_END),
        Json.bytes(source.end(split, epoch, digest)));
    publisher.flush();
  }

  private void publish(MinibatchHeaders place, byte[] value) throws InterruptedException {
    if (place.split() == Split.TRAIN) {
      while (nextOffset >= trainersAt + lead) {
        followTrainers();
        if (nextOffset >= trainersAt + lead) {
          Thread.sleep(POLL.toMillis());
        }
      }
      nextOffset++;
    }
    publisher.publish(place, value);
  }

  /** Asks how far the trainers are and frees what all of them are past, but the last record. */
  private void followTrainers() throws InterruptedException {
    OptionalLong slowest = untilKafkaAnswers(log::slowestTrainer);
    trainersAt = slowest.orElse(0);
    long past = Math.min(trainersAt, nextOffset - 1);
    if (past > deletedBefore) {
      // All that the offset counts must be in the log before its predecessors go.
      publisher.flush();
      untilKafkaAnswers(
          () -> {
            log.deleteBefore(past);
            return null;
          });
      deletedBefore = past;
    }
  }

  private <T> T untilKafkaAnswers(Supplier<T> call) throws InterruptedException {
    while (true) {
      try {
        T result = call.get();
        trouble = null;
        return result;
      } catch (BrokerException e) {
        if (trouble == null) {
          LOG.warnf("%s; trying again until it answers", e.getMessage());
        }
        trouble = e.getMessage();
        Thread.sleep(RETRY.toMillis());
      }
    }
  }
}
