package dev.millrace.ingest.kafka;

import dev.millrace.ingest.telemetry.IngestMeters;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.stream.ResendRequest;
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
 * Limits how many records the stream runs ahead of the slowest trainer's last checkpoint. Deletes
 * the records that all trainers have checkpointed past, and finds the records that trainers need
 * again. One thread uses it; {@link #ignored()} may be read by any.
 */
public final class BackpressureLimit {
  private static final Logger LOG = Logger.getLogger(BackpressureLimit.class);

  private final KafkaAccess kafka;
  private final SlowestTrainer slowest;
  private final IngestMeters meters;
  private final int partitions;
  private final long maxAhead;
  private final long maxAheadOfPartition;
  private final Map<Integer, Long> deletedBefore = new HashMap<>();
  private final Set<String> metRequests = new HashSet<>();
  private Set<String> dropped = Set.of();
  private List<TrainerGroup> trainers = List.of();
  private List<Long> trainersAt;
  private volatile Map<String, String> ignored = Map.of();

  /**
   * Creates a limit that knows of no trainer yet.
   *
   * @param partitions of the training topic
   * @param maxAhead in records, on all partitions together
   */
  public BackpressureLimit(
      KafkaAccess kafka,
      SlowestTrainer slowest,
      IngestMeters meters,
      int partitions,
      long maxAhead) {
    this.kafka = kafka;
    this.slowest = slowest;
    this.meters = meters;
    this.partitions = partitions;
    this.maxAhead = maxAhead;
    maxAheadOfPartition = (maxAhead + partitions - 1) / partitions;
    trainersAt = noTrainer();
  }

  private List<Long> noTrainer() {
    return Collections.nCopies(partitions, 0L);
  }

  /** Returns the limit in records, on all partitions together. */
  long maxAhead() {
    return maxAhead;
  }

  /** Returns whether the record of this offset may be published, as of the last update. */
  boolean allows(int partition, long offset) {
    return offset < trainersAt.get(partition) + maxAheadOfPartition;
  }

  /** Returns which trainers the stream waits for at an offset; completes "waiting for …". */
  String reason(int partition, long offset) {
    String position =
        "partition %d is published to offset %d, and MILLRACE_INGEST_MAX_AHEAD_MINIBATCHES allows %d records ahead of the slowest checkpoint"
            .formatted(partition, offset, maxAheadOfPartition);
    if (trainers.isEmpty()) {
      return "a trainer to start on this Kafka; " + position;
    }
    List<String> names =
        trainers.stream()
            .filter(trainer -> trainer.offsets().get(partition) + maxAheadOfPartition <= offset)
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
    return (names.isEmpty() ? "the trainers" : String.join(", ", names)) + "; " + position;
  }

  /**
   * Asks Kafka how far the trainers are, and deletes records that none of them needs.
   *
   * @param lastOffsets by partition of this process: the offset of the last record that Kafka has;
   *     that record is kept, since a restarted process continues from it
   */
  void update(Map<Integer, Long> lastOffsets) throws InterruptedException {
    TrainerGroups.Found found =
        kafka.retry(
            () ->
                kafka
                    .topics()
                    .trainers()
                    .find(
                        partitions, () -> kafka.topics().begins(Split.TRAIN.topic(), partitions)));
    trainers = found.trainers();
    trainersAt = slowest.update(trainers).orElseGet(this::noTrainer);
    logIgnored(found.ignored());
    logDropped();
    long ahead = 0;
    Map<Integer, Long> past = new HashMap<>();
    for (int partition : lastOffsets.keySet()) {
      long last = lastOffsets.get(partition);
      long done = trainersAt.get(partition);
      ahead += last + 1 - done;
      // A trainer beyond the end has read an older topic of this name.
      boolean ofThisLog = done <= last + 1;
      if (ofThisLog && Math.min(done, last) > deletedBefore.getOrDefault(partition, 0L)) {
        past.put(partition, Math.min(done, last));
      }
    }
    meters.setRecordsAhead(ahead, maxAheadOfPartition * lastOffsets.size());
    if (!past.isEmpty()) {
      kafka.retry(() -> kafka.topics().deleteBefore(past));
      deletedBefore.putAll(past);
    }
  }

  /**
   * Returns the earliest record of a partition that a trainer needs again; each request is returned
   * once. Requests for records that are not yet published are left out, unless all trainers have
   * lost their records: then no trainer needs the records before the requested one.
   */
  Optional<ResendRequest> resendRequest(PartitionProgress progress) {
    int partition = progress.partition().partition();
    boolean allLost =
        trainers.stream().allMatch(trainer -> trainer.requests().containsKey(partition));
    ResendRequest earliest = null;
    List<String> keys = new ArrayList<>();
    for (TrainerGroup trainer : trainers) {
      ResendRequest request = trainer.requests().get(partition);
      if (request != null && (allLost || !progress.isBefore(request))) {
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

  private void logIgnored(Map<String, String> now) {
    now.forEach(
        (group, reason) -> {
          if (!ignored.containsKey(group)) {
            LOG.warnf("the consumer group %s does not count as a trainer: it %s", group, reason);
          }
        });
    ignored = now;
  }

  private void logDropped() {
    Set<String> now = slowest.dropped();
    Set<String> back = new TreeSet<>(dropped);
    back.removeAll(now);
    Set<String> gone = new TreeSet<>(now);
    gone.removeAll(dropped);
    if (!gone.isEmpty()) {
      LOG.warnf(
          "%s: absent for longer than MILLRACE_INGEST_TRAINER_TIMEOUT_SECONDS, so the stream no"
              + " longer waits for it; records that it has not read are deleted once the other"
              + " trainers have passed them",
          gone);
    }
    if (!back.isEmpty()) {
      LOG.infof("%s: present again, so the stream waits for it", back);
    }
    dropped = now;
  }

  /** Returns the consumer groups that do not count as trainers, each with the reason. */
  public Map<String, String> ignored() {
    return ignored;
  }
}
