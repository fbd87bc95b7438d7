package dev.millrace.ingest.stream;

import java.util.List;

/**
 * A trainer as its consumer group shows it.
 *
 * @param present whether the group has members; a trainer that is not running has none
 * @param offsets by partition: the first training record that is in no checkpoint
 */
public record TrainerGroup(String name, boolean present, List<Long> offsets) {}
