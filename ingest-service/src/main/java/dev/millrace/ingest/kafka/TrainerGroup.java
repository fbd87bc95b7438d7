package dev.millrace.ingest.kafka;

import dev.millrace.protocol.stream.ResendRequest;
import java.util.List;
import java.util.Map;

/**
 * A trainer as its consumer group shows it.
 *
 * @param present whether the group has members; a trainer that is not running has none
 * @param offsets by partition: the first training record that is in no checkpoint
 * @param requests by partition: the records that the trainer needs again; empty for most
 */
public record TrainerGroup(
    String name, boolean present, List<Long> offsets, Map<Integer, ResendRequest> requests) {
  /** Creates a trainer that needs nothing again. */
  public TrainerGroup(String name, boolean present, List<Long> offsets) {
    this(name, present, offsets, Map.of());
  }
}
