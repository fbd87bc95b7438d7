/**
 * What is claimed about speed, as commands that anyone can repeat. Start with {@link
 * dev.millrace.benchmarks.TrainingComparison}, which runs Millrace and its peers in turn on one
 * machine and prints one table; {@code benchmarks/run} starts it. {@link
 * dev.millrace.benchmarks.InProcessRun} is the same training without Kafka and S3, to compare with.
 */
package dev.millrace.benchmarks;
