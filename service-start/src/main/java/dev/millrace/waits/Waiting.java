package dev.millrace.waits;

import java.time.Instant;

/**
 * A wait that is long enough to be reported.
 *
 * @param what text that completes the sentence "waiting for …", such as {@code Kafka at kafka:9092:
 *     Connection refused}
 * @param since when the wait began
 */
public record Waiting(String what, Instant since) {}
