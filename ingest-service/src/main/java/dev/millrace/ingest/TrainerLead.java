package dev.millrace.ingest;

import dev.millrace.ingest.stream.SlowestTrainer;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jboss.logging.Logger;

/**
 * Keeps the stream at most the lead ahead of the slowest trainer's last checkpoint, and frees what
 * all trainers have checkpointed past. One thread uses it; {@link #dropped()} may be read by any.
 */
final class TrainerLead {
  private static final Logger LOG = Logger.getLogger(TrainerLead.class);

  private final StreamLog log;
  private final KafkaPatience kafka;
  private final SlowestTrainer slowest;
  private final IngestMeters meters;
  private final int partitions;
  private final long lead;
  private final Map<Integer, Long> deletedBefore = new HashMap<>();
  private Set<String> dropped = Set.of();
  private List<Long> trainersAt;

  /**
   * @param partitions of the training topic
   * @param lead in records, on all partitions together
   */
  TrainerLead(
      StreamLog log,
      KafkaPatience kafka,
      SlowestTrainer slowest,
      IngestMeters meters,
      int partitions,
      long lead) {
    this.log = log;
    this.kafka = kafka;
    this.slowest = slowest;
    this.meters = meters;
    this.partitions = partitions;
    this.lead = (lead + partitions - 1) / partitions;
    trainersAt = noTrainer();
  }

  private List<Long> noTrainer() {
    return Collections.nCopies(partitions, 0L);
  }

  /** Whether the record of this offset may be published, as far as is known. */
  boolean allows(int partition, long offset) {
    return offset < trainersAt.get(partition) + lead;
  }

  /**
   * Asks how far the trainers are.
   *
   * @param lastOffsets by partition of this process: of the last record that Kafka has; it is kept,
   *     for a restart goes on from it
   */
  void follow(Map<Integer, Long> lastOffsets) throws InterruptedException {
    trainersAt =
        slowest
            .update(kafka.untilItAnswers(() -> log.trainers(partitions)))
            .orElseGet(this::noTrainer);
    sayWhoIsDropped();
    long ahead = 0;
    Map<Integer, Long> past = new HashMap<>();
    for (int partition : lastOffsets.keySet()) {
      long last = lastOffsets.get(partition);
      long done = trainersAt.get(partition);
      ahead += last + 1 - done;
      if (Math.min(done, last) > deletedBefore.getOrDefault(partition, 0L)) {
        past.put(partition, Math.min(done, last));
      }
    }
    meters.lead(ahead, lead * lastOffsets.size());
    if (!past.isEmpty()) {
      kafka.untilItAnswers(() -> log.deleteBefore(past));
      deletedBefore.putAll(past);
    }
  }

  private void sayWhoIsDropped() {
    Set<String> now = slowest.dropped();
    Set<String> back = new TreeSet<>(dropped);
    back.removeAll(now);
    Set<String> gone = new TreeSet<>(now);
    gone.removeAll(dropped);
    if (!gone.isEmpty()) {
      LOG.warnf(
          "%s: gone for longer than MILLRACE_INGEST_TRAINER_TIMEOUT_SECONDS and no longer waited for; what it has not read is deleted when the others are past it",
          gone);
    }
    if (!back.isEmpty()) {
      LOG.infof("%s: waited for again", back);
    }
    dropped = now;
  }

  /** The consumer groups of trainers that are not waited for. */
  Set<String> dropped() {
    return slowest.dropped();
  }
}
