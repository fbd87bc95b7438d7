package dev.millrace.inference.reload;

import java.time.Instant;
import java.util.Optional;

/**
 * Whether the checkpoint store answered when it was last asked.
 *
 * @param problem why not; empty if it did
 * @param since when this began
 */
public record StoreStatus(Optional<String> problem, Instant since) {}
