package dev.millrace.waits;

import java.time.Instant;

/**
 * A wait that has lasted long enough to be reported.
 *
 * @param what completes the sentence "waiting for …", such as {@code Kafka at kafka:9092:
 *     Connection refused}
 * @param since when the wait began
 */
public record Waiting(String what, Instant since) {}
