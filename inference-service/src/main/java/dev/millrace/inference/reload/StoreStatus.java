package dev.millrace.inference.reload;

import java.time.Instant;
import java.util.Optional;

/**
 * The result of the last request to the checkpoint store.
 *
 * @param problem the failure; empty if it succeeded
 * @param since when this status began
 */
public record StoreStatus(Optional<String> problem, Instant since) {}
