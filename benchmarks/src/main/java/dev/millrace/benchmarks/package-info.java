/**
 * Repeatable measurements of speed. Begin with {@link dev.millrace.benchmarks.Benchmark}, which
 * runs Millrace and its peers in turn on one machine and prints one table; {@code benchmarks/run}
 * starts it. {@link dev.millrace.benchmarks.Scaling} measures how throughput depends on batch size,
 * producers and clients.
 */
package dev.millrace.benchmarks;
