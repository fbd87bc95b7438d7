package dev.millrace.trainer.loop;

import dev.millrace.protocol.stream.ResendRequest;
import dev.millrace.trainer.loop.MinibatchStream.Delivery;
import dev.millrace.trainer.step.TrainingSession;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * Takes the records of the stream in order and makes good use of the time when none comes: what is
 * trained is saved, so that ingest, which publishes only so far ahead of the newest checkpoint, can
 * go on; and what was deleted is asked for. The loop's thread uses it.
 */
final class StreamReader {
  /** How long no record comes before the trainer saves what it has. */
  private static final Duration IDLE = Duration.ofSeconds(1);

  private final MinibatchStream source;
  private final StreamPosition position;
  private final CheckpointWriter checkpoints;
  private final TrainerTelemetry telemetry;

  /** Partitions of which lost records were asked for. */
  private final Set<Integer> asked = new HashSet<>();

  StreamReader(
      MinibatchStream source,
      StreamPosition position,
      CheckpointWriter checkpoints,
      TrainerTelemetry telemetry) {
    this.source = source;
    this.position = position;
    this.checkpoints = checkpoints;
    this.telemetry = telemetry;
  }

  /**
   * Waits for the next record of the partition whose turn it is.
   *
   * @return null when the process is about to stop
   */
  Delivery next(TrainingSession session) {
    int partition = position.partition();
    if (!source.await(partition, Duration.ZERO)) {
      try (TrainerTelemetry.Waiting wait = telemetry.waiting(() -> sentence(partition))) {
        while (!source.await(partition, IDLE)) {
          askForLost(partition);
          checkpoints.saveIdle(session, position);
          source.requireComing(position.epoch());
        }
      }
    }
    askForLost(partition);
    asked.removeIf(this::hasCome);
    return source.next(partition);
  }

  private boolean hasCome(int partition) {
    boolean come = !position.isLost(partition);
    if (come) {
      source.received(partition);
    }
    return come;
  }

  private String sentence(int partition) {
    return "%s on partition %d, which ingest %s%s"
        .formatted(
            position.next(),
            partition,
            position.isLost(partition) ? "was asked to publish again" : "publishes",
            source.reasonForWaiting());
  }

  private void askForLost(int partition) {
    source
        .lostBefore(partition)
        .ifPresent(
            from -> {
              ResendRequest request = position.lost(partition, from);
              asked.add(partition);
              checkpoints.awaitSaved();
              source.request(partition, request, checkpoints.hasCheckpoint());
              telemetry.recordsLost(partition, request);
            });
  }
}
