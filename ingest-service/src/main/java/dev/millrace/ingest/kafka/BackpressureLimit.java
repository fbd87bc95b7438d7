package dev.millrace.ingest.kafka;

import dev.millrace.ingest.telemetry.IngestMeters;
import dev.millrace.protocol.ResendRequest;
import dev.millrace.protocol.Split;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jboss.logging.Logger;

/**
 * Keeps the stream at most the lead ahead of the slowest trainer's last checkpoint, frees what all
 * trainers have checkpointed past, and finds what trainers need again. One thread uses it; {@link
 * #ignored()} may be read by any.
 */
public final class BackpressureLimit {
  private static final Logger LOG = Logger.getLogger(BackpressureLimit.class);

  private final MinibatchTopics log;
  private final KafkaRetry kafka;
  private final SlowestTrainer slowest;
  private final IngestMeters meters;
  private final int partitions;
  private final long lead;
  private final Map<Integer, Long> deletedBefore = new HashMap<>();
  private final Set<String> metRequests = new HashSet<>();
  private Set<String> dropped = Set.of();
  private List<TrainerGroup> trainers = List.of();
  private List<Long> trainersAt;
  private volatile Map<String, String> ignored = Map.of();

  /**
   * @param partitions of the training topic
   * @param lead in records, on all partitions together
   */
  public BackpressureLimit(
      MinibatchTopics log,
      KafkaRetry kafka,
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

  /** Says whom the stream waits for at this offset; completes "waiting for …". */
  String sentence(int partition, long offset) {
    String limit =
        "partition %d is published to offset %d, and MILLRACE_INGEST_LEAD_MINIBATCHES allows %d records ahead of the slowest checkpoint"
            .formatted(partition, offset, lead);
    if (trainers.isEmpty()) {
      return "a trainer to start on this Kafka; " + limit;
    }
    List<String> names =
        trainers.stream()
            .filter(trainer -> trainer.offsets().get(partition) + lead <= offset)
            .filter(trainer -> !slowest.dropped().contains(trainer.name()))
            .map(
                trainer ->
                    "%s%s to save a checkpoint past offset %d"
                        .formatted(
                            trainer.name(),
                            trainer.present() ? "" : " (not running)",
                            trainer.offsets().get(partition)))
            .sorted()
            .toList();
    return (names.isEmpty() ? "the trainers" : String.join(", ", names)) + "; " + limit;
  }

  /**
   * Asks how far the trainers are.
   *
   * @param lastOffsets by partition of this process: of the last record that Kafka has; it is kept,
   *     for a restart goes on from it
   */
  void follow(Map<Integer, Long> lastOffsets) throws InterruptedException {
    TrainerGroups.Found found =
        kafka.retry(
            () ->
                log.trainers().find(partitions, () -> log.begins(Split.TRAIN.topic(), partitions)));
    trainers = found.trainers();
    trainersAt = slowest.update(trainers).orElseGet(this::noTrainer);
    sayWhoIsIgnored(found.ignored());
    sayWhoIsDropped();
    long ahead = 0;
    Map<Integer, Long> past = new HashMap<>();
    for (int partition : lastOffsets.keySet()) {
      long last = lastOffsets.get(partition);
      long done = trainersAt.get(partition);
      ahead += last + 1 - done;
      // A trainer beyond the log's end has not read this log, which was created again since.
      boolean ofThisLog = done <= last + 1;
      if (ofThisLog && Math.min(done, last) > deletedBefore.getOrDefault(partition, 0L)) {
        past.put(partition, Math.min(done, last));
      }
    }
    meters.lead(ahead, lead * lastOffsets.size());
    if (!past.isEmpty()) {
      kafka.retry(() -> log.deleteBefore(past));
      deletedBefore.putAll(past);
    }
  }

  /**
   * Finds the earliest place of a partition that a trainer needs again, and takes the requests for
   * it as met. A place that is still to be published is not gone back to, unless all trainers have
   * lost their records: then none needs what is before it.
   */
  Optional<ResendRequest> lost(PartitionProgress share) {
    int partition = share.partition().partition();
    boolean allLost =
        trainers.stream().allMatch(trainer -> trainer.requests().containsKey(partition));
    ResendRequest earliest = null;
    List<String> keys = new ArrayList<>();
    for (TrainerGroup trainer : trainers) {
      ResendRequest request = trainer.requests().get(partition);
      if (request != null && (allLost || !share.isBefore(request))) {
        String key = "%s/%d/%s".formatted(trainer.name(), partition, request.metadata());
        keys.add(key);
        if (!metRequests.contains(key) && (earliest == null || request.isBefore(earliest))) {
          earliest = request;
        }
      }
    }
    metRequests.addAll(keys);
    return Optional.ofNullable(earliest);
  }

  private void sayWhoIsIgnored(Map<String, String> now) {
    now.forEach(
        (group, reason) -> {
          if (!ignored.containsKey(group)) {
            LOG.warnf("the consumer group %s does not count as a trainer: it %s", group, reason);
          }
        });
    ignored = now;
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

  /** The trainers' consumer groups that do not count, each with the reason. */
  public Map<String, String> ignored() {
    return ignored;
  }
}
