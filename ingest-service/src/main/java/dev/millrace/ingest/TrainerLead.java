package dev.millrace.ingest;

import dev.millrace.ingest.stream.SlowestTrainer;
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
  private final long lead;
  private Set<String> dropped = Set.of();
  private long trainersAt;
  private long deletedBefore;

  /**
   * @param lead in records
   */
  TrainerLead(
      StreamLog log, KafkaPatience kafka, SlowestTrainer slowest, IngestMeters meters, long lead) {
    this.log = log;
    this.kafka = kafka;
    this.slowest = slowest;
    this.meters = meters;
    this.lead = lead;
  }

  /** Whether the record of this offset may be published, as far as is known. */
  boolean allows(long offset) {
    return offset < trainersAt + lead;
  }

  /**
   * Asks how far the trainers are.
   *
   * @param lastOffset of the last record that Kafka has; it is kept, for a restart goes on from it
   */
  void follow(long lastOffset) throws InterruptedException {
    trainersAt = slowest.update(kafka.untilItAnswers(log::trainers)).orElse(0);
    meters.lead(lastOffset + 1 - trainersAt, lead);
    sayWhoIsDropped();
    long past = Math.min(trainersAt, lastOffset);
    if (past > deletedBefore) {
      kafka.untilItAnswers(() -> log.deleteBefore(past));
      deletedBefore = past;
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
