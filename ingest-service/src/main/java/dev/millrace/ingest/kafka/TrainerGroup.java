package dev.millrace.ingest.kafka;

import dev.millrace.protocol.stream.ResendRequest;
import java.util.List;
import java.util.Map;

/**
 * The state of a trainer's consumer group.
 *
 * @param present whether the group has members; a trainer that is not running has none
 * @param offsets by partition: the offset of the first record that is not in a checkpoint
 * @param requests by partition: the records that the trainer needs again; usually empty
 */
public record TrainerGroup(
    String name, boolean present, List<Long> offsets, Map<Integer, ResendRequest> requests) {
  /** Creates a trainer that needs no records again. */
  public TrainerGroup(String name, boolean present, List<Long> offsets) {
    this(name, present, offsets, Map.of());
  }
}
