package dev.millrace.trainer.loop;

import dev.millrace.protocol.stream.ResendRequest;
import dev.millrace.trainer.step.TrainingSession;
import dev.millrace.trainer.stream.MinibatchStream;
import dev.millrace.trainer.stream.MinibatchStream.Delivery;
import dev.millrace.trainer.stream.StreamPosition;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * Reads the records of the stream in order. While no record arrives, it saves the trained state and
 * asks for deleted records. Ingest publishes only a limited number of records ahead of the newest
 * checkpoint, so a save lets it continue. Only the loop's thread uses this class.
 */
final class StreamReader {
  /** Time without a record after which the trainer saves its state. */
  private static final Duration IDLE = Duration.ofSeconds(1);

  private final MinibatchStream source;
  private final StreamPosition position;
  private final CheckpointWriter checkpoints;
  private final TrainerTelemetry telemetry;

  /** Partitions whose lost records were requested from ingest. */
  private final Set<Integer> requested = new HashSet<>();

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
   * Waits for the next record of the stream, on the partition that holds it.
   *
   * @return the record, or null if the process is about to stop
   */
  Delivery next(TrainingSession session) {
    int partition = position.partition();
    if (!source.await(partition, Duration.ZERO)) {
      try (TrainerTelemetry.Waiting wait = telemetry.waiting(() -> describeWait(partition))) {
        while (!source.await(partition, IDLE)) {
          requestLost(partition);
          checkpoints.saveIdle(session, position);
          source.requirePublished(position.epoch());
        }
      }
    }
    requestLost(partition);
    requested.removeIf(this::endRequestIfReceived);
    return source.next(partition);
  }

  private boolean endRequestIfReceived(int partition) {
    boolean received = !position.isLost(partition);
    if (received) {
      source.endResend(partition);
    }
    return received;
  }

  private String describeWait(int partition) {
    return "%s on partition %d, which ingest %s%s"
        .formatted(
            position.describeNext(),
            partition,
            position.isLost(partition) ? "was asked to publish again" : "publishes",
            source.reasonForWaiting());
  }

  private void requestLost(int partition) {
    source
        .lostBefore(partition)
        .ifPresent(
            from -> {
              ResendRequest request = position.markLost(partition, from);
              requested.add(partition);
              checkpoints.awaitSaved();
              source.requestResend(partition, request, checkpoints.hasCheckpoint());
              telemetry.recordsLost(partition, request);
            });
  }
}
